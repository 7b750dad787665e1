//! One run of the conformance suite: a service, its messages one after another, and what they leave behind.
//!
//! **Invariant:** no two acts happen at the same time, and whatever is announced is held to its first form at once.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a suite for tests: a participant that does not conform has to stop the test"
)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use saga::{Announcement, Participant, Settlement};
use uuid::Uuid;
use wire::{Envelope, SagaId};

use crate::message::{split_beside, timeless, timeless_facts};
use crate::node::ACTS_MAX;
use crate::{Conformance, Fault, Message, NOW, Node, Outside, Service, Step};

/// What a run leaves behind, times apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    records: BTreeMap<SagaId, (String, Vec<String>)>,
    announced: BTreeSet<String>,
    effects: Vec<String>,
}

/// One run.
pub(crate) struct Bench<'a, P, W> {
    opens: &'a dyn Fn(SagaId, &str) -> bool,
    secrets: &'a [&'a str],
    pub(crate) node: Node<P, W>,
    ticks: i64,
    pub(crate) announced: Vec<Announcement>,
    bodies: BTreeMap<Uuid, String>,
}

impl<'a, P: Participant, W: Outside<P>> Bench<'a, P, W> {
    pub(crate) fn new(suite: &'a Conformance<'_, P, W>) -> Self {
        Self {
            opens: suite.opens,
            secrets: suite.secrets,
            node: (suite.node)(),
            ticks: 0,
            announced: Vec::new(),
            bodies: BTreeMap::new(),
        }
    }

    /// Handles a message, up to a fault if there is one; answers with how it was settled and after how many acts. A fault
    /// that cannot strike there does not.
    pub(crate) fn deliver(&mut self, message: &Message, place: Option<(usize, Fault)>) -> (Settlement, usize) {
        let now = tick(&mut self.ticks);
        let mut published = Vec::new();
        let mut work = match self.node.take_up(message, now) {
            Ok(work) => work,
            Err(poison) => return (Settlement::DeadLetter(poison), 0),
        };
        let mut settled = None;
        let mut acts = 0;
        while settled.is_none() {
            let dies = match place {
                Some((at, Fault::Crash)) => at == acts,
                Some((at, Fault::InProgress(turns))) => at == acts && work.begin(turns),
                Some((_, Fault::AnswerLost)) | None => false,
            };
            if dies {
                settled = Some(Settlement::GiveBack("it crashed"));
                break;
            }
            let lost = place == Some((acts, Fault::AnswerLost));
            acts += 1;
            assert!(acts <= ACTS_MAX, "it is never settled: {message:?}");
            match work.step(tick(&mut self.ticks), lost) {
                Step::Unseen => {}
                Step::Published(announcements) => published.extend(announcements),
                Step::Settled(settlement) => settled = Some(settlement),
            }
        }
        drop(work);
        published.into_iter().for_each(|announcement| self.publish(announcement));
        (settled.unwrap_or(Settlement::Delete), acts)
    }

    /// Handles messages in turn, those that are given back once more at the end, until all are handled.
    pub(crate) fn deliver_all(&mut self, mut messages: Vec<&Message>) {
        for _ in 0..ACTS_MAX {
            let waiting = messages.len();
            let mut given_back = Vec::new();
            let (mut retried, turned_away) = (false, self.node.turned_away().len());
            for message in std::mem::take(&mut messages) {
                match self.deliver(message, None).0 {
                    Settlement::Delete => {}
                    Settlement::GiveBack(_) => given_back.push(message),
                    Settlement::Retry(_) => {
                        retried = true;
                        given_back.push(message);
                    }
                    Settlement::DeadLetter(poison) => panic!("a sample is a dead letter: {poison}"),
                }
            }
            if given_back.is_empty() {
                return;
            }
            // A call that was turned away is asked for again until the one before it is over.
            retried |= self.node.turned_away().len() > turned_away;
            assert!(retried || given_back.len() < waiting, "given back for ever: {given_back:?}");
            messages = given_back;
        }
        panic!("tried again for ever: {messages:?}");
    }

    /// Two workers on one message. `turns` says which acts are the second's; it is extended by the first's.
    pub(crate) fn interleave(&mut self, message: &Message, turns: &mut Vec<bool>) {
        let now = tick(&mut self.ticks);
        let take_up = || match self.node.take_up(message, now) {
            Ok(work) => Some(work),
            Err(poison) => panic!("a sample is poison: {poison}"),
        };
        let mut workers = [take_up(), take_up()];
        let mut published = Vec::new();
        let mut turn = 0;
        for act in 0.. {
            assert!(act <= 2 * ACTS_MAX, "it is never settled: {message:?}");
            let second = match &workers {
                [None, None] => break,
                [Some(_), Some(_)] => {
                    if turn == turns.len() {
                        turns.push(false);
                    }
                    turn += 1;
                    turns[turn - 1]
                }
                [first, _] => first.is_none(),
            };
            let worker = &mut workers[usize::from(second)];
            match worker.as_mut().map(|work| work.step(tick(&mut self.ticks), false)) {
                Some(Step::Published(announcements)) => published.extend(announcements),
                Some(Step::Settled(_)) => *worker = None,
                Some(Step::Unseen) | None => {}
            }
        }
        drop(workers);
        published.into_iter().for_each(|announcement| self.publish(announcement));
    }

    /// The same id is the same body, byte for byte; the sealed text beside it apart, which opens to the same secret.
    fn publish(&mut self, announcement: Announcement) {
        let (body, beside) = split_beside(&announcement.body);
        if let Some(beside) = beside {
            let sagas: Vec<SagaId> = self.node.store().records().keys().copied().collect();
            let opens = sagas.iter().any(|saga| (self.opens)(*saga, &beside));
            assert!(opens, "{announcement:?}: its sealed text does not open");
        }
        for secret in self.secrets {
            assert!(!body.contains(secret), "{announcement:?}: shows a secret");
        }
        let first = self.bodies.entry(announcement.id).or_insert_with(|| body.clone());
        assert_eq!(*first, body, "{announcement:?}: announced again, otherwise");
        self.announced.push(announcement);
    }

    pub(crate) fn ending(&self) -> Ending {
        let store = self.node.store();
        let mut effects = self.node.outside.effects();
        effects.sort();
        let distinct: BTreeSet<&String> = effects.iter().collect();
        assert_eq!(distinct.len(), effects.len(), "an effect took place twice: {effects:?}");
        let mut moves = BTreeSet::new();
        for write in store.writes() {
            // An attempt that failed leaves its intent for the same intent, with the attempt on record.
            let from = write.expected.clone();
            assert!(moves.insert((write.saga, from)), "a state was left twice: {write:?}");
        }
        let records = store.records().iter().map(|(saga, record)| {
            let announced = record.announced.iter();
            let announced = announced
                .filter_map(|stored| Some((Envelope::<P::Vocabulary>::read(stored).ok()?, stored)))
                .map(|(envelope, stored)| timeless(&Announcement::of_event(&envelope, stored, None)));
            (*saga, (timeless_facts(&record.stored), announced.collect()))
        });
        Ending { records: records.collect(), announced: self.announced.iter().map(timeless).collect(), effects }
    }
}

/// Time passes: no two acts happen at the same.
fn tick(ticks: &mut i64) -> Timestamp {
    *ticks += 1_001;
    Timestamp::from_millisecond(NOW.as_millisecond() + *ticks).unwrap_or(NOW)
}
