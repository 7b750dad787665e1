//! One service: a participant, its table and the world outside it. A message is handled act by act, so that whoever
//! drives it can stop between any two.
//!
//! **Invariant:** an act is carried out exactly as production carries it out; what may go wrong is only that the driver
//! stops, or that the answer to an act is lost.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;

use jiff::Timestamp;
use saga::{Act, Announcement, Answer, Declaration, Execution, List, NoEffect, Participant, Settlement};
use wire::{Envelope, EventType, Events, Poison, SagaId};

use crate::at_work::{AtWork, Key};
use crate::message::timeless_facts;
use crate::store::Refused;
use crate::world::Ask;
use crate::{Counters, Message, Store};

/// A message that takes more acts than this is never settled.
pub(crate) const ACTS_MAX: usize = 100;

/// What may go wrong at an act.
///
/// # Examples
///
/// See the example of [`Point`](crate::Point).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process dies before the act.
    Crash,
    /// The act is carried out and its answer is lost. The SDK repeats a write, which then fails its condition, and a
    /// publish, which then takes place twice; a call outside has an unknown outcome, and a deletion did not happen.
    AnswerLost,
    /// The act, a call that takes effect outside, goes on when the process dies: nobody sees it, and its key is in use,
    /// until so many further calls of the saga were answered. Then it is carried out.
    InProgress(usize),
}

impl Fault {
    /// Every fault that can strike at any act.
    pub const ANYWHERE: [Self; 2] = [Self::Crash, Self::AnswerLost];
    /// Every fault that can strike at a call that takes effect: carried out before a look, before the call is repeated,
    /// or later.
    pub const AT_CALLS: [Self; 3] = [Self::InProgress(1), Self::InProgress(2), Self::InProgress(3)];
}

/// The world outside a participant.
///
/// # Examples
///
/// Scales that weigh everything the same. What took effect is told by name, so that a test notices what took effect twice:
///
/// ```
/// use ensemble_testkit::Outside;
/// use saga::Participant;
/// use wire::SagaId;
///
/// struct Scales;
///
/// impl<P: Participant<Effect = String, Reply = u32>> Outside<P> for Scales {
///     fn perform(&self, _saga: SagaId, _address: String) -> u32 {
///         300
///     }
/// }
/// ```
pub trait Outside<P: Participant> {
    /// Acts, and answers.
    fn perform(&self, saga: SagaId, effect: P::Effect) -> P::Reply;

    /// What an effect asks for, in a word.
    fn name(&self, effect: &P::Effect) -> &'static str {
        let _ = effect;
        "ask"
    }

    /// The key of a call that takes effect; `None` for one that only looks.
    fn key(&self, effect: &P::Effect) -> Option<Key> {
        let _ = effect;
        None
    }

    /// What the service takes it for that the key of a call is in use: an unknown outcome, unless it is broken on
    /// purpose.
    fn in_use(&self, effect: &P::Effect) -> Option<P::Reply> {
        let _ = effect;
        None
    }

    /// Everything that took effect so far, each by a name that occurs once if it took effect once.
    fn effects(&self) -> Vec<String> {
        Vec::new()
    }
}

/// For participants that ask nothing of the world outside.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl<P: Participant<Effect = NoEffect>> Outside<P> for Nothing {
    fn perform(&self, _saga: SagaId, effect: NoEffect) -> P::Reply {
        match effect {}
    }
}

/// One service.
///
/// # Examples
///
/// See the example of [the crate](crate).
#[derive(Debug)]
pub struct Node<P, W> {
    pub(crate) participant: P,
    pub(crate) outside: W,
    store: RefCell<Store>,
    at_work: RefCell<AtWork<W>>,
}

/// A [`Node`], whatever its participant.
pub trait Service {
    /// What the participant says of itself.
    fn declaration(&self) -> &'static Declaration;

    /// Understands a message and takes it in hand.
    ///
    /// # Errors
    ///
    /// [`Poison`] for a message that can never be handled.
    fn take_up<'n>(&'n self, message: &Message, now: Timestamp) -> Result<Box<dyn Work + 'n>, Poison>;

    /// The message that the service sends itself about a saga whose time is up by now; `None` where it is not.
    fn overdue(&self, saga: SagaId, now: Timestamp) -> Option<String>;

    /// Its table.
    fn store(&self) -> Ref<'_, Store>;

    /// Its table, to be broken.
    fn store_mut(&self) -> RefMut<'_, Store>;

    /// The kinds of the calls that were turned away, because one under their key was at work.
    fn turned_away(&self) -> Vec<&'static str>;
}

