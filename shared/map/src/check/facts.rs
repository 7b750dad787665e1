//! What the rules are held on.

use saga::topology::Topology;
use wire::EventType;

use super::rule::{Problem, Rule};
use super::ways::{self, Way};
use crate::Map;

/// A map, with the topology and the ways on which the rules are held.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) map: &'a Map,
    pub(super) topology: Topology,
    pub(super) ways: Vec<Way>,
    /// Whether the map has too many ways to look at all of them.
    pub(super) crowded: bool,
}

impl Facts<'_> {
    /// The shortest path that leads to an event; the event alone if no path does.
    pub(super) fn path_to(&self, event: EventType) -> Vec<EventType> {
        let until = |way: &Way| {
            let events = way.events();
            let at = events.iter().position(|passed| *passed == event)?;
            Some(events.into_iter().take(at + 1).collect::<Vec<_>>())
        };
        self.ways.iter().filter_map(until).min_by_key(Vec::len).unwrap_or_else(|| vec![event])
    }

    /// Whether an event is told to clients.
    pub(super) fn is_outcome(&self, event: EventType) -> bool {
        ways::is_outcome(self.map, event)
    }

    pub(super) fn problem(&self, rule: Rule, what: String, event: EventType) -> Problem {
        Problem { rule, what, path: self.path_to(event) }
    }
}
