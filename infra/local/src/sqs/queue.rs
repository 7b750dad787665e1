//! One queue, and the receivers that wait for it.
//!
//! **Invariant:** a message is in exactly one queue and in exactly one state there: visible, delayed or in flight.
//! When a message becomes visible, one of those who wait is woken, and no later than that. Whoever takes some and leaves
//! some wakes the next.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rustack_sqs_core::queue::QueueAttributes;
use rustack_sqs_model::types::Message;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::ACCOUNT;
use crate::caller::Caller;
use crate::sqs::error::{Error, Kind};
use crate::sqs::limits::{check_message, in_range};
use crate::sqs::message::{Handle, Held, NewMessage, Sent, View, Visibility};
use crate::sqs::state::{Dropped, State};
use crate::sqs::time::{now_ms, seconds};
use crate::sync::lock;
use crate::twins;

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html>
const IN_FLIGHT_MAX: usize = 120_000;

/// A message is hidden for twelve hours at most, counted from its receive.
const VISIBILITY_MAX_SECS: i32 = 43_200;

/// One purge a minute.
const PURGE_PAUSE: Duration = Duration::from_secs(60);

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) fifo: bool,
    created_at_secs: u64,
    state: Mutex<State>,
    /// Signalled when a receiver that waits should look again: one of them for messages, all of them if they have to wake
    /// by themselves sooner than they know.
    pub(super) changed: Notify,
}

/// What a receiver asks for.
#[derive(Debug)]
pub(super) struct ReceiveRequest {
    pub(super) count: usize,
    pub(super) visibility_secs: Option<i32>,
    pub(super) view: View,
}

/// What a look into the queue gave.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) messages: Vec<Message>,
    /// Received too often: to go to the dead-letter queue.
    pub(super) dead: Vec<Held>,
    /// When the next hidden message becomes visible.
    pub(super) due: Option<Instant>,
}

impl Queue {
    pub(super) fn new(name: &str, arn: String, attributes: QueueAttributes) -> Self {
        let fifo = is_fifo(name);
        Self {
            name: name.to_owned(),
            arn,
            fifo,
            created_at_secs: now_ms() / 1000,
            state: Mutex::new(State::new(attributes, fifo, now_ms() / 1000)),
            changed: Notify::new(),
        }
    }

    /// The URL by which this caller finds the queue.
    pub(super) fn url(&self, caller: &Caller) -> String {
        format!("{}/{ACCOUNT}/{}", caller.url(), self.name)
    }

