//! What every participant has to hold, as one suite: whatever arrives may arrive twice, late, or first, and the
//! process may die at any act.
//!
//! **Invariant:** every comparison is with one run in which nothing went wrong, and that run itself is held to the
//! declaration.
//!
//! # Panics
//!
//! Everything here panics where a participant does not hold what it must; the text names the story and the place.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a suite for tests: a participant that does not conform has to stop the test"
)]

use std::collections::{BTreeSet, VecDeque};

use saga::{Announcement, Participant, Settlement};
use wire::{EventType, Events, Subject};

use crate::bench::{Bench, Ending};
use crate::{Conformance, Fault, Message, Outside, Report, Service, Story, hostile};

impl<P: Participant, W: Outside<P>> Conformance<'_, P, W> {
    /// Tries everything.
    #[must_use]
    pub fn check(&self) -> Report {
        let mut report = Report::default();
        let mut answered = BTreeSet::new();
        for story in &self.stories {
            let story = &self.with_own_events(story);
            let (ending, acts) = self.told_plainly(story, &mut answered);
            report.orders += self.any_order(story, &ending);
            self.any_fault(story, &ending, &acts, &mut report);
            report.interleavings += self.two_workers(story, &ending);
        }
        self.declares_nothing_more(&answered);
        report.hostile = hostile::check(self);
        report
    }

    /// The story, with those messages that the participant sends itself: each follows the message that it follows from.
    fn with_own_events(&self, story: &Story) -> Story {
        let mut bench = Bench::new(self);
        let mut messages = Vec::new();
        let mut coming: VecDeque<Message> = story.messages.clone().into();
        while let Some(message) = coming.pop_front() {
            let before = bench.announced.len();
            while matches!(bench.deliver(&message, None).0, Settlement::Retry(_)) {}
            let hears = |announcement: &&Announcement| {
                let event = P::Vocabulary::LEXICON.event(&announcement.name);
                event.is_some_and(|event| bench.node.participant.declaration().reaction_to(event).is_some())
            };
            let own = bench.announced[before..].iter().filter(hears);
            own.map(Message::of_announcement).rev().for_each(|own| coming.push_front(own));
            messages.push(message);
        }
        Story { messages, ..story.clone() }
    }

    /// Each message once and in its order: the run that all others are compared with.
    fn told_plainly(&self, story: &Story, answered: &mut BTreeSet<(EventType, EventType)>) -> (Ending, Vec<usize>) {
        let mut bench = Bench::new(self);
        let mut acts = Vec::new();
        for message in &story.messages {
            let before = bench.announced.len();
            let (mut settlement, taken) = bench.deliver(message, None);
            while matches!(settlement, Settlement::Retry(_)) {
                settlement = bench.deliver(message, None).0;
            }
            assert_eq!(settlement, Settlement::Delete, "{}: {message:?}", story.name);
            self.keeps_its_word(&bench.node.participant, message, &bench.announced[before..], answered);
            acts.push(taken);
        }
        (bench.ending(), acts)
    }

    /// A first answer is one that the declaration names, in the state that it names, and the path says how it went.
    fn keeps_its_word(
        &self,
        participant: &P,
        message: &Message,
        announced: &[Announcement],
        answered: &mut BTreeSet<(EventType, EventType)>,
    ) {
        let declaration = participant.declaration();
        let received = participant.read(&message.delivery());
        let received = received.unwrap_or_else(|poison| panic!("a sample is poison: {poison}"));
        let heard = received.event_type;
        let reaction = declaration.reaction_to(heard).unwrap_or_else(|| panic!("{heard:?} is heard and not declared"));
        // Some events are expected in a state of their own, or are looked up, by what they carry.
        if let Some(expected) = participant.expects(&received.incoming) {
            assert_eq!(Some(saga::Stored::of(&expected).state.as_str()), reaction.expects, "{heard:?}: expects");
        }
        for announcement in announced {
            let Some(event) = P::Vocabulary::LEXICON.event(&announcement.name) else {
                assert!(reaction.answers.is_empty(), "{heard:?}: {announcement:?}");
                continue;
            };
            assert!(reaction.answers.contains(&event), "{heard:?}: {event:?} is not declared");
            answered.insert((heard, event));
            let envelope = wire::Envelope::<P::Vocabulary>::read(&announcement.body);
            let envelope = envelope.unwrap_or_else(|poison| panic!("{event:?}: {poison}"));
            let kind = envelope.event.data().subject().map(Subject::kind).or(event.kind());
            if let Some((step, kind)) = kind.and_then(|kind| Some((reaction.step(kind)?, kind)))
                && reaction.is_forward()
            {
                let body: serde_json::Value = serde_json::from_str(&announcement.body).unwrap_or_default();
                let path = body["data"]["path"].as_array().cloned().unwrap_or_default();
                let taken = path.iter().rfind(|taken| taken["step"] == step.as_str());
                let taken = taken.unwrap_or_else(|| panic!("{event:?}: {} is not in its path", step.as_str()));
                assert_eq!(
                    taken["ok"],
                    reaction.answers(kind).next() == Some(event),
                    "{event:?}: the first is the good one"
                );
            }
        }
    }

    /// What is declared was seen: otherwise the stories do not tell all, or the declaration tells too much.
    fn declares_nothing_more(&self, answered: &BTreeSet<(EventType, EventType)>) {
        let node = (self.node)();
        let reactions = node.participant.declaration().reactions;
        let declared =
            reactions.iter().flat_map(|reaction| reaction.answers.iter().map(|answer| (reaction.to, *answer)));
        assert_eq!(*answered, declared.collect(), "announced, declared");
    }

    /// In every order, each message once or twice, what comes too early being given back until its time has come;
    /// then all once more, late.
    fn any_order(&self, story: &Story, ending: &Ending) -> usize {
        let mut orders = 0;
        let told = (0..story.messages.len()).collect();
        let all = if story.any_order { permutations(story.messages.len()) } else { vec![told] };
        for order in all {
            for times in 1..=2 {
                let mut bench = Bench::new(self);
                let each = order.iter().map(|index| vec![&story.messages[*index]; times]);
                if story.any_order {
                    bench.deliver_all(each.flatten().collect());
                } else {
                    each.for_each(|copies| bench.deliver_all(copies));
                }
                assert_eq!(bench.ending(), *ending, "{}: {order:?} × {times}", story.name);
                for index in &order {
                    let (settlement, _) = bench.deliver(&story.messages[*index], None);
                    assert_eq!(settlement, Settlement::Delete, "{}: {index} late", story.name);
                }
                assert_eq!(bench.ending(), *ending, "{}: {order:?} late", story.name);
                orders += 1;
            }
        }
        orders
    }

    /// Every fault at every act of every message, then the message once more.
    fn any_fault(&self, story: &Story, ending: &Ending, acts: &[usize], report: &mut Report) {
        for (struck, acts) in acts.iter().enumerate() {
            for place in (0..*acts).flat_map(|act| anything().map(move |fault| (act, fault))) {
                let mut bench = Bench::new(self);
                for (index, message) in story.messages.iter().enumerate() {
                    if index == struck {
                        let (_, taken) = bench.deliver(message, Some(place));
                        assert!(taken >= place.0, "{}: {struck} {place:?} did not strike", story.name);
                        // A call that goes on can only be left where there is one.
                        report.faults += usize::from(taken == place.0 || Fault::ANYWHERE.contains(&place.1));
                    }
                    bench.deliver_all(vec![message]);
                }
                assert_eq!(bench.ending(), *ending, "{}: {struck} {place:?}", story.name);
                report.turned_away += bench.node.turned_away().len();
            }
        }
    }

    /// Two workers on every message, in every interleaving of their acts.
    fn two_workers(&self, story: &Story, ending: &Ending) -> usize {
        let mut interleavings = 0;
        for (shared, message) in story.messages.iter().enumerate() {
            let mut turns = Vec::new();
            loop {
                let mut bench = Bench::new(self);
                bench.deliver_all(story.messages[..shared].iter().collect());
                bench.interleave(message, &mut turns);
                bench.deliver_all(story.messages[shared..].iter().collect());
                assert_eq!(bench.ending(), *ending, "{}: {shared} {turns:?}", story.name);
                interleavings += 1;
                while turns.last() == Some(&true) {
                    turns.pop();
                }
                match turns.last_mut() {
                    Some(turn) => *turn = true,
                    None => break,
                }
            }
        }
        interleavings
    }
}

/// Every fault.
fn anything() -> impl Iterator<Item = Fault> {
    Fault::ANYWHERE.into_iter().chain(Fault::AT_CALLS)
}

/// Every order of `0..n`.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for shorter in permutations(last) {
        for at in 0..n {
            let mut order = shorter.clone();
            order.insert(at, last);
            all.push(order);
        }
    }
    all
}
