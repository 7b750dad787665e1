//! Runs the `ensemble` binary: commands that end, and processes that stay until they are stopped or dropped.
//!
//! **Invariant:** a process never outlives the test that started it, and its logs are shown when that test fails.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// How long a condition may take to come true.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How much of a log is shown of a process whose test failed.
const LINES_SHOWN: usize = 40;

/// How much of a line.
const CHARS_SHOWN: usize = 400;

/// The environment of a process: nothing but this.
pub(crate) type Env = Vec<(String, String)>;

/// An environment of these variables.
pub(crate) fn env(variables: &[(&str, &str)]) -> Env {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(owned).collect()
}

/// Looks again and again, until there is something to see or patience ends.
pub(crate) async fn wait_for<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = within(PATIENCE, look).await;
    seen.unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// The same, with a deadline of its own and no failure.
pub(crate) async fn within<T>(patience: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        let seen = look().await;
        if seen.is_some() || Instant::now() > deadline {
            return seen;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Behind the words `before`, the first word that begins with `start`; it ends with white space or a semicolon.
pub(crate) fn word_after(text: &str, before: &str, start: &str) -> Option<String> {
    let rest = text.split_once(before)?.1;
    let word = rest.get(rest.find(start)?..)?;
    // A line that is not written out yet does not count.
    let end = word.find(|c: char| c.is_whitespace() || c == ';')?;
    word.get(..end).map(str::to_owned)
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Standard output as JSON, one document a line.
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.out.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Both outputs.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Runs a command to its end.
pub(crate) async fn ensemble(args: &[&str], env: &Env) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    ensemble_reading(args, env, &folder.path().join("no input"), "").await
}

/// A key pair for card data, as `ensemble keys` makes it.
pub(crate) async fn card_keys() -> Env {
    let keys = ensemble(&["keys"], &Env::new()).await.out;
    let pair = |line: &str| {
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    keys.lines().map(pair).collect()
}

/// Runs a command to its end, with this file of this content as its standard input.
pub(crate) async fn ensemble_reading(args: &[&str], env: &Env, input: &Path, content: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(input, content).unwrap();
    let mut process = Process::spawn(folder.path(), "command", args, env, Some(input));
    let status = process.ended(PATIENCE).await;
    let status = status.unwrap_or_else(|| panic!("`ensemble {}` does not end", args.join(" ")));
    Ended { code: status.code(), out: process.out(), err: process.err() }
}

/// A process of the binary.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
    out: PathBuf,
    err: PathBuf,
}

impl Process {
    /// Starts one, which writes into two files of this folder.
    pub(crate) fn start(folder: &Path, name: &str, args: &[&str], env: &Env) -> Self {
        Self::spawn(folder, name, args, env, None)
    }

    /// Starts what a shell makes of this script, in which the binary is `$0`.
    pub(crate) fn of_shell(folder: &Path, name: &str, script: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_ensemble")]);
        Self::of(folder, name, shell, &Env::new(), None)
    }

    fn spawn(folder: &Path, name: &str, args: &[&str], env: &Env, input: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ensemble"));
        command.args(args);
        Self::of(folder, name, command, env, input)
    }

    fn of(folder: &Path, name: &str, mut command: Command, env: &Env, input: Option<&Path>) -> Self {
        // A process that takes the place of another goes on in its files.
        let file = |kind| {
            let path = folder.join(format!("{name}.{kind}"));
            let open = File::options().append(true).create(true).open(&path);
            (path, open.unwrap())
        };
        let ((out, stdout), (err, stderr)) = (file("out"), file("err"));
        let stdin = input.map_or_else(Stdio::null, |path| File::open(path).unwrap().into());
        let child = command
            .env_clear()
            .envs(env.iter().cloned())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self { child, name: name.to_owned(), out, err }
    }

    /// Waits until it has printed the URL that stands behind these words.
    pub(crate) async fn url_after(&mut self, words: &str) -> String {
        wait_for("a URL", async || {
            let status = self.child.try_wait().unwrap();
            assert_eq!(status, None, "{} ended: {}", self.name, self.err());
            word_after(&self.out(), words, "http://")
        })
        .await
    }

    /// What it wrote to standard output.
    pub(crate) fn out(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap()
    }

    /// What it wrote to standard error.
    pub(crate) fn err(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    /// Its log lines. A line that was torn by a kill is left out.
    pub(crate) fn log(&self) -> Vec<Value> {
        let err = self.err();
        let lines = err.lines().map(serde_json::from_str);
        lines.filter_map(Result::ok).collect()
    }

    /// The log lines with this message.
    pub(crate) fn logged(&self, message: &str) -> Vec<Value> {
        let mut log = self.log();
        log.retain(|line| line["message"] == message);
        log
    }

    /// SIGKILL: it can do nothing more, and is gone on return.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success(), "SIG{signal} to {}", self.name);
    }

    /// Waits until it has ended by itself; `None` if it has not.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        within(patience, async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() && self.name != "command" {
            for text in [self.out(), self.err()] {
                let lines: Vec<_> = text.lines().collect();
                let last = lines.len().saturating_sub(LINES_SHOWN);
                println!("--- {}, from line {last}", self.name);
                for line in &lines[last..] {
                    println!("{}", line.chars().take(CHARS_SHOWN).collect::<String>());
                }
            }
        }
    }
}
