//! Runs `examples/trips.rs`: commands that end, and processes that stay until they are stopped or dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The program, which cargo builds before it runs the tests of this package.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("examples/trips");
    assert!(program.exists(), "it is built by `cargo build -p ensemble-console --examples`");
    program
}

/// Looks again and again, until there is something to see.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Standard output as JSON, one document a line, of a command that went well.
    pub(crate) fn json(&self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}")))
            .collect()
    }
}

/// A process of the program.
pub(crate) struct Process {
    child: Child,
    folder: TempDir,
}

impl Process {
    /// Starts one against the endpoint at this URL.
    pub(crate) fn start(url: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| Stdio::from(File::create(folder.path().join(name)).unwrap());
        let child = Command::new(program())
            .args(args)
            .env_clear()
            .envs([("AWS_ENDPOINT_URL", url), ("ENSEMBLE_OPERATOR", "tess")])
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// What it has written to standard output.
    pub(crate) fn out(&self) -> String {
        read(&self.folder.path().join("out"))
    }

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> Ended {
        let status = wait_for("the end of a command", || self.child.try_wait().unwrap());
        Ended { code: status.code(), out: self.out(), err: read(&self.folder.path().join("err")) }
    }

    /// Presses Ctrl-C, and waits until it has ended.
    pub(crate) fn interrupted(self) -> Ended {
        let pressed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(pressed.success());
        self.ended()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// Runs a command against the endpoint at this URL.
pub(crate) fn trips(url: &str, args: &[&str]) -> Ended {
    Process::start(url, args).ended()
}

/// Publishes requests, as lines of a file; the sagas that they start.
pub(crate) fn publish(url: &str, lines: &[String], options: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let published = trips(url, &[&["publish", "trip", file.to_str().unwrap(), "--json"], options].concat());
    published.json().iter().map(|line| line["sagaId"].as_str().unwrap().to_owned()).collect()
}

/// A request of this traveller, whose name says what fails.
pub(crate) fn request(traveller: &str) -> String {
    serde_json::json!({ "traveller": traveller, "city": "Lisbon", "nights": 3, "car": true }).to_string()
}

/// Approves the plans of these sagas, once each is on record.
pub(crate) fn approve(url: &str, sagas: &[String]) {
    for saga in sagas {
        let answered = || (trips(url, &["answer", saga, "--answer", "yes"]).code == Some(0)).then_some(());
        wait_for("a saga that asks", answered);
    }
}
