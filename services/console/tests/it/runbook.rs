//! `docs/runbook.md` names commands that exist.

use std::path::Path;

use clap::Parser;
use ensemble::cli::Cli;

/// The words of a line for the shell, without its comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            let comment = |word: &&str| !word.starts_with('#');
            words.extend(part.split_whitespace().take_while(comment).map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_of_the_runbook_is_understood() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbook.md");
    let page = std::fs::read_to_string(page).unwrap();
    let commands: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("    ensemble ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        // A placeholder is one word, and a saga is a UUID.
        let line = command.replace("<message id>", "<id>").replace("<saga>", "00000000-0000-0000-0000-000000000000");
        let words = std::iter::once("ensemble".to_owned()).chain(words(&line));
        let parsed = Cli::try_parse_from(words);
        assert!(parsed.is_ok(), "{command}: {parsed:?}");
    }
}
