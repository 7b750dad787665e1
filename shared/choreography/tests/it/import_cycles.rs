//! The law of files: no two files of a crate import each other, directly or by way of others.
//!
//! So a crate can be read file by file, each after those that it imports.

mod graph;
mod modules;

use std::path::Path;

use self::graph::{Imports, cycles, imports};
use self::modules::Sources;
use crate::law::members;

#[test]
fn no_two_files_of_a_crate_import_each_other() {
    let mut found = Vec::new();
    for (name, member) in members() {
        let imports = imports(&sources(&member.folder.join("src")));
        found.extend(cycles(&imports).iter().map(|cycle| format!("{name}: {}", drawn(cycle, &imports))));
    }
    assert!(found.is_empty(), "files import each other:\n{}", found.join("\n"));
}

/// Every file below a folder.
fn sources(folder: &Path) -> Sources {
    let mut sources = Sources::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                sources.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    sources
}

/// A cycle as people read it: `a.rs → b.rs → a.rs (crate::b::B, crate::a::A)`.
fn drawn(cycle: &[String], imports: &Imports) -> String {
    let next = |index: usize| &cycle[(index + 1) % cycle.len()];
    let paths: Vec<&str> = cycle.iter().enumerate().map(|(index, file)| imports[file][next(index)].as_str()).collect();
    format!("{} → {} ({})", cycle.join(" → "), cycle[0], paths.join(", "))
}

/// The cycles of a crate that is made up of these files.
fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
    let sources = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    cycles(&imports(&sources)).into_iter().map(|cycle| cycle.join(" → ")).collect()
}

#[test]
fn imports_that_lead_one_way_are_no_cycle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use a::A; pub const MAX: u8 = 1;"),
        ("a.rs", "use crate::b::B; use crate::{MAX, c}; pub struct A(B, [c::C; MAX as usize]);"),
        ("b.rs", "use c::C; pub struct B(crate::c::C); fn other(_: C) {}"),
        ("c.rs", "use std::collections::BTreeMap; pub struct C(BTreeMap<u8, u8>);"),
    ];
    assert_eq!(cycles_of(&files), Vec::<String>::new());
}

#[test]
fn a_cycle_is_found_through_a_use_a_path_in_code_and_a_renamed_module() {
    let by_use = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn c() { crate::c::run() }"),
        ("c.rs", "use crate::a as first; pub fn run() { let _ = |a: first::A| a; }"),
    ];
    assert_eq!(cycles_of(&by_use), ["a.rs → b.rs → c.rs"]);
}

#[test]
fn a_cycle_is_found_through_a_re_export() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use b::deep::B as Named;"),
        ("a.rs", "use crate::Named; pub fn a() -> Named { Named }"),
        ("b.rs", "pub mod deep;"),
        ("b/deep.rs", "pub struct B; fn b() { crate::a::a(); }"),
    ];
    assert_eq!(cycles_of(&files), ["a.rs → b/deep.rs"]);
}

#[test]
fn a_child_that_imports_from_a_parent_which_uses_it_is_a_cycle() {
    let parent = "mod child; pub struct Parent; fn uses() { child::child() }";
    let files = [("lib.rs", "mod a;"), ("a.rs", parent), ("a/child.rs", "use super::Parent; pub fn child() {}")];
    assert_eq!(cycles_of(&files), ["a.rs → a/child.rs"]);
    let uses_a_re_export = "mod child; pub use child::child; pub struct Parent; fn uses() { child() }";
    let files = [("lib.rs", "mod a;"), ("a.rs", uses_a_re_export), files[2]];
    assert_eq!(cycles_of(&files), ["a.rs → a/child.rs"]);
}

#[test]
fn a_parent_that_only_re_exports_its_child_is_no_cycle() {
    let parent = "mod child; pub use child::child; pub struct Parent;";
    let files = [("lib.rs", "mod a;"), ("a.rs", parent), ("a/child.rs", "use super::Parent; pub fn child() {}")];
    assert_eq!(cycles_of(&files), Vec::<String>::new());
}

#[test]
fn a_cycle_is_found_through_macros_attributes_and_globs() {
    let b = [
        "fn b() { vec![crate::a::A]; }",
        "#[derive(Serialize)] struct B { #[serde(with = \"crate::a::text\")] field: u8 }",
        "use super::a::*; fn b(_: A) {}",
        "mod inner { pub fn b(_: super::super::a::A) {} }",
        "use super::*; fn b(_: a::A) {}",
    ];
    for b in b {
        let b = format!("pub struct Named; {b}");
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub struct A; pub mod text {} fn a(_: crate::b::Named) {}"),
            ("b.rs", b.as_str()),
        ];
        assert_eq!(cycles_of(&files), ["a.rs → b.rs"], "{b}");
    }
}

#[test]
fn tests_within_a_file_may_import_everything() {
    let a = "pub struct A; #[cfg(test)] mod tests { use crate::b::B; fn uses(_: B) {} }";
    let files = [("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "use crate::a::A; pub struct B(A);")];
    assert_eq!(cycles_of(&files), Vec::<String>::new());
}
