//! What is rendered from the map, against what is committed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use choreography::{asyncapi, map, mermaid, table, topology};
use contracts::{Event, Events};
use saga::topology::Names;

const BEGIN: &str = "<!-- map -->";
const END: &str = "<!-- /map -->";

#[test]
fn the_topology_is_as_committed() {
    insta::assert_json_snapshot!(topology(&Names::default()));
}

#[test]
fn the_picture_is_as_committed() {
    insta::assert_snapshot!(mermaid(&map(), None));
}

#[test]
fn the_pictures_of_the_kinds_are_the_whole_picture_and_each_a_part_of_it() {
    let lines = |kind| -> BTreeSet<String> { mermaid(&map(), kind).lines().map(str::to_owned).collect() };
    let kinds: Vec<_> = Event::LEXICON.kinds.iter().map(|kind| lines(Some(*kind))).collect();
    let all = lines(None);
    let union: BTreeSet<String> = kinds.iter().flatten().cloned().collect();
    assert_eq!(union, all);
    assert!(kinds.iter().all(|kind| kind.len() < all.len()));
}

#[test]
fn the_table_is_as_committed() {
    insta::assert_snapshot!(table(&map()));
}

#[test]
fn a_prefix_stands_before_every_name() {
    let topology = topology(&Names::new("other").unwrap());
    let tables = topology.tables.iter().map(|table| &table.name);
    let undelivered = topology.subscriptions.iter().map(|subscription| &subscription.undelivered);
    let names = topology.topics.iter().chain(tables).chain(undelivered);
    let queues = topology.queues.iter().flat_map(|queue| [Some(&queue.name), queue.dlq.as_ref()]);
    for name in names.chain(queues.flatten()) {
        assert!(name.starts_with("other-"), "{name}");
    }
}

#[test]
fn every_subscription_joins_a_topic_and_a_queue_that_exist() {
    let topology = topology(&Names::default());
    for subscription in &topology.subscriptions {
        assert!(topology.topics.contains(&subscription.topic), "{subscription:?}");
        assert!(topology.queues.iter().any(|queue| queue.name == subscription.queue), "{subscription:?}");
        assert_eq!(subscription.undelivered, format!("{}-undelivered", subscription.queue));
    }
}

#[test]
fn the_readme_shows_the_map() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = format!("{BEGIN}\n```mermaid\n{}```\n{END}", mermaid(&map(), None));
    let (head, rest) = readme.split_once(BEGIN).expect("README.md has the line <!-- map -->");
    let (_, tail) = rest.split_once(END).expect("README.md has the line <!-- /map -->");
    committed("README.md", &format!("{head}{block}{tail}"));
}

#[test]
fn the_document_for_tools_is_as_committed() {
    committed("docs/asyncapi.yaml", &asyncapi(&map(), &Names::default()));
}

/// Holds a file against what is drawn now; or writes it, where that is what the run is for.
pub(crate) fn committed(file: &str, drawn: &str) {
    let path = root().join(file);
    if blessing() {
        return std::fs::write(&path, drawn).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let first = found.lines().zip(drawn.lines()).position(|(found, drawn)| found != drawn);
    let line = first.unwrap_or_else(|| found.lines().count().min(drawn.lines().count()));
    let [found_there, drawn_there] = [&*found, drawn].map(|text| text.lines().nth(line).unwrap_or("(its end)"));
    assert!(
        found == drawn,
        "{file} is not what the services declare: run `BLESS=1 cargo test -p choreography`, and commit what it writes\n\
         {file}:{}\n- {found_there}\n+ {drawn_there}",
        line + 1
    );
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test, and no setting of the product")]
fn blessing() -> bool {
    std::env::var("BLESS").is_ok()
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
