//! `docs/your-own-saga.md`, held to the code that it shows; `.ci/tutorial` runs its commands.

use std::path::Path;

use crate::golden::root;

/// Where the code stands that the page shows.
const SHOWN: [&str; 3] = ["examples/parcel/src", "services/console/template", "examples/trip/src"];

/// A text without its indentation: a page shows a part of a file from its first column on.
fn flush(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Every file of code below a folder.
fn code_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(code_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(flush(&std::fs::read_to_string(path).unwrap()));
        }
    }
    found
}

#[test]
fn the_tutorial_shows_code_that_stands_in_its_files() {
    let page = std::fs::read_to_string(root().join("docs/your-own-saga.md")).unwrap();
    let files: Vec<String> = SHOWN.iter().flat_map(|folder| code_in(&root().join(folder))).collect();
    let blocks: Vec<&str> =
        page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert!(blocks.len() > 5, "{blocks:?}");
    for block in blocks {
        let shown = format!("\n{}", flush(block));
        assert!(files.iter().any(|file| file.contains(&shown)), "this stands in no file:\n{block}");
    }
}
