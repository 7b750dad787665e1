//! The dependency law, read from the manifests: who may know whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::golden::root;

/// A member of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) folder: PathBuf,
    manifest: toml::Table,
}

/// Every member of the workspace, by the name of its package.
pub(crate) fn members() -> BTreeMap<String, Member> {
    let mut members = BTreeMap::new();
    for group in ["shared", "services", "infra"] {
        for entry in std::fs::read_dir(root().join(group)).unwrap() {
            let folder = entry.unwrap().path();
            let Ok(text) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
                continue;
            };
            let manifest: toml::Table = text.parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            members.insert(name, Member { folder, manifest });
        }
    }
    members
}

/// The manifest of every member of the workspace, by the name of its package.
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
    assert_eq!(ours("contracts"), Vec::<String>::new());
    assert_eq!(ours("saga"), ["contracts"]);
    let of_runtime = dependencies(&manifests["runtime"], &["dependencies"]);
    assert!(!of_runtime.iter().any(|name| services.contains(&name.as_str())), "{of_runtime:?}");
}

/// The rules and the renderers take a map as it is given: a choreography of other services has the same.
#[test]
fn the_map_knows_no_service() {
    let known = dependencies(&manifests()["map"], &["dependencies"]);
    let services = choreography::PARTICIPANTS.iter().map(|declaration| declaration.name);
    let of_services: Vec<&str> = services.filter(|name| known.iter().any(|other| other == name)).collect();
    assert_eq!(of_services, Vec::<&str>::new());
}

/// The members of the workspace that a crate links, directly or by way of others, and those that only its tests or its
/// build script name.
fn linked(name: &str, manifests: &BTreeMap<String, toml::Table>) -> BTreeSet<String> {
    let mut linked = BTreeSet::new();
    let mut open = dependencies(&manifests[name], &ALL);
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
    assert!(linked("console", &manifests).contains("operate"), "the operator's command does");
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
        assert_eq!(asks.count() > 0, name == "map", "{name}");
    }
    assert_eq!(manifests["map"]["dependencies"]["contracts"]["features"].to_string(), r#"["schema"]"#);
}
