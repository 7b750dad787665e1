//! The protocol of one message: commit → publish → delete, as a machine without I/O.
//!
//! [`Execution::begin`] gives the first [`Act`]; whoever drives it does what the act says and gives back an
//! [`Answer`], until the act is [`Act::Settle`]. Dropping the machine at any point is a crash at that point, and every
//! crash is survived by handling the message again.
//!
//! **Invariant:** a message is deleted only after everything that follows from it was published, and nothing is
//! published that is not committed.

use contracts::{Envelope, Poison, Reason, SagaId};
use jiff::Timestamp;

use crate::{Announcement, Decision, Input, Participant, Received, Record, Stored, Then, Write};

/// How often a write may lose against another writer before the message is given back.
const CONFLICTS_MAX: u32 = 4;

/// What the driver has to do next.
#[derive(Debug)]
pub enum Act<P: Participant> {
    /// Write, conditionally. Answer with [`Answer::Committed`] or [`Answer::Conflict`].
    Commit(Write),
    /// Act outside. Answer with [`Answer::Replied`].
    Perform(P::Effect),
    /// Publish. Answer with [`Answer::Announced`] when all were accepted.
    Announce(Vec<Announcement>),
    /// The end.
    Settle(Settlement),
}

/// How a message ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Handled: delete it.
    Delete,
    /// Not now: make it visible again after a while. The text says why.
    GiveBack(&'static str),
    /// Never: to the dead-letter queue.
    DeadLetter(Poison),
}

/// What came of an act.
#[derive(Debug)]
pub enum Answer<P: Participant> {
    /// The write took place.
    Committed,
    /// The condition failed; this is what stands there, if anything.
    Conflict(Option<Record>),
    /// The world outside answered.
    Replied(P::Reply),
    /// All was accepted.
    Announced,
}

/// One message on its way.
#[derive(Debug)]
pub struct Execution<'p, P: Participant> {
    participant: &'p P,
    received: Received<P::Incoming>,
    /// The state that is believed to stand, as it is stored; `None`: nothing stands.
    stored: Option<Stored>,
    state: P::State,
    /// What that state has on record to announce; `None` while it is only believed.
    announced: Option<Vec<String>>,
    reply: Option<P::Reply>,
    /// The write that is under way, and what follows from it.
    pending: Option<(P::State, Record, Option<P::Effect>)>,
    conflicts: u32,
}

impl<'p, P: Participant> Execution<'p, P> {
    /// Begins with the state that the event expects to find.
    pub fn begin(participant: &'p P, received: Received<P::Incoming>, now: Timestamp) -> (Self, Act<P>) {
        let state = participant.expects(&received.incoming);
        let mut execution = Self {
            participant,
            stored: (state != P::State::default()).then(|| Stored::of(&state)),
            state,
            received,
            announced: None,
            reply: None,
            pending: None,
            conflicts: 0,
        };
        let act = execution.decide(now);
        (execution, act)
    }

    /// The saga of this message.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        self.received.saga
    }

    /// Goes on with what came of the last act.
    pub fn next(&mut self, answer: Answer<P>, now: Timestamp) -> Act<P> {
        match answer {
            Answer::Committed => self.committed(),
            Answer::Conflict(record) => self.conflict(record, now),
            Answer::Replied(reply) => {
                self.reply = Some(reply);
                self.decide(now)
            }
            // Crash here: everything was announced; the message comes again and announces the same.
            Answer::Announced => Act::Settle(Settlement::Delete),
        }
    }

    fn decide(&mut self, now: Timestamp) -> Act<P> {
        let incoming = &self.received.incoming;
        let input = match &self.reply {
            None => Input::Event(incoming),
            Some(reply) => Input::Reply(incoming, reply),
        };
        match self.participant.decide(&self.state, input, now) {
            Decision::Commit(to, Then::Announce(events)) => {
                let received = &self.received;
                let (cause, trace) = (&received.event_id, received.traceparent.as_deref());
                let envelope = |event| Envelope::new(event, received.saga, cause, trace, now).to_json();
                let announced = events.into_iter().map(envelope).collect();
                self.commit(to, announced, None, now)
            }
            Decision::Commit(to, Then::Perform(effect)) => self.commit(to, Vec::new(), Some(effect), now),
            Decision::Perform(effect) => Act::Perform(effect),
            Decision::Announce => self.announce(),
            Decision::Send(announcements) => Act::Announce(announcements),
            Decision::NotYet => Act::Settle(Settlement::GiveBack("it came before the event that it follows from")),
            Decision::Contradiction(rule) => {
                Act::Settle(Settlement::DeadLetter(Poison::new(Reason::Contradicting, rule)))
            }
        }
    }

    fn commit(&mut self, to: P::State, announced: Vec<String>, effect: Option<P::Effect>, now: Timestamp) -> Act<P> {
        let record = Record { stored: Stored::of(&to), announced };
        self.pending = Some((to, record.clone(), effect));
        Act::Commit(Write { saga: self.received.saga, expected: self.stored.clone(), to: record, at: now })
    }

    /// The write took place: what was pending is so.
    fn committed(&mut self) -> Act<P> {
        let Some((state, record, effect)) = self.pending.take() else {
            return Act::Settle(Settlement::GiveBack("an answer came that nothing asked for"));
        };
        self.state = state;
        self.stored = Some(record.stored);
        self.announced = Some(record.announced);
        // Crash here: the state stands and nothing was announced or asked outside yet; the message comes again,
        // finds the state, and goes on from it.
        match effect {
            Some(effect) => Act::Perform(effect),
            None => self.announce(),
        }
    }

    /// The condition failed: decide once more, on what stands. That may be our own write, whose answer was lost.
    fn conflict(&mut self, record: Option<Record>, now: Timestamp) -> Act<P> {
        self.pending = None;
        self.conflicts += 1;
        if self.conflicts > CONFLICTS_MAX {
            return Act::Settle(Settlement::GiveBack("another worker keeps writing this saga"));
        }
        let (stored, announced) = match record {
            None => (None, Vec::new()),
            Some(record) => (Some(record.stored), record.announced),
        };
        self.state = match stored.as_ref().map_or_else(|| Ok(P::State::default()), Stored::read) {
            Ok(state) => state,
            // A newer build wrote it (two versions run during a deploy): leave it to that build.
            Err(_name) => {
                return Act::Settle(Settlement::GiveBack("its record is in a state that this build does not know"));
            }
        };
        self.stored = stored;
        self.announced = Some(announced);
        self.decide(now)
    }

    fn announce(&self) -> Act<P> {
        // Only a state that was written or read is announced, never one that is merely expected.
        let Some(announced) = &self.announced else {
            return Act::Settle(Settlement::GiveBack("its record is not known"));
        };
        let sealed = |event_type| self.participant.sealed_card(&self.received.incoming, event_type).map(str::to_owned);
        match announced.iter().map(|stored| Announcement::of_event(stored, sealed)).collect::<Result<Vec<_>, _>>() {
            Ok(announcements) if announcements.is_empty() => Act::Settle(Settlement::Delete),
            Ok(announcements) => Act::Announce(announcements),
            // A newer build wrote it; leave it to that build.
            Err(_poison) => Act::Settle(Settlement::GiveBack("its record announces what this build does not know")),
        }
    }
}
