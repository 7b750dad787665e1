//! What is rendered from the map, against what is committed.

use std::path::{Path, PathBuf};

use choreography::{map, mermaid, table, topology};
use saga::topology::Names;

const BEGIN: &str = "<!-- map -->";
const END: &str = "<!-- /map -->";

#[test]
fn the_topology_is_as_committed() {
    insta::assert_json_snapshot!(topology(&Names::default()));
}

#[test]
fn the_picture_is_as_committed() {
    insta::assert_snapshot!(mermaid(&map()));
}

#[test]
fn the_table_is_as_committed() {
    insta::assert_snapshot!(table(&map()));
}

#[test]
fn a_prefix_stands_before_every_name() {
    let topology = topology(&Names::new("other").unwrap());
    let names = topology.topics.iter().chain(&topology.tables);
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
    }
}

#[test]
fn the_readme_shows_the_map() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let block = format!("{BEGIN}\n```mermaid\n{}```\n{END}", mermaid(&map()));
    let (head, rest) = readme.split_once(BEGIN).expect("README.md has the line <!-- map -->");
    let (_, tail) = rest.split_once(END).expect("README.md has the line <!-- /map -->");
    let drawn = format!("{head}{block}{tail}");
    if blessing() {
        std::fs::write(&path, drawn).unwrap();
    } else {
        assert_eq!(readme, drawn, "README.md shows another map: run `BLESS=1 cargo test -p choreography`");
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test, and no setting of the product")]
fn blessing() -> bool {
    std::env::var("BLESS").is_ok()
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
