//! One service: a participant, its table and the world outside it. A message is handled act by act, so that whoever
//! drives it can stop between any two.
//!
//! **Invariant:** an act is carried out exactly as production carries it out; what may go wrong is only that the driver
//! stops, or that the answer to an act is lost.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;

use contracts::{EventType, Poison, SagaId};
use jiff::Timestamp;
use saga::{Act, Announcement, Answer, Declaration, Execution, List, NoEffect, Participant, Settlement};

use crate::message::timeless_facts;
use crate::store::Refused;
use crate::world::Ask;
use crate::{Message, Stock, Store};

/// A message that takes more acts than this is never settled.
pub(crate) const ACTS_MAX: usize = 100;

/// What may go wrong at an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process dies before the act.
    Crash,
    /// The act is carried out and its answer is lost. The SDK repeats a write, which then fails its condition, and a
    /// publish, which then takes place twice; a call outside has an unknown outcome, and a deletion did not happen.
    AnswerLost,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 2] = [Self::Crash, Self::AnswerLost];
}

/// The world outside a participant.
pub trait Outside<P: Participant> {
    /// Acts, and answers.
    fn perform(&self, saga: SagaId, effect: P::Effect) -> P::Reply;

    /// What an effect asks for, in a word.
    fn name(&self, effect: &P::Effect) -> &'static str {
        let _ = effect;
        "ask"
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
#[derive(Debug)]
pub struct Node<P, W> {
    pub(crate) participant: P,
    pub(crate) outside: W,
    store: RefCell<Store>,
}

/// A [`Node`], whatever its participant.
pub trait Service {
    /// The participant's card.
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
}

/// A message in hand. Dropping it is a crash.
pub trait Work {
    /// What has to be announced once the next act, a write, has taken place.
    fn ahead(&self) -> Vec<Announcement>;

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
        Self { participant, outside, store: RefCell::default() }
    }

    /// The same, beside a stock.
    pub fn beside(participant: P, outside: W, stock: Stock) -> Self {
        Self { participant, outside, store: RefCell::new(Store::beside(stock)) }
    }
}

impl<P: Participant, W: Outside<P>> Service for Node<P, W> {
    fn declaration(&self) -> &'static Declaration {
        self.participant.declaration()
    }

    fn take_up<'n>(&'n self, message: &Message, now: Timestamp) -> Result<Box<dyn Work + 'n>, Poison> {
        let received = message.door.read(&self.participant, &message.delivery())?;
        let sealed = |event_type: &EventType| {
            let card = self.participant.sealed_card(&received.incoming, *event_type);
            card.map(|card| (*event_type, card.to_owned()))
        };
        let sealed_cards = EventType::ALL.iter().filter_map(sealed).collect();
        let (execution, act) = Execution::begin(&self.participant, received, 1, now);
        Ok(Box::new(InHand { node: self, execution, act, sealed_cards, trail: Vec::new() }))
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
}

struct InHand<'n, P: Participant, W> {
    node: &'n Node<P, W>,
    execution: Execution<'n, P>,
    act: Act<P>,
    sealed_cards: BTreeMap<EventType, String>,
    trail: Vec<String>,
}

impl<P: Participant, W: Outside<P>> Work for InHand<'_, P, W> {
    fn ahead(&self) -> Vec<Announcement> {
        let Act::Commit(write) = &self.act else {
            return Vec::new();
        };
        let sealed_card = |event_type| self.sealed_cards.get(&event_type).cloned();
        let announced = write.to.announced.iter();
        announced.filter_map(|stored| Announcement::of_event(stored, sealed_card).ok()).collect()
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
                let reply = self.node.outside.perform(self.execution.saga(), effect);
                if lost {
                    return Step::Unseen;
                }
                (Answer::Replied(reply), Step::Unseen)
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
