//! The topology of a service with one queue.

use saga::topology::{Queue, Table, Topology};

pub(crate) fn topology() -> Topology {
    let queue = Queue {
        name: "ensemble-scripted".to_owned(),
        dlq: Some("ensemble-scripted-dlq".to_owned()),
        receives_max: 1000,
        visibility_timeout_secs: 30,
        retention_secs: 345_600,
    };
    Topology {
        topics: vec!["ensemble-booking-events".to_owned()],
        queues: vec![queue],
        subscriptions: Vec::new(),
        tables: vec![Table::keyed("ensemble-scripted".to_owned(), "saga")],
    }
}
