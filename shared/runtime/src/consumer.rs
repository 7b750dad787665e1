//! Consumes one queue: polls for free slots, handles each message by the protocol, settles it.
//!
//! **Invariant:** only waiting is raced against a stop, never work; a message that is not settled comes back.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use contracts::{Poison, Reason};
use saga::declaration::TIMEOUT_SECS;
use saga::{Delay, Delivery, Door, Jitter, Participant, RetryPolicy};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::announcer::Announcer;
use crate::batch;
use crate::breaker::{self, Breaker};
use crate::effects::Perform;
use crate::error::Unavailable;
use crate::handle::handle;
use crate::locks::SagaLocks;
use crate::queue::{Queue, Received, SettleError};
use crate::settings::Settings;
use crate::store::Store;

/// Receives after which a message is buried unread: it kills whoever handles it. Far below the queue's own
/// `maxReceiveCount`, by which SQS would move it as it is, without a reason and with its card data.
const RECEIVES_MAX: u32 = 200;

/// How long a receive call that is under way may go on when the service stops. What SQS hands out later comes back
/// when its visibility ends.
const LAST_LOOK: Duration = Duration::from_millis(300);

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
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) locks: SagaLocks,
    /// Stop polling; finish what runs.
    pub(crate) stop: CancellationToken,
    /// Give back what still runs.
    pub(crate) abandon: CancellationToken,
}

/// How the handling of one message ended.
enum Ending {
    Handled(Result<saga::Settlement, Unavailable>),
    /// Never begun, or told to stop.
    GivenBack,
    ReceiptLost,
}

