//! Topics, queues, subscriptions and tables, as the map needs them.
//!
//! **Invariant:** a queue gets an event if and only if its service reacts to it; and no queue that clients may send to
//! gets any of a service.

use std::collections::BTreeSet;
use wire::{EventType, Lexicon};

use saga::topology::{Channel, Index, Names, Queue, Subscription, Table, Topology};
use saga::{Announcement, Declaration, Door};

use crate::Map;

/// Receives after which SQS itself gives a message up: the most that it counts. The runtime dead-letters long before,
/// with a reason and without what must not be kept.
const RECEIVES_MAX: u32 = 1000;

/// How long a received message stays invisible; the runtime renews it while it works.
const VISIBILITY_TIMEOUT_SECS: u32 = 30;

/// How long a service has to handle a message: 4 days.
const RETENTION_SECS: u32 = 345_600;

/// How long a client has to fetch a notification: 14 days, the longest that SQS offers
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>).
const OUTCOME_RETENTION_SECS: u32 = 1_209_600;

/// The index of sagas that are not over.
pub(crate) const OPEN: &str = "open";

/// The message attribute by which notifications are routed.
pub(crate) const IS_SUCCESSFUL: &str = "IsSuccessful";

/// Everything that has to exist in AWS for a map, under these names.
///
/// # Examples
///
/// ```
/// use saga::topology::Names;
/// # use ensemble_map::Map;
/// # let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
///
/// let topology = ensemble_map::topology(&map, &Names::new("test").unwrap());
/// assert!(topology.topics.contains(&"test-vans-events".to_owned()));
/// assert!(topology.queues.iter().any(|queue| queue.name == "test-vans"));
/// ```
#[must_use]
pub fn topology(map: &Map, names: &Names) -> Topology {
    let channels = channels(map);
    let services = map.participants.iter().flat_map(Declaration::queues).map(|queue| Queue {
        name: names.of_service(&queue),
        dlq: Some(names.dlq(&queue)),
        receives_max: RECEIVES_MAX,
        visibility_timeout_secs: VISIBILITY_TIMEOUT_SECS,
        retention_secs: RETENTION_SECS,
    });
    let outcomes = [true, false].map(|successful| Queue {
        name: names.outcomes(successful),
        dlq: None,
        receives_max: RECEIVES_MAX,
        visibility_timeout_secs: VISIBILITY_TIMEOUT_SECS,
        retention_secs: OUTCOME_RETENTION_SECS,
    });
    let heard = channels.iter().flat_map(|channel| {
        map.participants.iter().filter_map(|declaration| subscription(names, *channel, declaration))
    });
    let told = [true, false].map(|successful| Subscription {
        topic: names.topic(Channel::Notifications),
        queue: names.outcomes(successful),
        raw: true,
        filter: Some((IS_SUCCESSFUL.to_owned(), vec![successful.to_string()])),
        undelivered: names.undelivered(if successful { "success" } else { "failure" }),
    });
    Topology {
        topics: channels.iter().chain([&Channel::Notifications]).map(|channel| names.topic(*channel)).collect(),
        queues: services.chain(outcomes).collect(),
        subscriptions: heard.chain(told).collect(),
        tables: tables(map, names),
    }
}

/// The tables of the services, the counters, and what operators did.
fn tables(map: &Map, names: &Names) -> Vec<Table> {
    let stateful = map.participants.iter().filter(|declaration| declaration.stateful);
    let of_services = stateful.map(|declaration| Table {
        index: declaration.deadlines.then(open_sagas),
        ..Table::keyed(names.of_service(declaration.name), "saga")
    });
    let counters: BTreeSet<&str> = map.participants.iter().filter_map(|declaration| declaration.counters).collect();
    let counters = counters.into_iter().map(|table| Table::keyed(names.of_service(table), "item"));
    let audit = Table { sort: Some("at".to_owned()), ..Table::keyed(names.audit_table(), "subject") };
    of_services.chain(counters).chain([audit]).collect()
}

/// Finds open sagas by their deadline. Only items that are open have its keys, and they are spread over a few shards,
/// since one partition takes 1,000 writes a second
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html>). It holds what the
/// lists of operators show, and nothing that changes while the state does not: such a write leaves it alone.
fn open_sagas() -> Index {
    Index {
        name: OPEN.to_owned(),
        key: "openShard".to_owned(),
        sort: "dueAt".to_owned(),
        includes: ["state", "kind"].map(str::to_owned).into(),
    }
}

/// The channels of all events, each once, in the order of the story.
fn channels(map: &Map) -> Vec<Channel> {
    let mut channels = Vec::new();
    for event in map.lexicon.events.iter().filter(|event| map.is_published(**event)) {
        let channel = channel_of(map.lexicon, *event);
        channels.extend(channel.filter(|channel| !channels.contains(channel)));
    }
    channels
}

/// The channel of an event; `None` for what is asked where there is no kind of saga.
pub(crate) fn channel_of(lexicon: &Lexicon, event: EventType) -> Option<Channel> {
    if !event.is_request() {
        return Some(Channel::Events(event.publisher()));
    }
    // What is asked of a saga may come by any of them; it has no topic of its own.
    event.kind().or(lexicon.kinds.first().copied()).map(Channel::Requests)
}

/// A service's subscription to a channel, if it hears anything there.
fn subscription(names: &Names, channel: Channel, declaration: &Declaration) -> Option<Subscription> {
    let mut heard = Vec::new();
    for reaction in declaration.reactions {
        if channel_of(declaration.lexicon, reaction.to) == Some(channel) {
            heard.push(reaction.to.as_str().to_owned());
        }
    }
    // Clients publish without our attributes, and the envelope's message id identifies their requests.
    let of_clients = matches!(channel, Channel::Requests(_));
    let queue = declaration.queue(if of_clients { Door::Clients } else { Door::Services });
    (!heard.is_empty()).then(|| Subscription {
        topic: names.topic(channel),
        queue: names.of_service(&queue),
        raw: !of_clients,
        filter: (!of_clients).then(|| (Announcement::TYPE.to_owned(), heard)),
        undelivered: names.undelivered(&queue),
    })
}
