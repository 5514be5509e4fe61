//! The real binary as a process.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Sender, channel},
    },
    thread,
};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// What the server prints when it can be reached; the address follows.
const ANNOUNCEMENT: &str = "listening on ";

/// A running `kraamzicht`, killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    output: Arc<Mutex<String>>,
}

impl Server {
    /// Starts `kraamzicht` with `arguments` and waits until it says where it listens. The error is all that it
    /// printed before it ended without doing so.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
        command.args(arguments);
        Self::start_command(command)
    }

    /// The same for another program that says where it listens.
    pub(crate) fn start_command(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("failed to start {command:?}: {error}"))?;
        let output = Arc::new(Mutex::new(String::new()));
        let (announce, announced) = channel();
        // Both are read to the end: a full pipe would stop the server.
        follow(child.stdout.take(), output.clone(), announce.clone());
        follow(child.stderr.take(), output.clone(), announce);
        // Fails when both ends are closed: the process is gone.
        if let Ok(address) = announced.recv() {
            return Ok(Self { child, address, output });
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        Err(format!("{command:?} ended ({status}) before it listened:\n{}", output.lock().unwrap()))
    }

    /// The address of `path`, which begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All that it has printed so far, both streams.
    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// The process identifier.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it write files up to so many bytes and no further, or without limit.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        // The hard limit stays, so that what was taken can be given back.
        prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    }

    /// Ends it as a power cut does (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end (SIGTERM) and gives its exit code; `None` when the signal itself ended it.
    pub(crate) fn stop(self) -> Option<i32> {
        self.ask_to_stop();
        self.wait()
    }

    /// Asks it to end (SIGTERM).
    pub(crate) fn ask_to_stop(&self) {
        // The shell's own `kill`: the program of that name is not on every machine.
        let script = ["-c", r#"kill -TERM "$1""#, "stop", &self.child.id().to_string()];
        let asked = Command::new("sh").args(script).status().unwrap();
        assert!(asked.success());
    }

    /// Waits for its end and gives its exit code; `None` when a signal ended it.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn follow(stream: Option<impl Read + Send + 'static>, output: Arc<Mutex<String>>, announce: Sender<SocketAddr>) {
    let stream = BufReader::new(stream.unwrap());
    thread::spawn(move || {
        for line in stream.lines().map_while(Result::ok) {
            let mut all = output.lock().unwrap();
            all.push_str(&line);
            all.push('\n');
            drop(all);
            if let Some(address) = announced_address(&line) {
                // Nobody waits for a second one.
                announce.send(address).ok();
            }
        }
    });
}

/// The address in a line like `listening on http://127.0.0.1:8080/`.
pub(super) fn announced_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once(ANNOUNCEMENT)?;
    let address = address.strip_prefix("http://").unwrap_or(address);
    let end = address.find(|letter: char| !(letter.is_ascii_hexdigit() || "[].:".contains(letter)));
    address[..end.unwrap_or(address.len())].parse().ok()
}
