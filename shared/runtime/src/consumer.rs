//! Consumes one queue: polls for free slots, handles each message by the protocol, settles it.
//!
//! **Invariant:** only waiting is raced against a stop, never work; a message that is not settled comes back. One that
//! cannot be handled now is given back, and delays itself alone.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use saga::declaration::TIMEOUT_SECS;
use saga::{Delivery, Door, Participant, RetryPolicy};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use wire::{Poison, Reason, SagaId, Vocabulary};

use crate::announcer::Announcer;
use crate::aws::HangUps;
use crate::batch;
use crate::breaker::Breakers;
use crate::delays::{RECEIVES_MAX, backoff, delay, jittered};
use crate::early::Early;
use crate::effects::Perform;
use crate::error::Unavailable;
use crate::handle::{Handler, Unfinished, until};
use crate::locks::SagaLocks;
use crate::queue::{Queue, Received, SettleError};
use crate::settings::Settings;
use crate::slots::{Permit, Slots};
use crate::store::Store;
use crate::stuck::Stuck;

/// From this receive on it is on record what a message is stuck at.
const STUCK_FROM: u32 = 3;

/// How long a message that is at work keeps its slot: what takes longer waits for something, and needs none.
const SLOT_MAX: Duration = Duration::from_secs(1);

/// How long a message waits in hand for another of its saga.
const TURN_MAX: Duration = Duration::from_secs(1);

/// How long a receive call that is under way may go on when the service stops, where it can be dropped.
const LAST_LOOK: Duration = Duration::from_millis(300);

/// How long a receive call waits after one that brought something. Each that brings nothing is followed by one twice as
/// long, so that a service which stops while it is busy need not wait for an end.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How long giving messages back may take, after the grace period, before the service ends regardless.
const GIVE_BACK_MAX: Duration = Duration::from_secs(2);

/// A service at work on one of its queues; what it has one of, its queues share.
pub(crate) struct Consumer<P: Participant, E> {
    pub(crate) participant: Arc<P>,
    pub(crate) effects: Arc<E>,
    pub(crate) settings: Settings,
    /// Which of its queues.
    pub(crate) door: Door,
    pub(crate) queue: Queue,
    pub(crate) store: Store,
    pub(crate) announcer: Arc<Announcer>,
    pub(crate) breakers: Arc<Breakers>,
    pub(crate) slots: Slots,
    pub(crate) early: Early,
    pub(crate) locks: SagaLocks,
    pub(crate) hang_ups: HangUps,
    /// Stop polling; finish what runs.
    pub(crate) stop: CancellationToken,
    /// Give back what still runs.
    pub(crate) abandon: CancellationToken,
}

/// How the handling of one message ended.
enum Ending {
    Handled(Result<saga::Settlement, Unfinished>),
    /// Never begun: another message of the saga is at work.
    NotItsTurn,
    /// Never begun, or told to stop.
    GivenBack,
    ReceiptLost,
}

impl<P: Participant, E: Perform<P>> Consumer<P, E> {
    /// Consumes until `stop`, then until all is settled.
    pub(crate) async fn run(self: Arc<Self>) {
        let tasks = TaskTracker::new();
        let pollers = TaskTracker::new();
        for _ in 0..self.settings.pollers {
            pollers.spawn(Arc::clone(&self).poll(tasks.clone()).in_current_span());
        }
        // What is overdue is asked for, as by anybody, and so by the door for that.
        if self.participant.declaration().deadlines && self.door == Door::Clients {
            pollers.spawn(Arc::clone(&self).sweep().in_current_span());
        }
        pollers.close();
        pollers.wait().await;
        tasks.close();
        if tokio::time::timeout(self.settings.grace, tasks.wait()).await.is_err() {
            tracing::warn!(messages = tasks.len(), "GivingBack: the grace period is over");
            self.abandon.cancel();
            // Where even that takes too long, the messages come back by themselves.
            if tokio::time::timeout(GIVE_BACK_MAX, tasks.wait()).await.is_err() {
                tracing::warn!(messages = tasks.len(), "NotGivenBack: SQS does not answer");
            }
        }
    }

    async fn poll(self: Arc<Self>, tasks: TaskTracker) {
        let mut refused = 0;
        let mut wait = FIRST_WAIT;
        while !self.stop.is_cancelled() {
            let pause = self.breakers.pause();
            if let Some(ceiling) = pause
                && self.stopped_during(jittered(ceiling)).await
            {
                return;
            }
            let most = if pause.is_some() { 1 } else { batch::ENTRIES_MAX };
            let Some(slots) = self.free_slots(most).await else {
                return;
            };
            let Some(received) = self.receive(slots.len(), wait.min(self.settings.wait)).await else { return };
            match received {
                Ok(messages) => {
                    refused = 0;
                    wait =
                        if messages.is_empty() { wait.saturating_mul(2).min(self.settings.wait) } else { FIRST_WAIT };
                    for (message, slot) in messages.into_iter().zip(slots) {
                        tasks.spawn(Arc::clone(&self).consume(message, slot).in_current_span());
                    }
                }
                Err(error) => {
                    drop(slots);
                    refused += 1;
                    tracing::warn!(%error, "ReceiveFailed");
                    let ceiling = Duration::from_millis(200).saturating_mul(1 << refused.min(6));
                    if self.stopped_during(jittered(ceiling)).await {
                        return;
                    }
                }
            }
        }
    }

