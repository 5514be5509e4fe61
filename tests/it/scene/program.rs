//! The real binary as the operator runs it.

use std::{path::PathBuf, process::Command};

use kraamzicht::{
    domain::Clock as _,
    system::{SystemClock, SystemIds},
};
use tempfile::TempDir;

use super::Client;
use crate::harness::Server;

/// `kraamzicht` with a data folder of its own, serving or not.
#[derive(Debug)]
pub(crate) struct Program {
    folder: TempDir,
    url: String,
    server: Option<Server>,
}

impl Program {
    /// On the database at `url`; not yet serving.
    pub(crate) fn on(url: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: url.to_owned(), server: None }
    }

    /// Runs a command to its end: what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output =
            Command::new(env!("CARGO_BIN_EXE_kraamzicht")).args(self.arguments()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Begins to serve.
    pub(crate) fn start(&mut self) {
        let global = self.arguments();
        let mut arguments: Vec<&str> = global.iter().map(String::as_str).collect();
        arguments.extend(["serve", "--listen", "127.0.0.1:0"]);
        self.server = Some(Server::start(&arguments).unwrap());
    }

    /// The server that runs.
    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Takes the server, to ask it to stop.
    pub(crate) fn take_server(&mut self) -> Server {
        self.server.take().unwrap()
    }

    /// Makes a token on the command line.
    pub(crate) fn token(&self, agb_code: &str) -> String {
        self.run(&["token", "--role", "organisation", "--agb", agb_code]).trim().to_owned()
    }

    /// Somebody with this token.
    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(self.server().url("").trim_end_matches('/'), Some(token))
    }

    /// The folder in which uploads are received.
    pub(crate) fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    fn arguments(&self) -> [String; 4] {
        let folder = self.folder.path().to_str().unwrap().to_owned();
        ["--database-url".to_owned(), self.url.clone(), "--data-dir".to_owned(), folder]
    }
}

/// The last year that is over, by the system's own clock, which the binary goes by.
pub(crate) fn last_year() -> String {
    (SystemClock::new().now().date().year() - 1).to_string()
}

/// Identifiers and time of the real world.
pub(super) fn real_world() -> (SystemClock, SystemIds<SystemClock>) {
    let clock = SystemClock::new();
    (clock, SystemIds::new(clock))
}