/// A message in hand. Dropping it is a crash.
pub trait Work {
    /// What has to be announced once the next act, a write, has taken place.
    fn ahead(&self) -> Vec<Announcement>;

    /// Whether the next act is a call that takes effect outside, and is not begun.
    fn calls(&self) -> bool;

    /// Begins that call, which the next act ends; dropped before, it is carried out after so many further calls of the
    /// saga. Tells whether there is something to begin.
    fn begin(&mut self, turns: usize) -> bool;

    /// Whether the next act publishes.
    fn publishes(&self) -> bool;

    /// What the next act asks for, and for which saga; `None` where it settles the message.
    fn asks(&self) -> Option<(SagaId, Ask)>;

    /// What was answered so far, times apart: what follows depends on nothing else.
    fn trail(&self) -> &[String];

    /// Carries out the next act; `lost`: and loses its answer.
    fn step(&mut self, now: Timestamp, lost: bool) -> Step;
}

/// What an act came to, as far as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A write, or a call outside.
    Unseen,
    /// These were published.
    Published(Vec<Announcement>),
    /// The message is handled, or not.
    Settled(Settlement),
}

impl<P: Participant, W: Outside<P>> Node<P, W> {
    /// A service with an empty table.
    pub fn new(participant: P, outside: W) -> Self {
        Self::beside(participant, outside, Counters::default())
    }

    /// The same, beside counters.
    pub fn beside(participant: P, outside: W, counters: Counters) -> Self {
        Self { participant, outside, store: RefCell::new(Store::beside(counters)), at_work: RefCell::default() }
    }

    /// A call outside, which may have been begun before; `None`: it was turned away, and its outcome is unknown.
    fn call(&self, saga: SagaId, effect: P::Effect, begun: Option<u64>) -> Option<P::Reply> {
        if let Some(ticket) = begun {
            self.at_work.borrow_mut().end(ticket);
        }
        let key = self.outside.key(&effect);
        let turned_away = key.is_some_and(|key| self.at_work.borrow_mut().turns_away(saga, key));
        let reply = if turned_away { self.outside.in_use(&effect) } else { Some(self.outside.perform(saga, effect)) };
        let over = self.at_work.borrow_mut().turn(saga);
        over.into_iter().for_each(|carry_out| carry_out(&self.outside));
        reply
    }
}

impl<P: Participant, W: Outside<P>> Service for Node<P, W> {
    fn declaration(&self) -> &'static Declaration {
        self.participant.declaration()
    }

    fn take_up<'n>(&'n self, message: &Message, now: Timestamp) -> Result<Box<dyn Work + 'n>, Poison> {
        let received = message.door.read(&self.participant, &message.delivery())?;
        let text = |event_type: &EventType| {
            let text = self.participant.beside(&received.incoming, *event_type);
            text.map(|text| (*event_type, text.to_owned()))
        };
        let beside = P::Vocabulary::LEXICON.events.iter().filter_map(text).collect();
        let (execution, act) = Execution::begin(&self.participant, received, 1, now);
        Ok(Box::new(InHand { node: self, execution, act, begun: None, beside, trail: Vec::new() }))
    }

    fn overdue(&self, saga: SagaId, now: Timestamp) -> Option<String> {
        let stored = self.store().records().get(&saga)?.stored.clone();
        let due = self.participant.due(&stored.read().ok()?)?;
        (due.list == List::Open && due.at <= now).then(|| self.participant.overdue(saga)).flatten()
    }

    fn store(&self) -> Ref<'_, Store> {
        self.store.borrow()
    }

    fn store_mut(&self) -> RefMut<'_, Store> {
        self.store.borrow_mut()
    }

    fn turned_away(&self) -> Vec<&'static str> {
        self.at_work.borrow().turned_away().to_vec()
    }
}

struct InHand<'n, P: Participant, W: Outside<P>> {
    node: &'n Node<P, W>,
    execution: Execution<'n, P>,
    act: Act<P>,
    /// The call that the next act ends, and how long it goes on if that does not come.
    begun: Option<(u64, usize)>,
    beside: BTreeMap<EventType, String>,
    trail: Vec<String>,
}