    /// Receives up to `most` messages; `None` when the service stops. Only the waiting is raced against a stop: a call
    /// that is under way then comes to its end, because what SQS finds for a caller who is gone is hidden from all.
    async fn receive(&self, most: usize, wait: Duration) -> Option<Result<Vec<Received>, Unavailable>> {
        let mut receive = pin!(self.queue.receive(most, wait, self.settings.visibility));
        tokio::select! {
            biased;
            received = &mut receive => return Some(received),
            () = self.stop.cancelled() => {}
        }
        let longest = if self.hang_ups.are_noticed() { LAST_LOOK } else { wait };
        tokio::time::timeout(longest, receive).await.ok()
    }

    /// One to `most` free slots: never more messages are asked for than can be worked on.
    async fn free_slots(&self, most: usize) -> Option<Vec<Permit>> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            slots = self.slots.free(most) => slots,
        }
    }

    /// Handles and settles one message. Its slot is free for others as soon as that takes longer than it should.
    async fn consume(self: Arc<Self>, message: Received, slot: Permit) {
        let span = tracing::info_span!(
            "message",
            saga = tracing::field::Empty,
            event = tracing::field::Empty,
            event.id = tracing::field::Empty,
            attempt = message.attempt,
        );
        let mut settled = pin!(self.take_up(&message).instrument(span));
        let room = async {
            tokio::time::sleep(SLOT_MAX).await;
            self.slots.room().await
        };
        let room = tokio::select! {
            biased;
            () = &mut settled => return,
            room = room => room,
        };
        drop(slot);
        settled.await;
        drop(room);
    }

    /// Reads one message, handles and settles it.
    async fn take_up(&self, message: &Received) {
        if message.attempt > RECEIVES_MAX {
            let detail = format!("received {} times and never settled", message.attempt);
            return self.bury(message, &Poison::new(Reason::Exhausted, detail), &[]).await;
        }
        // What comes again may do so because it cannot succeed: it must not take the slots of what can.
        let returns = message.attempt > 1;
        let share = if returns { self.slots.share() } else { None };
        if returns && share.is_none() {
            return self.give_back(message, backoff(message.attempt), "too many that returned are at work").await;
        }
        let delivery =
            Delivery { body: &message.body, attributes: &message.attributes, message_id: &message.message_id };
        match self.door.read(&*self.participant, &delivery) {
            Err(poison) => self.bury(message, &poison, &[]).await,
            Ok(received) => {
                let span = tracing::Span::current();
                span.record("saga", tracing::field::display(received.saga));
                span.record("event", received.event_type.as_str());
                span.record("event.id", received.event_id.as_str());
                let well = self.work(message, received).await;
                if let (Some(share), Some(well)) = (&share, well) {
                    share.ended(well);
                }
            }
        }
    }

    /// Handles a message that was understood, under its saga's lock and with a heartbeat, and settles it; answers with
    /// whether that went well, where it was tried.
    async fn work(&self, message: &Received, received: saga::Received<P::Incoming>) -> Option<bool> {
        let reaction = self.participant.declaration().reaction_to(received.event_type);
        let retry = reaction.map_or(RetryPolicy::PATIENT, saga::Reaction::patience);
        let timeout_secs = reaction.map_or(TIMEOUT_SECS, |reaction| reaction.timeout_secs);
        let known = [
            ("eventType", received.event_type.as_str().to_owned()),
            ("eventId", received.event_id.clone()),
            ("saga", received.saga.to_string()),
        ];
        let saga = received.saga;
        let ending = tokio::select! {
            biased;
            () = self.abandon.cancelled() => Ending::GivenBack,
            ending = self.handle_in_turn(received, message.attempt, timeout_secs) => ending,
            () = self.heartbeat(&message.receipt) => Ending::ReceiptLost,
        };
        let well = match &ending {
            Ending::Handled(result) => Some(result.is_ok()),
            Ending::ReceiptLost | Ending::GivenBack | Ending::NotItsTurn => None,
        };
        self.settle(message, saga, ending, retry, &known).await;
        well
    }

    async fn settle(
        &self,
        message: &Received,
        saga: SagaId,
        ending: Ending,
        retry: RetryPolicy,
        known: &[(&str, String)],
    ) {
        match ending {
            Ending::ReceiptLost => tracing::warn!("HandlerCancelled: the receipt is lost"),
            Ending::GivenBack => self.give_back(message, Duration::ZERO, "the service stops").await,
            Ending::NotItsTurn => {
                self.give_back(message, backoff(message.attempt), "another message of its saga is at work").await;
            }
            Ending::Handled(Ok(saga::Settlement::Delete)) => {
                self.is_not_stuck(saga, message).await;
                // Crash here: all is announced; the message comes again and announces the same.
                report("MessageHandled", self.queue.delete(&message.receipt).await);
            }
            Ending::Handled(Ok(saga::Settlement::GiveBack(why))) => {
                let times = self.early.count(&message.message_id);
                if times > retry.max_attempts {
                    let poison = Poison::new(Reason::Exhausted, format!("{why}; given back {times} times"));
                    self.bury(message, &poison, known).await;
                } else {
                    self.give_back(message, delay(retry.delay(times)), why).await;
                }
            }
            Ending::Handled(Ok(saga::Settlement::Retry(after))) => {
                self.give_back(message, delay(after), "an attempt failed").await;
            }
            Ending::Handled(Ok(saga::Settlement::DeadLetter(poison))) => {
                self.is_not_stuck(saga, message).await;
                self.bury(message, &poison, known).await;
            }
            Ending::Handled(Err(unfinished)) => {
                self.is_stuck(saga, message, &unfinished).await;
                self.give_back(message, backoff(message.attempt), &unfinished.why.to_string()).await;
            }
        }
    }

    async fn handle_in_turn(&self, received: saga::Received<P::Incoming>, receive: u32, timeout_secs: u32) -> Ending {
        let held = tokio::select! {
            biased;
            held = self.locks.hold(received.saga) => held,
            () = self.stop.cancelled() => return Ending::GivenBack,
            // Held on to, the messages of one saga could take everybody's slots.
            () = tokio::time::sleep(TURN_MAX) => return Ending::NotItsTurn,
        };
        let handler = Handler {
            participant: &*self.participant,
            effects: &*self.effects,
            store: &self.store,
            announcer: &self.announcer,
            breakers: &self.breakers,
            receive,
            until: until(timeout_secs),
        };
        let result = handler.handle(received).await;
        drop(held);
        Ending::Handled(result)
    }

    /// Leaves word at the saga of what a message is stuck at, for whoever looks; where there is a record of it.
    async fn is_stuck(&self, saga: SagaId, message: &Received, unfinished: &Unfinished) {
        if message.attempt < STUCK_FROM {
            return;
        }
        let Unfinished { call, why } = unfinished;
        tracing::warn!(%call, %why, "MessageStuck");
        if self.participant.declaration().stateful {
            let stuck = Stuck::new(call, &P::Vocabulary::cleaned(&why.what), message);
            report("StuckNoted", self.store.note(saga, &stuck).await.map_err(SettleError::Unavailable));
        }
    }

    /// Takes that back, where it may be.
    async fn is_not_stuck(&self, saga: SagaId, message: &Received) {
        self.early.forget(&message.message_id);
        if message.attempt > STUCK_FROM && self.participant.declaration().stateful {
            report("StuckForgotten", self.store.forget(saga).await.map_err(SettleError::Unavailable));
        }
    }

    /// Holds on to a message until it is dropped; returns when the receipt is lost.
    async fn heartbeat(&self, receipt: &str) {
        // SQS lets a message be held for 12 hours in all
        // (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html).
        const HOLD_MAX: Duration = Duration::from_secs(11 * 3600);
        let visibility = self.settings.visibility;
        let mut held = Duration::ZERO;
        while held < HOLD_MAX {
            tokio::time::sleep(visibility / 3).await;
            held += visibility / 3;
            match self.queue.set_visibility(receipt, visibility).await {
                Ok(()) => {}
                Err(SettleError::ReceiptLost(_)) => return,
                Err(error @ SettleError::Unavailable(_)) => {
                    tracing::warn!(%error, "HeartbeatFailed");
                }
            }
        }
    }

    async fn give_back(&self, message: &Received, after: Duration, why: &str) {
        tracing::debug!(why, after_secs = after.as_secs(), "MessageGivenBack");
        report("MessageGivenBack", self.queue.set_visibility(&message.receipt, after).await);
    }

    async fn bury(&self, message: &Received, poison: &Poison, known: &[(&str, String)]) {
        let service = ("service", self.participant.declaration().name.to_owned());
        let known: Vec<_> = std::iter::once(service).chain(known.iter().cloned()).collect();
        // The detail may name a field that is not ours.
        let poison = Poison::new(poison.reason, P::Vocabulary::cleaned(&poison.detail));
        tracing::error!(reason = poison.reason.as_str(), detail = poison.detail, "MessageDeadLettered");
        let buried = self.queue.dead_letter(message, &poison, &known).await;
        let failed = matches!(buried, Err(SettleError::Unavailable(_)));
        report("MessageDeadLettered", buried);
        if failed {
            self.give_back(message, backoff(message.attempt), "its dead-letter queue does not answer").await;
        } else {
            self.early.forget(&message.message_id);
        }
    }

    pub(crate) async fn stopped_during(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => true,
            () = tokio::time::sleep(pause) => false,
        }
    }
}

/// A message that could not be settled comes again: worth a line, and nothing else.
fn report(what: &'static str, settled: Result<(), SettleError>) {
    match settled {
        Ok(()) => tracing::debug!(what, "MessageSettled"),
        Err(error) => tracing::warn!(what, %error, "SettleFailed: the message will come again"),
    }
}
