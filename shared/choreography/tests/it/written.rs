//! The pages that people write, held to the code: `docs/outcomes.md` shows every row, `docs/promises.md` names tests.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use contracts::{SagaKind, kinds};

use crate::golden::{committed, root};
use crate::rows::{ROWS, Row};
use crate::story_lines::{FARES, ORDERS};

const BEGIN: &str = "<!-- rows -->";
const END: &str = "<!-- /rows -->";

/// The rows of both sagas, as `docs/outcomes.md` shows them.
fn table() -> String {
    let mut table = "| saga | forced by | path | error | outcome | what stands | at the gateway |\n\
                     | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    let all = [("fare", kinds::FARE, &FARES[..]), ("order", kinds::ORDER, &ORDERS[..])];
    for (saga, kind, rows) in all {
        for (name, id) in rows {
            let row = ROWS.iter().find(|row| (row.kind, row.id) == (kind, *id)).unwrap();
            writeln!(table, "| {saga} | {} | {} |", forced_by(kind, name), cells(row).join(" | ")).unwrap();
        }
    }
    table
}

fn forced_by(kind: SagaKind, name: &str) -> String {
    match name {
        "plain" => "–".to_owned(),
        end if kind == kinds::FARE => format!("`customerId` ends with `{end}`"),
        beginning => format!("`order_id` begins with `{beginning}`"),
    }
}

fn cells(row: &Row) -> [String; 5] {
    let steps = row.path.iter().map(|(step, ok)| format!("{}{}", step.as_str(), if *ok { "" } else { " ✗" }));
    let steps: Vec<_> = steps.collect();
    let errors: Vec<_> = row.errors.iter().map(|(name, _)| (*name).to_owned()).collect();
    let standing: Vec<_> = row.standing.iter().map(|effect| format!("`{}`", effect.as_str())).collect();
    let calls = row.effects.iter().zip(["hold", "capture", "void", "refund"]);
    let calls: Vec<_> = calls.filter(|(count, _)| **count > 0).map(|(count, call)| format!("{count} {call}")).collect();
    [
        steps.join(" → "),
        or_none(&errors, "<br>"),
        format!("`{}`", row.outcome.as_str()),
        or_none(&standing, ", "),
        or_none(&calls, ", "),
    ]
}

fn or_none(cells: &[String], separator: &str) -> String {
    if cells.is_empty() { "–".to_owned() } else { cells.join(separator) }
}

#[test]
fn the_page_of_outcomes_shows_every_row() {
    let page = std::fs::read_to_string(root().join("docs/outcomes.md")).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("docs/outcomes.md has the line <!-- rows -->");
    let (_, tail) = rest.split_once(END).expect("docs/outcomes.md has the line <!-- /rows -->");
    committed("docs/outcomes.md", &format!("{head}{BEGIN}\n{}{END}{tail}", table()));
}

/// The files that a cell names; `*` stands for any folder.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Every file that a path with at most one `*` means.
fn meant(path: &str) -> Vec<PathBuf> {
    let Some((folder, rest)) = path.split_once("/*/") else { return vec![root().join(path)] };
    let folders = std::fs::read_dir(root().join(folder)).unwrap().flatten().map(|entry| entry.path());
    folders.filter(|folder| folder.is_dir()).map(|folder| folder.join(rest)).filter(|file| file.exists()).collect()
}

/// Whether a file holds tests: by itself, or as the script, the list or the folder of a test.
fn holds_tests(path: &Path) -> bool {
    if path.extension().is_none_or(|extension| extension != "rs") {
        return path.exists();
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    ["#[test]", "#[tokio::test", "on_both_endpoints!"].iter().any(|mark| text.contains(mark))
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let page = std::fs::read_to_string(root().join("docs/promises.md")).unwrap();
    let (_, table) = page.split_once("| promise | test |\n| --- | --- |\n").expect("docs/promises.md has the table");
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 50, "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [promise, tests] = cells[..] else { panic!("a row has a promise and its tests: {row}") };
        let files = named(tests);
        assert!(!files.is_empty(), "no test of: {promise}");
        for file in files {
            assert!(meant(file).iter().any(|path| holds_tests(path)), "{file} holds no test: {promise}");
        }
    }
}