impl<P: Participant, W: Outside<P>> InHand<'_, P, W> {
    fn key(&self) -> Option<Key> {
        let Act::Perform(effect) = &self.act else { return None };
        self.node.outside.key(effect)
    }
}

impl<P: Participant, W: Outside<P>> Drop for InHand<'_, P, W> {
    fn drop(&mut self) {
        let gone = Act::Settle(Settlement::GiveBack("the process died"));
        if let (Some((ticket, turns)), Act::Perform(effect)) = (self.begun, std::mem::replace(&mut self.act, gone)) {
            let saga = self.execution.saga();
            let carry_out = move |outside: &W| drop(outside.perform(saga, effect));
            self.node.at_work.borrow_mut().abandon(ticket, turns, Box::new(carry_out));
        }
    }
}

impl<P: Participant, W: Outside<P>> Work for InHand<'_, P, W> {
    fn ahead(&self) -> Vec<Announcement> {
        let Act::Commit(write) = &self.act else {
            return Vec::new();
        };
        let announced = |stored: &String| {
            let envelope = Envelope::<P::Vocabulary>::read(stored).ok()?;
            let text = self.beside.get(&envelope.event.event_type());
            Some(Announcement::of_event(&envelope, stored, text.map(String::as_str)))
        };
        write.to.announced.iter().filter_map(announced).collect()
    }

    fn calls(&self) -> bool {
        self.begun.is_none() && self.key().is_some()
    }

    fn begin(&mut self, turns: usize) -> bool {
        let key = if self.begun.is_none() { self.key() } else { None };
        let saga = self.execution.saga();
        let ticket = key.and_then(|key| self.node.at_work.borrow_mut().begin(saga, key));
        self.begun = ticket.map(|ticket| (ticket, turns)).or(self.begun);
        ticket.is_some()
    }

    fn publishes(&self) -> bool {
        matches!(self.act, Act::Announce(_))
    }

    fn asks(&self) -> Option<(SagaId, Ask)> {
        let ask = match &self.act {
            Act::Look(_) => Ask::Look,
            Act::Commit(_) => Ask::Write,
            Act::Perform(effect) => Ask::Perform(self.node.outside.name(effect)),
            Act::Announce(_) => Ask::Publish,
            Act::Settle(_) => return None,
        };
        Some((self.execution.saga(), ask))
    }

    fn trail(&self) -> &[String] {
        &self.trail
    }

    fn step(&mut self, now: Timestamp, lost: bool) -> Step {
        // What stands here if the answer does not come: the message is given back.
        let unknown = Act::Settle(Settlement::GiveBack("the answer was lost"));
        let (answer, step) = match std::mem::replace(&mut self.act, unknown) {
            Act::Look(_) if lost => return Step::Unseen,
            Act::Look(saga) => (Answer::Found(self.node.store().records().get(&saga).cloned()), Step::Unseen),
            Act::Commit(write) => {
                let mut store = self.node.store.borrow_mut();
                let mut written = store.write(write.clone());
                if lost {
                    written = store.write(write);
                }
                let answer = match written {
                    Ok(()) => Answer::Committed,
                    Err(Refused::Differs(found)) => Answer::Conflict(found),
                    Err(Refused::Short) => Answer::Short,
                };
                (answer, Step::Unseen)
            }
            Act::Perform(effect) => {
                let begun = self.begun.take().map(|(ticket, _)| ticket);
                match self.node.call(self.execution.saga(), effect, begun) {
                    Some(reply) if !lost => (Answer::Replied(reply), Step::Unseen),
                    Some(_) | None => return Step::Unseen,
                }
            }
            Act::Announce(mut announcements) => {
                if lost {
                    announcements.extend(announcements.clone());
                }
                (Answer::Announced, Step::Published(announcements))
            }
            Act::Settle(Settlement::Delete) if lost => {
                return Step::Settled(Settlement::GiveBack("the deletion was lost"));
            }
            Act::Settle(settlement) => return Step::Settled(settlement),
        };
        self.trail.push(match &answer {
            Answer::Found(record) | Answer::Conflict(record) => {
                format!("{:?}", record.as_ref().map(|record| timeless_facts(&record.stored)))
            }
            Answer::Replied(reply) => format!("{reply:?}"),
            Answer::Committed => "committed".to_owned(),
            Answer::Short => "short".to_owned(),
            Answer::Announced => "announced".to_owned(),
        });
        self.act = self.execution.next(answer, now);
        step
    }
}
