//! The protocol of one message: commit → publish → delete, as a machine without I/O.
//!
//! [`Execution::begin`] gives the first [`Act`]; whoever drives it does what the act says and gives back an
//! [`Answer`], until the act is [`Act::Settle`]. Dropping the machine at any point is a crash at that point, and every
//! crash is survived by handling the message again.
//!
//! **Invariant:** a message is deleted only after everything that follows from it was published, and nothing is
//! published that is not committed; and nothing is committed that cannot be published, or that no table takes.

use jiff::Timestamp;
use wire::envelope::with_beside;
use wire::{Envelope, Events, MAX_BODY_BYTES, Poison, Reason, SagaId};

use crate::{Announcement, Context, Decision, Delay, Input, Participant, Received, Record, Stored, Take, Then, Write};

/// How often a write may lose against another writer before the message is given back.
const CONFLICTS_MAX: u32 = 4;

/// How many of the events that another one is announced behind are kept, the last ones. One before these has been
/// announced, or else two rounds of a saga went by in each of which it alone could not be published.
const BEHIND_MAX: usize = 2;

/// The largest record, in bytes: what a table takes, 400 KB with names and indexed attributes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>), less 4 KiB for these.
const RECORD_MAX_BYTES: usize = 396 * 1024;

/// The largest record of an intent, in bytes: what comes of the act outside has to be told, beside what the intent is
/// about, in an event; all that is told besides has less than 16 KiB.
const INTENT_MAX_BYTES: usize = MAX_BODY_BYTES - 16 * 1024;

/// What the driver has to do next.
#[derive(Debug)]
pub enum Act<P: Participant> {
    /// Read what stands. Answer with [`Answer::Found`].
    Look(SagaId),
    /// Write, conditionally. Answer with [`Answer::Committed`], [`Answer::Conflict`] or [`Answer::Short`].
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
    /// An attempt failed, which is on record: make it visible again after this long.
    Retry(Delay),
    /// Never: to the dead-letter queue.
    DeadLetter(Poison),
}

/// What came of an act.
#[derive(Debug)]
pub enum Answer<P: Participant> {
    /// This is what stands there, if anything.
    Found(Option<Record>),
    /// The write took place.
    Committed,
    /// The condition failed; this is what stands there, if anything.
    Conflict(Option<Record>),
    /// The counters do not hold what was to be taken, or lack the row; nothing was written.
    Short,
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
    receive: u32,
    /// The state that is believed to stand, as it is stored; `None`: nothing stands.
    stored: Option<Stored>,
    state: P::State,
    /// What that state has on record to announce; `None` while it is only believed.
    announced: Option<Vec<String>>,
    /// The same, as it was read from the record.
    said: Vec<P::Vocabulary>,
    reply: Option<P::Reply>,
    /// The write that is under way, and what follows from it.
    pending: Option<(P::State, Record, Next<P>)>,
    conflicts: u32,
}

/// What follows from a write.
enum Next<P: Participant> {
    /// Announce what is on record, but for so many of the first.
    Announce(usize),
    Perform(P::Effect),
    Continue,
    Retry(Delay),
}

// Derived, it would ask the same of `P`.
impl<P: Participant> std::fmt::Debug for Next<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Announce(_) => "Announce",
            Self::Perform(_) => "Perform",
            Self::Continue => "Continue",
            Self::Retry(_) => "Retry",
        })
    }
}

impl<'p, P: Participant> Execution<'p, P> {
    /// Begins with the state that the event expects to find, or by looking where it expects none. `receive` is how often
    /// the message has been received.
    pub fn begin(participant: &'p P, received: Received<P::Incoming>, receive: u32, now: Timestamp) -> (Self, Act<P>) {
        let mut execution = Self {
            participant,
            stored: None,
            state: P::State::default(),
            received,
            receive,
            announced: None,
            said: Vec::new(),
            reply: None,
            pending: None,
            conflicts: 0,
        };
        let act = execution.expect(now);
        (execution, act)
    }

    /// Decides on the state that the event expects to find, or looks where it expects none.
    fn expect(&mut self, now: Timestamp) -> Act<P> {
        let expected = self.participant.expects(&self.received.incoming);
        let look = expected.is_none().then_some(self.received.saga);
        self.state = expected.unwrap_or_default();
        self.stored = (self.state != P::State::default()).then(|| Stored::of(&self.state));
        self.announced = None;
        self.said = Vec::new();
        look.map_or_else(|| self.decide(now), Act::Look)
    }

