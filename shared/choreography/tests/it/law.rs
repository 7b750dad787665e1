//! The dependency law, read from the manifests: who may know whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::golden::root;

/// A member of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) folder: PathBuf,
    manifest: toml::Table,
}

/// Every member of the workspace, by the name under which others depend on it; without one, by the name of its package.
pub(crate) fn members() -> BTreeMap<String, Member> {
    let workspace: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let named = workspace["workspace"]["dependencies"].as_table().unwrap();
    let mut members = BTreeMap::new();
    for group in ["shared", "services", "infra"] {
        for entry in std::fs::read_dir(root().join(group)).unwrap() {
            let folder = entry.unwrap().path();
            let Ok(text) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
                continue;
            };
            let manifest: toml::Table = text.parse().unwrap();
            let package = manifest["package"]["name"].as_str().unwrap().to_owned();
            let is_here = |dependency: &toml::Value| {
                dependency.get("path").is_some_and(|path| root().join(path.as_str().unwrap()) == folder)
            };
            let name = named.iter().find(|(_, dependency)| is_here(dependency)).map(|(name, _)| name.clone());
            members.insert(name.unwrap_or(package), Member { folder, manifest });
        }
    }
    members
}

/// The manifest of every member of the workspace, by the same name.
fn manifests() -> BTreeMap<String, toml::Table> {
    members().into_iter().map(|(name, member)| (name, member.manifest)).collect()
}

/// What a manifest names under these headings, below `target` too.
fn dependencies(manifest: &toml::Table, headings: &[&str]) -> Vec<String> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let tables = targets.into_iter().flat_map(|targets| targets.values().filter_map(toml::Value::as_table));
    let mut names = Vec::new();
    for table in tables.chain([manifest]) {
        for heading in headings {
            let named = table.get(*heading).and_then(toml::Value::as_table);
            names.extend(named.into_iter().flat_map(|named| named.keys().cloned()));
        }
    }
    names
}

const ALL: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

#[test]
fn every_member_keeps_the_lints_of_the_workspace() {
    let manifests = manifests();
    for (name, manifest) in &manifests {
        let kept = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(kept, Some(true), "{name}: its Cargo.toml lacks `[lints] workspace = true`");
    }
    assert!(manifests.len() >= 12, "{:?}", manifests.keys());
}

#[test]
fn only_the_machinery_and_the_embedded_endpoint_know_aws() {
    for (name, manifest) in manifests() {
        let aws =
            |dependency: &String| ["aws-", "dynoxide", "rustack"].iter().any(|prefix| dependency.starts_with(prefix));
        let known: Vec<String> = dependencies(&manifest, &ALL).into_iter().filter(aws).collect();
        let may = matches!(name.as_str(), "runtime" | "operate" | "local");
        assert_eq!(!known.is_empty(), may, "{name}: {known:?}");
    }
}

#[test]
fn no_service_knows_another_and_the_vocabulary_knows_nobody() {
    let manifests = manifests();
    let services: Vec<&str> = choreography::PARTICIPANTS.iter().map(|declaration| declaration.name).collect();
    let known = |name: &str| dependencies(&manifests[name], &ALL);
    for service in &services {
        let others: Vec<String> =
            known(service).into_iter().filter(|other| services.contains(&other.as_str())).collect();
        assert_eq!(others, Vec::<String>::new(), "{service}");
    }
    let ours = |name: &str| -> Vec<String> {
        let names = dependencies(&manifests[name], &["dependencies"]);
        names.into_iter().filter(|name| manifests.contains_key(name)).collect()
    };
    assert_eq!(ours("wire"), Vec::<String>::new());
    assert_eq!(ours("contracts"), ["wire"]);
    assert_eq!(ours("saga"), ["wire"]);
    let of_runtime = dependencies(&manifests["runtime"], &["dependencies"]);
    assert!(!of_runtime.iter().any(|name| services.contains(&name.as_str())), "{of_runtime:?}");
}

/// The crates that are for any choreography.
const LIBRARY: [&str; 9] = ["wire", "saga", "runtime", "operate", "map", "console", "testkit", "local", "door"];

/// ADR 0037: a choreography of one's own needs the library and nothing of this domain.
#[test]
fn the_library_links_no_crate_of_the_domain() {
    let manifests = manifests();
    for name in LIBRARY {
        let linked = linked_by(name, &manifests, &["dependencies"]);
        let of_domain: Vec<&String> = linked.iter().filter(|other| !LIBRARY.contains(&other.as_str())).collect();
        assert_eq!(of_domain, Vec::<&String>::new(), "{name}");
    }
}

