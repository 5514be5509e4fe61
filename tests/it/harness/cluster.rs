//! A throw-away PostgreSQL: one cluster per test run, on a Unix socket in a temporary folder.
//!
//! A static has no destructor in a test process and tests may be killed, so a watchdog outside of it waits for
//! the end of the run and then stops the cluster and removes its folder. The run is this process under
//! `cargo test`. `cargo nextest` gives each test a process of its own; there the run is their common parent, and
//! whoever comes first starts the cluster for all.

use std::{
    env, fs,
    fs::{File, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::{CommandExt, parent_id},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio, id},
    sync::OnceLock,
};

/// Present in the folder of a cluster once it answers.
const READY: &str = "ready";

const NOT_FOUND: &str = "no PostgreSQL server found in /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin or PATH.\n\
    Run the tests with scripts/test, which installs it, or `apt-get install postgresql`, or name a server by one of its \
    superusers in TEST_DATABASE_URL. PostgreSQL 15 or newer.";

/// The server that the tests use.
#[derive(Debug)]
pub(super) enum Cluster {
    /// Ours, in this folder, gone after the run.
    Own(PathBuf),
    /// Somebody's: `TEST_DATABASE_URL`.
    Given(String),
}

impl Cluster {
    /// The server of this test run; the first call starts it.
    pub(super) fn shared() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| setting("TEST_DATABASE_URL").map_or_else(|| Self::Own(start_once()), Self::Given))
    }

    /// Where the database `name` of this server is.
    pub(super) fn url(&self, name: &str) -> String {
        match self {
            Self::Own(folder) => format!("postgres://kraamzicht@localhost/{name}?host={}", folder.display()),
            Self::Given(url) => with_database(url, name),
        }
    }

    /// The database to connect to in order to create and drop others.
    pub(super) fn maintenance_url(&self) -> String {
        match self {
            Self::Own(_) => self.url("postgres"),
            Self::Given(url) => url.clone(),
        }
    }
}

/// `url` with another database name: what stands between the host and a `?`.
pub(super) fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, rest)| (address, Some(rest)));
    let host_start = address.find("://").map_or(0, |position| position + 3);
    let host_end = address[host_start..].find('/').map_or(address.len(), |position| host_start + position);
    let mut other = format!("{}/{name}", &address[..host_end]);
    if let Some(parameters) = parameters {
        other.push('?');
        other.push_str(parameters);
    }
    other
}

#[expect(clippy::disallowed_methods, reason = "tests have no command line of their own")]
fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the running cluster, started by whichever process of the run holds the lock first.
fn start_once() -> PathBuf {
    let tools = Tools::find();
    let (run, name) = setting("NEXTEST_RUN_ID").map_or_else(|| (id(), id().to_string()), |run| (parent_id(), run));
    let folder = env::temp_dir().join(format!("kraamzicht-{name}"));
    if run == id() {
        // What a process of the same number left behind when the machine went down.
        fs::remove_dir_all(&folder).ok();
    }
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    if !folder.join(READY).exists() {
        tools.start(&folder, run);
        fs::write(folder.join(READY), "").unwrap();
    }
    folder
}

/// The server's programs, and the user to run them as.
struct Tools {
    folder: PathBuf,
    /// Set when we are root, as whom PostgreSQL refuses to run.
    user: Option<(u32, u32)>,
}

impl Tools {
    fn find() -> Self {
        let folder = server_folders().into_iter().find(|folder| folder.join("initdb").is_file()).expect(NOT_FOUND);
        Self { folder, user: None }
    }

    fn start(mut self, folder: &Path, run: u32) {
        // Only the user of the server may look inside.
        fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
        if fs::metadata(folder).unwrap().uid() == 0 {
            let (user, group) = unprivileged_user();
            chown(folder, Some(user), Some(group)).unwrap();
            self.user = Some((user, group));
        }
        let data = folder.join("data");
        // Sorted as a Dutch server sorts, unlike SQLite: a query that leans on the collation shows itself.
        self.run(
            "initdb",
            &data,
            &[
                "--username=kraamzicht",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--locale-provider=icu",
                "--icu-locale=nl-NL",
                "--no-sync",
            ],
        );
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off -c synchronous_commit=off \
             -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB -c timezone=Europe/Amsterdam",
            folder.display()
        );
        let log = folder.join("server.log");
        let log = log.to_str().unwrap();
        self.run("pg_ctl", &data, &["start", "--wait", "--silent", "--log", log, "--options", &options]);
        self.watch(run, folder, &data);
    }

    /// Leaves a process behind that removes the cluster when the run is over, however it ends.
    #[expect(clippy::zombie_processes, reason = "it outlives this process on purpose")]
    fn watch(&self, run: u32, folder: &Path, data: &Path) {
        let script = r#"tail --pid="$1" -f /dev/null; "$2" stop --mode=immediate -D "$3"; rm -rf "$4""#;
        let mut watchdog = self.command(Path::new("/bin/sh"));
        watchdog.args(["-c", script, "watchdog", &run.to_string()]);
        watchdog.arg(self.folder.join("pg_ctl")).arg(data).arg(folder);
        watchdog.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        watchdog.spawn().expect("the watchdog of the test cluster starts");
    }

    fn run(&self, program: &str, data: &Path, arguments: &[&str]) {
        let mut command = self.command(&self.folder.join(program));
        // Files and not pipes: the server inherits them, and would keep a pipe open.
        let output = data.with_file_name(format!("{program}.log"));
        let file = File::create(&output).unwrap();
        command.arg("-D").arg(data).args(arguments).stdin(Stdio::null());
        command.stdout(file.try_clone().unwrap()).stderr(file);
        let status = command.status().unwrap();
        assert!(status.success(), "{program} failed ({status}):\n{}", fs::read_to_string(output).unwrap());
    }

    /// In a process group of its own, so that Ctrl-C in the terminal ends the tests first.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").process_group(0);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// The places of a server's programs, newest version first.
fn server_folders() -> Vec<PathBuf> {
    let mut versioned: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version = name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(|text| text.parse().ok());
            versioned.extend(version.map(|version| (version, entry.path().join("bin"))));
        }
    }
    versioned.sort_by(|one, other| other.cmp(one));
    let path = env::var_os("PATH").unwrap_or_default();
    versioned.into_iter().map(|(_, folder)| folder).chain(env::split_paths(&path)).collect()
}

/// The user and group to run the server as when the tests run as root.
fn unprivileged_user() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let fields: Vec<&str> =
            users.lines().map(|line| line.split(':').collect()).find(|fields: &Vec<&str>| fields[0] == name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody")).expect("a user postgres or nobody to run PostgreSQL as")
}
