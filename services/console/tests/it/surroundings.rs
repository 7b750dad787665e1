//! What a process finds around it: variables of others, signals before it is ready, too few file descriptors.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use crate::command::NOWHERE;
use crate::harness::{Env, PATIENCE, Process, ensemble, env, wait_for};

/// Runs a command with a variable that is not UTF-8.
fn beside(name: &[u8], value: &[u8], args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ensemble"));
    command.env_clear().env("AWS_ENDPOINT_URL", NOWHERE).env(OsStr::from_bytes(name), OsStr::from_bytes(value));
    command.args(args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    command.output().unwrap()
}

#[test]
fn a_variable_that_nobody_reads_may_hold_anything() {
    for (name, value) in [
        (&b"STRANGER"[..], &b"\xff"[..]),
        (b"STRAN\xffGER", b"1"),
        (b"ENSEMBLE_ROULETTE", b"\xff"),
        (b"USER", b"\xff"),
        (b"HOME", b"/\xff"),
        (b"TOKIO_WORKER_THREADS", b"\xff"),
        (b"TOKIO_WORKER_THREADS", b"many"),
        (b"COLUMNS", b"\xff"),
    ] {
        for (args, code) in [(&["check"][..], 0), (&["render", "map"], 0), (&["queues"], 69)] {
            let ended = beside(name, value, args);
            assert_eq!(ended.status.code(), Some(code), "{args:?} beside {}: {ended:?}", name.escape_ascii());
        }
    }
}

#[test]
fn a_variable_of_ours_that_is_not_text_is_named() {
    for (name, args) in [
        ("ENSEMBLE_PREFIX", &["queues"][..]),
        ("AWS_ENDPOINT_URL", &["queues"]),
        ("AWS_REGION", &["queues"]),
        ("AWS_PROFILE", &["queues"]),
        ("RUST_LOG", &["check"]),
        ("ENSEMBLE_LOG_FORMAT", &["run", "notifier"]),
        ("ENSEMBLE_CARD_PRIVATE_KEY", &["run", "payment"]),
        ("ENSEMBLE_ALLOW_HOSTS", &["local", "--port", "0"]),
        ("USER", &["stock", "set", "567", "1", "--why", "counted"]),
    ] {
        let ended = beside(name.as_bytes(), b"b\xffd", args);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(78), "{name}: {said}");
        assert!(said.contains(&format!("{name}: is not UTF-8")), "{name}: {said}");
    }
}

/// A pipe that a process reads at its start, so that it waits there until something is written.
fn pipe(folder: &std::path::Path) -> String {
    let path = folder.join("pipe").to_string_lossy().into_owned();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Opens the other end, which is possible once the process reads.
async fn writer(pipe: &str) -> File {
    let pipe = pipe.to_owned();
    tokio::task::spawn_blocking(move || File::options().write(true).open(pipe).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_stop_that_comes_while_a_service_reads_its_settings_is_an_orderly_one() {
    let keys = ensemble(&["keys"], &Env::new()).await.out;
    let key = crate::harness::word_after(&keys, "ENSEMBLE_CARD_PRIVATE_KEY=", "").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pipe = pipe(folder.path());
    let env = env(&[("AWS_ENDPOINT_URL", NOWHERE), ("ENSEMBLE_CARD_PRIVATE_KEY_FILE", &pipe)]);
    let mut process = Process::start(folder.path(), "payment", &["run", "payment"], &env);
    let mut writer = writer(&pipe).await;
    process.signal("TERM");
    write!(writer, "{key}").unwrap();
    drop(writer);
    let status = process.ended(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{status:?}: {}", process.err());
    assert_eq!(process.logged("StopRequested").len(), 1, "{}", process.err());
}

#[tokio::test]
async fn a_command_that_has_no_orderly_stop_is_ended_by_the_signal_wherever_it_is() {
    for (signal, number) in [("TERM", 15), ("INT", 2)] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = pipe(folder.path());
        let args = ["publish", "fare", &pipe];
        let mut process = Process::start(folder.path(), "publish", &args, &env(&[("AWS_ENDPOINT_URL", NOWHERE)]));
        let _writer = writer(&pipe).await;
        process.signal(signal);
        let status = process.ended(PATIENCE).await.expect("it ends");
        assert_eq!(status.signal(), Some(number), "{status:?}: {}", process.err());
    }
}

#[tokio::test]
async fn connections_that_cannot_be_taken_are_logged_and_taken_later() {
    for (command, words) in [("local --port 0", "DynamoDB on"), ("gateway --gateway-port 0", "gateway on")] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("ulimit -n 48; exec \"$0\" {command}");
        let mut process = Process::of_shell(folder.path(), "few files", &script);
        let url = process.url_after(words).await;
        let address = url.trim_start_matches("http://").to_owned();
        let held: Vec<_> = (0..64).map(|_| TcpStream::connect(&address).unwrap()).collect();
        wait_for("a line in the log", async || process.logged("ConnectionNotAccepted").pop()).await;
        drop(held);
        let health = if command.starts_with("local") { "/_ensemble/health" } else { "/health" };
        let answer = reqwest::get(format!("{url}{health}")).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}