    /// The saga of this message.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        self.received.saga
    }

    /// The effect that follows from the write that is under way, where that is an intent.
    #[must_use]
    pub fn intent(&self) -> Option<&P::Effect> {
        match &self.pending {
            Some((_, _, Next::Perform(effect))) => Some(effect),
            Some((_, _, Next::Announce(_) | Next::Continue | Next::Retry(_))) | None => None,
        }
    }

    /// Goes on with what came of the last act.
    pub fn next(&mut self, answer: Answer<P>, now: Timestamp) -> Act<P> {
        match answer {
            Answer::Found(record) => self.stands(record, now),
            Answer::Committed => self.committed(now),
            Answer::Conflict(record) => match self.lost() {
                Some(act) => act,
                None => self.stands(record, now),
            },
            Answer::Short => match self.lost() {
                Some(act) => act,
                None => self.decide(now),
            },
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
        let context = Context {
            saga: self.received.saga,
            now,
            receive: self.receive,
            said: &self.said,
            reaction: self.participant.declaration().reaction_to(self.received.event_type),
        };
        match self.participant.decide(&self.state, input, &context) {
            Decision::Commit(to, then) => self.commit(to, Vec::new(), then, now),
            Decision::Transact(to, takes, then) => self.commit(to, takes, then, now),
            Decision::Perform(effect) => Act::Perform(effect),
            Decision::Announce => self.announce(0),
            Decision::Ignore => Act::Settle(Settlement::Delete),
            Decision::Send(announcements) => {
                let too_large = announcements.iter().find(|announcement| announcement.body.len() > MAX_BODY_BYTES);
                match too_large {
                    Some(announcement) => refuse(too_large_to_say(&announcement.name)),
                    None => Act::Announce(announcements),
                }
            }
            Decision::Instead(saga, incoming) => {
                self.received.saga = saga;
                self.received.incoming = incoming;
                self.expect(now)
            }
            Decision::NotYet => Act::Settle(Settlement::GiveBack("it came before the event that it follows from")),
            Decision::Contradiction(rule) => refuse(Poison::new(Reason::Contradicting, rule)),
        }
    }

    fn commit(&mut self, to: P::State, takes: Vec<Take>, then: Then<P>, now: Timestamp) -> Act<P> {
        let (behind, events, next) = match then {
            Then::Announce(events) => (Vec::new(), events, Next::Announce(0)),
            Then::AnnounceBehind(kept, events) => {
                let is_kept = |stored: &&String| {
                    Envelope::<P::Vocabulary>::read(stored)
                        .is_ok_and(|earlier| kept.contains(&earlier.event.event_type()))
                };
                let earlier: Vec<String> = self.announced.iter().flatten().filter(is_kept).cloned().collect();
                let old = earlier.len().saturating_sub(BEHIND_MAX);
                (earlier.into_iter().skip(old).collect(), events, Next::Announce(0))
            }
            Then::AnnounceBeside(events) => {
                let earlier = self.announced.clone().unwrap_or_default();
                let first = earlier.len();
                (earlier, events, Next::Announce(first))
            }
            Then::Perform(effect) => (Vec::new(), Vec::new(), Next::Perform(effect)),
            Then::Continue => (Vec::new(), Vec::new(), Next::Continue),
            Then::Retry(delay) => (Vec::new(), Vec::new(), Next::Retry(delay)),
        };
        let record = match self.record(&to, behind, events, now) {
            Ok(record) => record,
            Err(poison) => return refuse(poison),
        };
        if matches!(next, Next::Perform(_)) && record.bytes() > INTENT_MAX_BYTES {
            return refuse(too_large_to_say("what comes of the act"));
        }
        let received = &self.received;
        let due = self.participant.due(&to);
        self.pending = Some((to, record.clone(), next));
        Act::Commit(Write { saga: received.saga, expected: self.stored.clone(), to: record, takes, due, at: now })
    }

    /// What is to stand on record: the state, and these events behind those that were announced.
    ///
    /// Refused before it is written where an event would be larger than what a service reads, with the text that goes
    /// beside it, or the record larger than what a table takes: the state could not be told, and never be left.
    fn record(
        &self,
        to: &P::State,
        behind: Vec<String>,
        events: Vec<P::Vocabulary>,
        now: Timestamp,
    ) -> Result<Record, Poison> {
        let received = &self.received;
        let mut record = Record { stored: Stored::of(to), announced: behind };
        for event in events {
            let event_type = event.event_type();
            let (cause, trace) = (&received.event_id, received.traceparent.as_deref());
            let stored = Envelope::new(event, received.saga, cause, trace, now).to_json();
            let text = self.participant.beside(&received.incoming, event_type);
            let beside = event_type.beside().zip(text);
            let bytes = beside.map_or(stored.len(), |(attribute, text)| with_beside(&stored, attribute, text).len());
            if bytes > MAX_BODY_BYTES {
                return Err(too_large_to_say(event_type.as_str()));
            }
            record.announced.push(stored);
        }
        if record.bytes() > RECORD_MAX_BYTES {
            let rule = format!("its record in state {}: would be larger than a table takes", record.stored.state);
            return Err(Poison::new(Reason::TooLarge, rule));
        }
        Ok(record)
    }

    /// The write took place: what was pending is so.
    fn committed(&mut self, now: Timestamp) -> Act<P> {
        let Some((state, record, next)) = self.pending.take() else {
            return Act::Settle(Settlement::GiveBack("an answer came that nothing asked for"));
        };
        self.state = state;
        self.said = Vec::new();
        self.stored = Some(record.stored);
        self.announced = Some(record.announced);
        // Crash here: the state stands and nothing was announced or asked outside yet; the message comes again,
        // finds the state, and goes on from it.
        match next {
            Next::Announce(first) => self.announce(first),
            Next::Perform(effect) => Act::Perform(effect),
            Next::Continue => {
                self.reply = None;
                self.decide(now)
            }
            Next::Retry(delay) => Act::Settle(Settlement::Retry(delay)),
        }
    }

    /// The write did not take place; `Some` when that has happened too often. What was heard outside was about what
    /// does not stand any more, so the message is decided upon anew.
    fn lost(&mut self) -> Option<Act<P>> {
        self.pending = None;
        self.reply = None;
        self.conflicts += 1;
        (self.conflicts > CONFLICTS_MAX)
            .then_some(Act::Settle(Settlement::GiveBack("another worker keeps writing this saga")))
    }

    /// Decides on what stands. That may be our own write, whose answer was lost.
    fn stands(&mut self, record: Option<Record>, now: Timestamp) -> Act<P> {
        let recalled = record.as_ref().map(|record| self.participant.recall(&record.stored));
        self.state = match recalled.unwrap_or_else(|| Ok(P::State::default())) {
            Ok(state) => state,
            // A newer build wrote it (two versions run during a deploy): leave it to that build.
            Err(_name) => {
                return Act::Settle(Settlement::GiveBack("its record is in a state that this build does not know"));
            }
        };
        self.said = record.as_ref().map(Record::said).unwrap_or_default();
        let (stored, announced) = record.map_or((None, Vec::new()), |found| (Some(found.stored), found.announced));
        self.stored = stored;
        self.announced = Some(announced);
        self.decide(now)
    }

    /// Announces what is on record, but for so many of the first.
    fn announce(&self, first: usize) -> Act<P> {
        // Only a state that was written or read is announced, never one that is merely expected.
        let Some(announced) = &self.announced else {
            return Act::Settle(Settlement::GiveBack("its record is not known"));
        };
        let mut announcements = Vec::new();
        for stored in announced.iter().skip(first) {
            let Ok(envelope) = Envelope::<P::Vocabulary>::read(stored) else {
                // A newer build wrote it; leave it to that build.
                return Act::Settle(Settlement::GiveBack("its record announces what this build does not know"));
            };
            let text = self.participant.beside(&self.received.incoming, envelope.event.event_type());
            if text.is_some() || !self.is_left_to_another(&envelope) {
                announcements.push(Announcement::of_event(&envelope, stored, text));
            }
        }
        if announcements.is_empty() { Act::Settle(Settlement::Delete) } else { Act::Announce(announcements) }
    }

    /// Whether only another message can announce an event: the text beside the event is stored nowhere, and came with the
    /// message that led to the event. That message is not deleted before it has announced the event.
    fn is_left_to_another(&self, envelope: &Envelope<P::Vocabulary>) -> bool {
        envelope.event.event_type().beside().is_some() && envelope.causation != self.received.event_id
    }
}

fn refuse<P: Participant>(poison: Poison) -> Act<P> {
    Act::Settle(Settlement::DeadLetter(poison))
}

fn too_large_to_say(name: &str) -> Poison {
    Poison::new(Reason::TooLarge, format!("{name}, which follows from it: would be larger than {MAX_BODY_BYTES} bytes"))
}