impl<P: Participant, E: Perform<P>> Consumer<P, E> {
    /// Consumes until `stop`, then until all is settled.
    pub(crate) async fn run(self: Arc<Self>) {
        let slots = Arc::new(Semaphore::new(self.settings.concurrency));
        let tasks = TaskTracker::new();
        let pollers = TaskTracker::new();
        for _ in 0..self.settings.pollers {
            pollers.spawn(Arc::clone(&self).poll(Arc::clone(&slots), tasks.clone()).in_current_span());
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

    async fn poll(self: Arc<Self>, slots: Arc<Semaphore>, tasks: TaskTracker) {
        let mut refused = 0;
        while !self.stop.is_cancelled() {
            let pause = self.breaker.pause();
            if let Some(ceiling) = pause
                && self.stopped_during(jittered(ceiling)).await
            {
                return;
            }
            let most = if pause.is_some() { 1 } else { batch::ENTRIES_MAX };
            let Some(mut permits) = self.free_slots(&slots, most).await else {
                return;
            };
            let Some(received) = self.receive(permits.len()).await else { return };
            match received {
                Ok(messages) => {
                    refused = 0;
                    for (message, permit) in messages.into_iter().zip(permits.drain(..)) {
                        tasks.spawn(Arc::clone(&self).consume(message, permit).in_current_span());
                    }
                }
                Err(error) => {
                    drop(permits);
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
    /// that is under way then gets a moment to end, because SQS may have handed messages out.
    async fn receive(&self, most: usize) -> Option<Result<Vec<Received>, Unavailable>> {
        let mut receive = pin!(self.queue.receive(most, self.settings.wait, self.settings.visibility));
        tokio::select! {
            biased;
            received = &mut receive => Some(received),
            () = self.stop.cancelled() => tokio::time::timeout(LAST_LOOK, receive).await.ok(),
        }
    }

    /// One to `most` free slots: never more messages are asked for than can be worked on.
    async fn free_slots(&self, slots: &Arc<Semaphore>, most: usize) -> Option<Vec<OwnedSemaphorePermit>> {
        let first = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            permit = Arc::clone(slots).acquire_owned() => permit.ok()?,
        };
        let more = std::iter::repeat_with(|| Arc::clone(slots).try_acquire_owned().ok()).map_while(|permit| permit);
        Some(std::iter::once(first).chain(more.take(most - 1)).collect())
    }

    /// Handles and settles one message; the permit is held until then.
    async fn consume(self: Arc<Self>, message: Received, permit: OwnedSemaphorePermit) {
        let delivery =
            Delivery { body: &message.body, attributes: &message.attributes, message_id: &message.message_id };
        let span = tracing::info_span!(
            "message",
            saga = tracing::field::Empty,
            event = tracing::field::Empty,
            event.id = tracing::field::Empty,
            attempt = message.attempt,
        );
        async {
            if message.attempt > RECEIVES_MAX {
                let detail = format!("received {} times and never settled", message.attempt);
                return self.bury(&message, &Poison::new(Reason::Exhausted, detail), &[]).await;
            }
            match self.door.read(&*self.participant, &delivery) {
                Err(poison) => self.bury(&message, &poison, &[]).await,
                Ok(received) => {
                    let span = tracing::Span::current();
                    span.record("saga", tracing::field::display(received.saga));
                    span.record("event", received.event_type.as_str());
                    span.record("event.id", received.event_id.as_str());
                    self.work(&message, received).await;
                }
            }
        }
        .instrument(span)
        .await;
        drop(permit);
    }

    /// Handles a message that was understood, under its saga's lock and with a heartbeat, and settles it.
    async fn work(&self, message: &Received, received: saga::Received<P::Incoming>) {
        let reaction = self.participant.declaration().reaction_to(received.event_type);
        let retry = reaction.map_or(RetryPolicy::PATIENT, saga::Reaction::patience);
        let timeout_secs = reaction.map_or(TIMEOUT_SECS, |reaction| reaction.timeout_secs);
        let known = [
            ("eventType", received.event_type.as_str().to_owned()),
            ("eventId", received.event_id.clone()),
            ("saga", received.saga.to_string()),
        ];
        let ending = tokio::select! {
            biased;
            () = self.abandon.cancelled() => Ending::GivenBack,
            ending = self.handle_in_turn(received, message.attempt, timeout_secs) => ending,
            () = self.heartbeat(&message.receipt) => Ending::ReceiptLost,
        };
        match ending {
            Ending::ReceiptLost => tracing::warn!("HandlerCancelled: the receipt is lost"),
            Ending::GivenBack => self.give_back(message, Duration::ZERO, "the service stops").await,
            Ending::Handled(Ok(saga::Settlement::Delete)) => {
                self.breaker.succeeded();
                // Crash here: all is announced; the message comes again and announces the same.
                report("MessageHandled", self.queue.delete(&message.receipt).await);
            }
            Ending::Handled(Ok(saga::Settlement::GiveBack(why))) if message.attempt > retry.max_attempts => {
                let poison = Poison::new(Reason::Exhausted, format!("{why}; given back {} times", message.attempt));
                self.bury(message, &poison, &known).await;
            }
            Ending::Handled(Ok(saga::Settlement::GiveBack(why))) => {
                self.give_back(message, delay(retry.delay(message.attempt)), why).await;
            }
            Ending::Handled(Ok(saga::Settlement::Retry(after))) => {
                self.breaker.succeeded();
                self.give_back(message, delay(after), "an attempt failed").await;
            }
            Ending::Handled(Ok(saga::Settlement::DeadLetter(poison))) => {
                self.bury(message, &poison, &known).await;
            }
            Ending::Handled(Err(why)) => {
                self.give_back(message, delay(retry.delay(message.attempt)), &why.to_string()).await;
            }
        }
    }

    async fn handle_in_turn(&self, received: saga::Received<P::Incoming>, receive: u32, timeout_secs: u32) -> Ending {
        let held = tokio::select! {
            biased;
            held = self.locks.hold(received.saga) => held,
            () = self.stop.cancelled() => return Ending::GivenBack,
        };
        let mut pauses = 0;
        let result = loop {
            let (store, announcer) = (&self.store, &self.announcer);
            let work = handle(&*self.participant, &*self.effects, store, announcer, received.clone(), receive);
            // Crash here: abandoned at any point, it is the same as a crash there.
            let result = tokio::time::timeout(Duration::from_secs(timeout_secs.into()), work).await;
            let result = result.unwrap_or_else(|_elapsed| {
                Err(Unavailable::new("the step", format!("it took more than {timeout_secs} s")))
            });
            let Err(why) = &result else {
                break result;
            };
            self.breaker.failed(why);
            if !self.breaker.is_open() {
                break result;
            }
            // An outage: the message is held and tried again here, so that it is not received over and over.
            if self.stopped_during(jittered(breaker::ceiling(pauses))).await {
                return Ending::GivenBack;
            }
            pauses += 1;
        };
        drop(held);
        Ending::Handled(result)
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
        tracing::error!(reason = poison.reason.as_str(), detail = poison.detail, "MessageDeadLettered");
        let buried = self.queue.dead_letter(message, poison, &known).await;
        if let Err(error @ SettleError::Unavailable(_)) = &buried {
            self.breaker.failed(error);
        }
        report("MessageDeadLettered", buried);
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

/// The delay before the next attempt, in whole seconds as SQS takes them.
fn delay(delay: Delay) -> Duration {
    let secs = match delay.jitter {
        Jitter::None => delay.secs,
        Jitter::Full => fastrand::u32(0..=delay.secs),
    };
    Duration::from_secs(secs.into())
}

/// A pause, drawn evenly from its upper half: never so short that it is none.
pub(crate) fn jittered(ceiling: Duration) -> Duration {
    let half = ceiling / 2;
    half + half.mul_f64(fastrand::f64())
}
