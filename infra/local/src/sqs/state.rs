//! What is in a queue, in indexes that keep each request's work small.
//!
//! **Invariant:** `visible` holds the ids of all visible messages by position, `hidden` those of all others by the time
//! they become visible; `in_flight` counts the ones in flight, by group too on a FIFO queue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use rustack_sqs_core::queue::QueueAttributes;
use tokio::time::Instant;
use uuid::Uuid;

use crate::sqs::message::{Held, NewMessage, Sent, Visibility};
use crate::sqs::time::seconds;
use crate::twins::Twins;

/// How many messages went.
pub(super) type Dropped = usize;

/// The inside of a queue.
#[derive(Debug)]
pub(super) struct State {
    pub(super) attributes: QueueAttributes,
    pub(super) tags: HashMap<String, String>,
    pub(super) modified_at_secs: u64,
    pub(super) purged_at: Option<Instant>,
    pub(super) deleted: bool,
    /// Counts messages that became visible, and looks that left some.
    pub(super) arrivals: u64,
    /// A receiver was woken, and none has looked since.
    pub(super) woken: bool,
    /// When the last of the receivers that ever waited gives up.
    pub(super) awaited_until: Option<Instant>,
    pub(super) in_flight: usize,
    messages: HashMap<Uuid, Held>,
    visible: BTreeMap<u64, Uuid>,
    hidden: BTreeSet<(Instant, Uuid)>,
    next_position: u64,
    fifo: Option<Fifo>,
}

/// What only a FIFO queue needs.
#[derive(Debug, Default)]
struct Fifo {
    /// How many of a group are in flight; the rest of the group waits for them.
    busy: HashMap<String, usize>,
    /// Messages sent lately.
    twins: Twins<Sent>,
    sequence: u64,
}

impl State {
    pub(super) fn new(attributes: QueueAttributes, fifo: bool, now_secs: u64) -> Self {
        Self {
            attributes,
            tags: HashMap::new(),
            modified_at_secs: now_secs,
            purged_at: None,
            deleted: false,
            arrivals: 0,
            woken: false,
            awaited_until: None,
            in_flight: 0,
            messages: HashMap::new(),
            visible: BTreeMap::new(),
            hidden: BTreeSet::new(),
            next_position: 0,
            fifo: fifo.then(Fifo::default),
        }
    }

    /// When the next hidden message becomes visible.
    pub(super) fn due(&self) -> Option<Instant> {
        self.hidden.first().map(|(at, _)| *at)
    }

    pub(super) fn any_visible(&self) -> bool {
        !self.visible.is_empty()
    }

    pub(super) fn get(&self, id: Uuid) -> Option<&Held> {
        self.messages.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Held> {
        self.messages.values()
    }

    /// Visible, in flight, delayed.
    pub(super) fn counts(&self) -> (u32, u32, u32) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let delayed = self.hidden.len().saturating_sub(self.in_flight);
        (count(self.visible.len()), count(self.in_flight), count(delayed))
    }

    /// The message that was sent under this key lately.
    pub(super) fn twin(&mut self, key: &str) -> Option<Sent> {
        self.fifo.as_mut()?.twins.find(key)
    }

    /// Puts a new message in.
    pub(super) fn put(&mut self, message: NewMessage, key: Option<String>, now_ms: u64) -> Sent {
        let id = Uuid::new_v4();
        let sequence = self.fifo.as_mut().map(|fifo| {
            fifo.sequence = fifo.sequence.saturating_add(1);
            if let Some(key) = key {
                fifo.twins.remember(key, Sent { id, sequence: Some(fifo.sequence) });
            }
            fifo.sequence
        });
        let delay = seconds(message.delay_secs.unwrap_or(self.attributes.delay_seconds));
        let visibility =
            if delay.is_zero() { Visibility::Visible } else { Visibility::Delayed(Instant::now() + delay) };
        self.insert(Held {
            id,
            body: message.body,
            attributes: message.attributes,
            group: message.group,
            deduplication: message.deduplication,
            trace_header: message.trace_header,
            sequence,
            sent_at_ms: now_ms,
            first_received_at_ms: None,
            received: 0,
            received_here: 0,
            source_arn: None,
            receipt: None,
            position: 0,
            visibility,
        });
        Sent { id, sequence }
    }

    /// Takes a message in, at the end.
    pub(super) fn insert(&mut self, mut held: Held) {
        held.position = self.position();
        match held.visibility {
            Visibility::Visible => {
                self.arrivals = self.arrivals.wrapping_add(1);
                self.visible.insert(held.position, held.id);
            }
            Visibility::Delayed(until) | Visibility::InFlight { until, .. } => {
                self.hidden.insert((until, held.id));
            }
        }
        self.messages.insert(held.id, held);
    }