/// What is for any choreography is published, and the domain is not.
#[test]
fn the_library_is_what_is_published() {
    // Or as the workspace says, which publishes nothing.
    let publishes = |manifest: &toml::Table| {
        let said = manifest["package"].get("publish");
        said.is_none_or(|said| said.as_bool().unwrap_or(false))
    };
    let manifests = manifests();
    let published: BTreeSet<&str> =
        manifests.iter().filter(|(_, manifest)| publishes(manifest)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(published, LIBRARY.into());
}

/// A decision can be made anywhere: the grammar needs no async runtime, no HTTP and no AWS.
#[test]
fn the_grammar_needs_neither_tokio_nor_aws() {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let named = |package: &toml::Value| package["name"].as_str().unwrap().to_owned();
    let (mut open, mut linked) = (vec!["ensemble-saga".to_owned()], BTreeSet::new());
    while let Some(name) = open.pop() {
        for package in packages.iter().filter(|package| named(package) == name) {
            let needs = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
            let needs = needs.filter_map(|need| need.as_str()?.split(' ').next().map(str::to_owned));
            open.extend(needs.filter(|need| linked.insert(need.clone())));
        }
    }
    assert!(linked.contains("ensemble-wire") && linked.contains("serde_json"), "{linked:?}");
    let heavy = |name: &&String| ["tokio", "hyper", "aws", "mio", "rustls"].iter().any(|heavy| name.starts_with(heavy));
    assert_eq!(linked.iter().filter(heavy).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Words by which the domain of this workspace is known. An order is a sequence too, so the name of its id stands for it.
const DOMAIN: [&str; 20] = [
    "fare",
    "fares",
    "order_id",
    "orderid",
    "booking",
    "payment",
    "payments",
    "fulfillment",
    "card",
    "cards",
    "cvv",
    "stock",
    "purchase",
    "purchases",
    "inventory",
    "charge",
    "refund",
    "workshop",
    "workshops",
    "hooks",
];

/// The same as the test above, of what the code says: its tests may take the domain as a sample.
#[test]
fn the_library_names_nothing_of_the_domain() {
    let members = members();
    let mut named = Vec::new();
    for name in LIBRARY {
        for (path, text) in code_in(&members[name].folder.join("src")) {
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for (line, text) in code.lines().enumerate() {
                let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_lowercase);
                let parts = words.flat_map(|word| {
                    let parts: Vec<String> = word.split('_').map(str::to_owned).collect();
                    parts.into_iter().chain([word])
                });
                let found = parts.filter(|word| DOMAIN.contains(&word.as_str()));
                named.extend(found.map(|word| format!("{name}: {}:{}: {word}", path.display(), line + 1)));
            }
        }
    }
    assert!(named.is_empty(), "the library names what is of the domain:\n{}", named.join("\n"));
}

/// Every file of code below a folder, but for tests that stand in files of their own.
fn code_in(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default().to_owned();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            found.extend(code_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The members of the workspace that a crate links, directly or by way of others, and those that only its tests or its
/// build script name.
fn linked(name: &str, manifests: &BTreeMap<String, toml::Table>) -> BTreeSet<String> {
    linked_by(name, manifests, &ALL)
}

/// The same, of what the crate names under these headings.
fn linked_by(name: &str, manifests: &BTreeMap<String, toml::Table>, headings: &[&str]) -> BTreeSet<String> {
    let mut linked = BTreeSet::new();
    let mut open = dependencies(&manifests[name], headings);
    while let Some(next) = open.pop() {
        if let Some(manifest) = manifests.get(&next)
            && linked.insert(next)
        {
            open.extend(dependencies(manifest, &["dependencies"]));
        }
    }
    linked
}

#[test]
fn no_service_links_what_operators_run() {
    let manifests = manifests();
    for name in choreography::PARTICIPANTS.iter().map(|declaration| declaration.name).chain(["runtime"]) {
        let linked = linked(name, &manifests);
        assert!(!linked.contains("operate"), "{name}: {linked:?}");
    }
    assert!(linked("ensemble", &manifests).contains("operate"), "the operator's command does");
}

/// ADR 0024: a service builds the vocabulary with serde alone.
#[test]
fn only_the_map_asks_the_vocabulary_for_its_schemas() {
    let manifests = manifests();
    let contracts = &manifests["contracts"];
    assert_eq!(contracts["dependencies"]["schemars"]["optional"].as_bool(), Some(true));
    assert!(contracts["features"].get("default").is_none(), "the vocabulary has default features");
    for (name, manifest) in &manifests {
        let asks = ALL.iter().filter_map(|heading| manifest.get(*heading)?.get("contracts")?.get("features"));
        // The map of this workspace, and the tests of the library for maps.
        assert_eq!(asks.count() > 0, matches!(name.as_str(), "choreography" | "map"), "{name}");
    }
    assert_eq!(manifests["map"]["dependencies"]["wire"]["features"].to_string(), r#"["schema"]"#);
}