    /// Changes the queue, then wakes the receivers if there is something new for them.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        let (arrivals, due) = (state.arrivals, state.due());
        let result = change(&mut state);
        // A receiver that gives up before then does not care.
        let after = state.due().filter(|after| state.awaited_until.is_some_and(|until| *after < until));
        let sooner = after.is_some_and(|after| due.is_none_or(|before| after < before));
        // The one that is woken already will look at this, too.
        let arrived = state.arrivals != arrivals && !state.woken;
        state.woken |= arrived;
        drop(state);
        if sooner {
            self.changed.notify_waiters();
        }
        if arrived {
            self.changed.notify_one();
        }
        result
    }

    /// Notes that a receiver will wait, until then at most. To be said before it looks, so that it misses nothing.
    pub(super) fn awaited(&self, until: Instant) {
        let mut state = lock(&self.state);
        state.awaited_until = state.awaited_until.max(Some(until));
    }

    /// Puts a message in.
    pub(super) fn send(&self, mut message: NewMessage) -> Result<Sent, Error> {
        self.change(|state| {
            if state.deleted {
                return Err(Error::no_such_queue());
            }
            let size_max = usize::try_from(state.attributes.maximum_message_size).unwrap_or_default();
            check_message(&message, size_max)?;
            let deduplication = self.check_ordering(&mut message, state)?;
            if let Some(twin) = deduplication.as_ref().and_then(|key| state.twin(key)) {
                return Ok(twin);
            }
            Ok(state.put(message, deduplication, now_ms()))
        })
    }

    /// Checks what FIFO and standard queues differ in; gives the key to find twins by.
    fn check_ordering(&self, message: &mut NewMessage, state: &State) -> Result<Option<String>, Error> {
        if !self.fifo {
            // A group is fine on a standard queue: it asks for fair delivery between groups, which needs nothing here.
            return match message.deduplication {
                None => Ok(None),
                Some(_) => Err(Error::invalid(
                    "The request includes a parameter that is not valid for this queue type: MessageDeduplicationId",
                )),
            };
        }
        let Some(group) = &message.group else {
            return Err(Error::new(Kind::MissingParameter, "The request must contain the parameter MessageGroupId."));
        };
        if message.delay_secs.is_some_and(|secs| secs > 0) {
            return Err(Error::invalid("DelaySeconds is not valid for a message to a FIFO queue."));
        }
        let key = match &message.deduplication {
            Some(key) => key.clone(),
            None if state.attributes.content_based_deduplication => {
                // Receivers are shown it as if the sender had given it.
                message.deduplication.insert(twins::of_content(&message.body)).clone()
            }
            None => {
                return Err(Error::invalid(
                    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
                     explicitly",
                ));
            }
        };
        Ok(Some(if state.attributes.deduplication_scope == "messageGroup" { format!("{group}\n{key}") } else { key }))
    }

    /// Takes what is visible now. Messages received too often are taken out only if there is a queue for them.
    pub(super) fn take(&self, request: &ReceiveRequest, has_dead_letter_queue: bool) -> Result<Taken, Error> {
        let now = Instant::now();
        self.change(|state| {
            if state.deleted {
                return Err(Error::no_such_queue());
            }
            state.surface(now);
            // Whoever was woken is here, or the messages are gone by the time it looks.
            state.woken = false;
            if state.in_flight >= IN_FLIGHT_MAX {
                return Err(Error::new(Kind::OverLimit, "Too many messages are in flight."));
            }
            let receives_max = state.attributes.redrive_policy.as_ref().filter(|_| has_dead_letter_queue);
            let receives_max = receives_max.map(|policy| u32::try_from(policy.max_receive_count).unwrap_or(1));
            let visibility = seconds(request.visibility_secs.unwrap_or(state.attributes.visibility_timeout));
            let mut taken = Taken::default();
            for (id, dead) in state.pick(request.count, receives_max) {
                if dead {
                    taken.dead.extend(state.remove(id));
                } else if let Some((held, receipt)) = state.receive(id, now, visibility, now_ms()) {
                    taken.messages.push(held.shown(&self.name, receipt, &request.view));
                }
            }
            taken.due = state.due();
            // Only if some were taken: what is left may be held back by its group, and then nobody can take it.
            if state.any_visible() && !(taken.messages.is_empty() && taken.dead.is_empty()) {
                state.arrivals = state.arrivals.wrapping_add(1);
            }
            Ok(taken)
        })
    }

    /// Takes in a message of another queue as it is.
    pub(super) fn accept(&self, held: Held) {
        self.change(|state| state.insert(held));
    }

    /// Takes out all that is visible, for a redrive.
    pub(super) fn drain(&self, movable: impl Fn(&Held) -> bool) -> Vec<Held> {
        self.change(|state| {
            state.surface(Instant::now());
            state.drain(movable)
        })
    }

    /// Deletes what this handle was given for. A handle of an earlier receive succeeds without effect.
    pub(super) fn delete(&self, handle: &str) -> Result<(), Error> {
        let handle = Handle::decode(handle, &self.name)?;
        self.change(|state| match state.get(handle.id) {
            Some(held) if held.receipt == Some(handle.receipt) => {
                state.remove(handle.id);
            }
            _ => {}
        });
        Ok(())
    }

    /// Hides what this handle was given for until this many seconds from now.
    pub(super) fn change_visibility(&self, handle: &str, secs: i32) -> Result<(), Error> {
        let handle = Handle::decode(handle, &self.name)?;
        in_range("VisibilityTimeout", Some(secs), 0, VISIBILITY_MAX_SECS)?;
        let now = Instant::now();
        self.change(|state| {
            state.surface(now);
            let held = state.get(handle.id).filter(|held| held.receipt == Some(handle.receipt));
            let Some(held) = held else {
                return Err(Error::invalid(
                    "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available \
                     for visibility timeout change.",
                ));
            };
            let Visibility::InFlight { since, .. } = held.visibility else {
                return Err(Error::new(Kind::MessageNotInflight, "The message referred to is not in flight."));
            };
            let until = now + seconds(secs);
            if until > since + seconds(VISIBILITY_MAX_SECS) {
                return Err(Error::invalid(format!(
                    "Value {secs} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the \
                     message is beyond the limit [{VISIBILITY_MAX_SECS} seconds]."
                )));
            }
            state.hide(handle.id, Visibility::InFlight { since, until });
            state.surface(now);
            Ok(())
        })
    }

    /// Deletes all messages.
    pub(super) fn purge(&self) -> Result<(), Error> {
        self.change(|state| {
            if state.purged_at.is_some_and(|at| at.elapsed() < PURGE_PAUSE) {
                return Err(Error::new(
                    Kind::PurgeQueueInProgress,
                    "Only one PurgeQueue operation on the queue is allowed every 60 seconds.",
                ));
            }
            state.purged_at = Some(Instant::now());
            state.clear();
            Ok(())
        })
    }

    /// Ends the queue; receivers that wait are told so.
    pub(super) fn close(&self) {
        let _: Dropped = self.change(|state| {
            state.deleted = true;
            state.clear()
        });
        self.changed.notify_waiters();
    }

    /// Attributes by name; `All` stands for all.
    pub(super) fn attributes(&self, names: &[String]) -> HashMap<String, String> {
        self.change(|state| {
            state.surface(Instant::now());
            let counts = state.counts();
            let (created_at, modified_at) = (self.created_at_secs, state.modified_at_secs);
            state.attributes.to_map(names, self.fifo, &self.arn, created_at, modified_at, counts)
        })
    }

    /// Reads or changes attributes and tags.
    pub(super) fn configure<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.change(|state| {
            state.modified_at_secs = now_ms() / 1000;
            change(state)
        })
    }

    /// The queue that dead letters go to.
    pub(super) fn dead_letter_arn(&self) -> Option<String> {
        let state = lock(&self.state);
        state.attributes.redrive_policy.as_ref().map(|policy| policy.dead_letter_target_arn.clone())
    }

    /// How long a receive waits if it does not say.
    pub(super) fn wait_secs(&self) -> i32 {
        lock(&self.state).attributes.receive_message_wait_time_seconds
    }

    pub(super) fn tags(&self) -> HashMap<String, String> {
        lock(&self.state).tags.clone()
    }

    /// The text of every message.
    pub(super) fn dump(&self) -> Vec<String> {
        lock(&self.state).all().map(Held::text).collect()
    }
}

pub(super) fn is_fifo(name: &str) -> bool {
    name.strip_suffix(".fifo").is_some()
}