    /// Makes visible what is due.
    pub(super) fn surface(&mut self, now: Instant) {
        while let Some((at, id)) = self.hidden.first().copied()
            && at <= now
        {
            self.hide(id, Visibility::Visible);
        }
    }

    /// The messages to deliver next, in order; with `true` those that were received too often.
    pub(super) fn pick(&self, count: usize, receives_max: Option<u32>) -> Vec<(Uuid, bool)> {
        let mut picked = Vec::new();
        let mut left = count;
        for id in self.visible.values() {
            let Some(held) = self.messages.get(id) else {
                continue;
            };
            if self.waits_for_its_group(held) {
                continue;
            }
            let dead = receives_max.is_some_and(|max| held.received_here >= max);
            if !dead {
                let Some(less) = left.checked_sub(1) else {
                    break;
                };
                left = less;
            }
            picked.push((*id, dead));
        }
        picked
    }

    fn waits_for_its_group(&self, held: &Held) -> bool {
        let busy = self.fifo.as_ref().map(|fifo| &fifo.busy);
        busy.zip(held.group.as_ref()).is_some_and(|(busy, group)| busy.contains_key(group))
    }

    /// Counts a receive and hides the message; gives it with the new receipt.
    pub(super) fn receive(
        &mut self,
        id: Uuid,
        now: Instant,
        visibility: Duration,
        now_ms: u64,
    ) -> Option<(&Held, Uuid)> {
        let receipt = Uuid::new_v4();
        let held = self.messages.get_mut(&id)?;
        held.received = held.received.saturating_add(1);
        held.received_here = held.received_here.saturating_add(1);
        held.first_received_at_ms.get_or_insert(now_ms);
        held.receipt = Some(receipt);
        self.hide(id, Visibility::InFlight { since: now, until: now + visibility });
        self.messages.get(&id).map(|held| (held, receipt))
    }

    /// Takes a message out.
    pub(super) fn remove(&mut self, id: Uuid) -> Option<Held> {
        self.leave(id);
        self.messages.remove(&id)
    }

    /// Takes out what is visible and may go.
    pub(super) fn drain(&mut self, movable: impl Fn(&Held) -> bool) -> Vec<Held> {
        let ids: Vec<Uuid> = self.visible.values().copied().collect();
        let ids = ids.into_iter().filter(|id| self.messages.get(id).is_some_and(&movable));
        ids.collect::<Vec<_>>().into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Drops all messages.
    pub(super) fn clear(&mut self) -> Dropped {
        let dropped = self.messages.len();
        self.messages.clear();
        self.visible.clear();
        self.hidden.clear();
        self.in_flight = 0;
        if let Some(fifo) = &mut self.fifo {
            fifo.busy.clear();
        }
        dropped
    }

    /// Changes the visibility of a message.
    pub(super) fn hide(&mut self, id: Uuid, visibility: Visibility) {
        self.leave(id);
        // A FIFO queue keeps its order; else the end, so that a message nobody can handle does not hold up the others.
        let position = self.fifo.is_none().then(|| self.position());
        let Some(held) = self.messages.get_mut(&id) else {
            return;
        };
        held.visibility = visibility;
        match visibility {
            Visibility::Visible => {
                held.position = position.unwrap_or(held.position);
                self.visible.insert(held.position, id);
                self.arrivals = self.arrivals.wrapping_add(1);
            }
            Visibility::Delayed(until) => {
                self.hidden.insert((until, id));
            }
            Visibility::InFlight { until, .. } => {
                self.hidden.insert((until, id));
                self.in_flight = self.in_flight.saturating_add(1);
                if let (Some(fifo), Some(group)) = (&mut self.fifo, &held.group) {
                    let busy = fifo.busy.entry(group.clone()).or_default();
                    *busy = busy.saturating_add(1);
                }
            }
        }
    }

    /// Takes a message out of the indexes.
    fn leave(&mut self, id: Uuid) {
        let Some(held) = self.messages.get(&id) else {
            return;
        };
        match held.visibility {
            Visibility::Visible => {
                self.visible.remove(&held.position);
            }
            Visibility::Delayed(until) => {
                self.hidden.remove(&(until, id));
            }
            Visibility::InFlight { until, .. } => {
                self.hidden.remove(&(until, id));
                self.in_flight = self.in_flight.saturating_sub(1);
                if let (Some(fifo), Some(group)) = (&mut self.fifo, &held.group)
                    && let Some(busy) = fifo.busy.get_mut(group)
                {
                    *busy = busy.saturating_sub(1);
                    if *busy == 0 {
                        fifo.busy.remove(group);
                    }
                }
            }
        }
    }

    fn position(&mut self) -> u64 {
        self.next_position = self.next_position.saturating_add(1);
        self.next_position
    }
}
