//! Drives the protocol of one message: does what [`saga::Execution`] says, and gives back what came of it.
//!
//! **Invariant:** every call outside goes through [`Handler::ask`], so that breakers know of it and none lasts for ever.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use saga::{Act, Answer, Execution, Participant, Received, Settlement, Write};
use tokio::time::Instant;

use crate::announcer::Announcer;
use crate::breaker::{Breakers, CUT_SHORT, Call};
use crate::effects::{Failed, Perform};
use crate::error::Unavailable;
use crate::item::Written;
use crate::store::Store;

/// What handles one message.
pub(crate) struct Handler<'a, P, E> {
    pub(crate) participant: &'a P,
    pub(crate) effects: &'a E,
    pub(crate) store: &'a Store,
    pub(crate) announcer: &'a Announcer,
    pub(crate) breakers: &'a Breakers,
    /// How often the message has been received, from 1.
    pub(crate) receive: u32,
    /// When the attempt has taken as long as it may.
    pub(crate) until: Instant,
}

/// A message that could not be handled for now.
#[derive(Debug)]
pub(crate) struct Unfinished {
    /// At which kind of call.
    pub(crate) call: Call,
    /// What came of that.
    pub(crate) why: Unavailable,
}

/// The call that ended an attempt, and how.
type Ended = (Call, Failed);

impl<P: Participant, E: Perform<P>> Handler<'_, P, E> {
    /// Handles one message, up to the point where it is to be settled.
    ///
    /// # Errors
    ///
    /// [`Unfinished`].
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, the message is handled again from the start, and finds what stands.
    pub(crate) async fn handle(&self, received: Received<P::Incoming>) -> Result<Settlement, Unfinished> {
        match self.drive(received).await {
            Ok(settlement) => Ok(settlement),
            Err((_, Failed::Poison(poison))) => Ok(Settlement::DeadLetter(poison)),
            Err((call, Failed::Unavailable(why))) => Err(Unfinished { call, why }),
        }
    }

    async fn drive(&self, received: Received<P::Incoming>) -> Result<Settlement, Ended> {
        let (mut execution, mut act) = Execution::begin(self.participant, received, self.receive, now());
        loop {
            let answer = match act {
                Act::Settle(settlement) => return Ok(settlement),
                Act::Look(saga) => Answer::Found(self.ask(Call::READ, self.store.read(saga)).await?),
                Act::Commit(write) => self.commit(&write, execution.intent()).await?,
                // Crash here: the effect may have taken place; the intent stands, and the next attempt looks it up.
                Act::Perform(effect) => {
                    let call = self.effects.call(&effect);
                    self.effects.check(&effect).map_err(|failed| (call, failed))?;
                    Answer::Replied(self.ask(call, self.effects.perform(execution.saga(), effect)).await?)
                }
                // Crash here: the state stands and its events may be published or not; they are announced again.
                Act::Announce(announcements) => {
                    let names: Vec<_> = announcements.iter().map(|announcement| announcement.name.clone()).collect();
                    self.ask(Call::PUBLISH, self.announcer.announce(announcements)).await?;
                    for name in names {
                        tracing::info!(announced = name, "EventAnnounced");
                    }
                    Answer::Announced
                }
            };
            act = execution.next(answer, now());
        }
    }

    /// Writes, unless the effect whose intent this is could not be carried out.
    async fn commit(&self, write: &Write, intent: Option<&P::Effect>) -> Result<Answer<P>, Ended> {
        if let Some(effect) = intent
            && let Err(failed) = self.effects.check(effect)
        {
            // Nothing is begun that cannot go on. What was begun before goes on from where it stands.
            let stands = self.ask(Call::READ, self.store.read(write.saga)).await?;
            return match stands.as_ref().map(|record| &record.stored) == write.expected.as_ref() {
                true => Err((self.effects.call(effect), failed)),
                false => Ok(Answer::Conflict(stands)),
            };
        }
        let call = if write.takes.is_empty() { Call::WRITE } else { Call::TAKE };
        Ok(match self.ask(call, self.store.write(write)).await? {
            Written::Committed => {
                tracing::info!(state = write.to.stored.state, "StateCommitted");
                Answer::Committed
            }
            Written::Conflict(record) => {
                let stands = record.as_ref().map_or("nothing", |record| record.stored.state.as_str());
                tracing::debug!(stands, "StateDiffers");
                Answer::Conflict(record)
            }
            Written::Short => {
                tracing::debug!("CountersDiffer");
                Answer::Short
            }
        })
    }

    /// Makes one call, if its breaker lets it, for as long as it may take, and tells the breaker what came of it.
    async fn ask<T, F: Into<Failed>>(&self, call: Call, work: impl Future<Output = Result<T, F>>) -> Result<T, Ended> {
        let is_first = self.receive == 1;
        if !self.breakers.admits(call, is_first) {
            let what = format!("such calls pause, for they failed in a row: {}", self.breakers.why(call));
            let why = Unavailable::new(call.dependency, what);
            return Err((call, why.into()));
        }
        let began = Instant::now();
        // What hangs for some must not keep everybody's slots: the first attempt is cut short, and those that follow
        // have their full time, within their share.
        let cut_short = (is_first && self.breakers.is_slow(call)).then(|| began + CUT_SHORT);
        let until = cut_short.map_or(self.until, |cut_short| cut_short.min(self.until));
        // Crash here: abandoned at any point, it is the same as a crash there.
        let answer = match tokio::time::timeout_at(until, work).await {
            Ok(answer) => answer.map_err(Into::into),
            Err(_elapsed) => {
                let secs = began.elapsed().as_secs();
                Err(Unavailable::new(call.dependency, format!("no answer within {secs} s")).into())
            }
        };
        match &answer {
            Ok(_) => self.breakers.succeeded(call),
            Err(Failed::Unavailable(why)) => self.breakers.failed(call, why, began.elapsed()),
            Err(Failed::Poison(_)) => {}
        }
        answer.map_err(|failed| (call, failed))
    }
}

/// When an attempt that begins now has taken as long as it may.
pub(crate) fn until(timeout_secs: u32) -> Instant {
    Instant::now() + Duration::from_secs(timeout_secs.into())
}

/// The clock, to the millisecond: enough for a person, and short on the wire.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
