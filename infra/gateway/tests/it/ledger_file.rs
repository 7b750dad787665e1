//! The ledger in a file: what survives a restart, and what keeps a gateway from starting.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gateway::{Gateway, Ledger, Options};
use tempfile::TempDir;

use crate::client::{authorization, options, start};

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.jsonl");
    (folder, path)
}

fn with(path: &Path) -> Options {
    Options { ledger: Some(path.to_owned()), ..options() }
}

fn append(path: &Path, text: &str) {
    let mut file = fs::File::options().append(true).open(path).expect("the ledger");
    file.write_all(text.as_bytes()).expect("written");
}

#[tokio::test]
async fn a_restart_keeps_counts_payments_and_keys() {
    let (_folder, path) = file();
    let (gateway, client) = start(with(&path)).await;
    let first = client.authorize("s", "3").await;
    client.capture("s", &first.id()).await.id();
    client.authorize("r", "3_fail_auth").await;
    client.authorize("r", "3_fail_auth").await;
    let (counts, totals) = (gateway.ledger("s"), gateway.totals());
    let payment = client.get("/v1/payments?reference=s").await;
    gateway.stop().await;

    let (gateway, client) = start(with(&path)).await;
    assert_eq!((gateway.ledger("s"), gateway.totals()), (counts, totals));
    assert_eq!(client.get("/v1/payments?reference=s").await, payment);
    let again = client.authorize("s", "3").await;
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    assert!(client.authorize("r", "3_fail_auth").await.replayed);
    let other = authorization("s", "4");
    assert_eq!(client.post("/v1/authorizations", "s:authorize", &other).await.status, 422);
}

#[tokio::test]
async fn a_restart_in_memory_makes_the_same_ids() {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (gateway, client) = start(options()).await;
        ids.push(client.authorize("s", "3").await.id());
        gateway.stop().await;
    }
    assert_eq!(ids.first(), ids.last());
}

#[tokio::test]
async fn what_was_answered_is_in_the_file_already() {
    let (_folder, path) = file();
    let (_gateway, client) = start(with(&path)).await;
    let id = client.authorize("s", "3").await.id();
    let lines = fs::read_to_string(&path).expect("the ledger");
    assert!(lines.ends_with('\n') && lines.lines().count() == 1 && lines.contains(&id), "{lines}");
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let (_folder, path) = file();
    let (gateway, client) = start(with(&path)).await;
    let tok = client.authorize("s", "3").await.id();
    // Dropped and not stopped: the file is let go at once all the same.
    drop(gateway);
    append(&path, r#"{"saga":"s","settled":{"key":"s:cap"#);

    let (gateway, client) = start(with(&path)).await;
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, calls: 1, ..Ledger::default() });
    client.capture("s", &tok).await.id();
    gateway.stop().await;

    let (gateway, _client) = start(with(&path)).await;
    assert_eq!(gateway.ledger("s").captured, 1);
}

#[tokio::test]
async fn a_corrupt_line_is_named_and_left_alone() {
    let (_folder, path) = file();
    for (lines, message) in [
        ("{\"saga\":\"s\"}\nnonsense\n{\"saga\":\"s\"}\n", "line 2 of the ledger"),
        (
            "{\"saga\":\"s\",\"settled\":{\"key\":\"k\",\"request\":{\"void\":{\"authorization\":\"tok_1\"}},\
             \"outcome\":{\"accepted\":{\"id\":\"void_1\"}}}}\n",
            "line 1 of the ledger",
        ),
    ] {
        fs::write(&path, lines).expect("written");
        let error = Gateway::start(with(&path)).await.expect_err("a corrupt ledger").to_string();
        assert!(error.contains(message) && error.contains("ledger.jsonl"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("the ledger"), lines);
    }
}

#[tokio::test]
async fn a_ledger_belongs_to_one_gateway() {
    let (_folder, path) = file();
    let (gateway, _client) = start(with(&path)).await;
    let error = Gateway::start(with(&path)).await.expect_err("the ledger is held").to_string();
    assert!(error.contains("in use by another gateway"), "{error}");
    gateway.stop().await;
    start(with(&path)).await;
}

#[tokio::test]
async fn a_ledger_that_cannot_be_opened_is_named() {
    let (folder, _path) = file();
    let error = Gateway::start(with(folder.path())).await.expect_err("a folder is no ledger").to_string();
    assert!(error.contains(&folder.path().display().to_string()), "{error}");
}
