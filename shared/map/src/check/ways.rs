//! Every way that a saga can go on a map, from a request to its end.
//!
//! **Invariant:** there are finitely many: a way ends where an event comes for the second time, where it is too long,
//! and where nobody answers.

use saga::Reaction;
use wire::declared::ANSWER_GIVEN;
use wire::{EventType, SagaKind, StepType};

use crate::Map;

/// The most hops of a saga, from its request to its outcome: about twice as many as the longest saga has. Each hop is a
/// message that may arrive late, and all hops have to fit into one deadline.
pub const HOPS_MAX: usize = 12;

/// The most ways that are looked at: a map that has more is not one that anybody understands.
pub(super) const WAYS_MAX: usize = 1000;

/// One reaction on a way, and what it answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop {
    pub(super) who: &'static str,
    pub(super) reaction: &'static Reaction,
    pub(super) answer: EventType,
}

/// How a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an outcome.
    Outcome,
    /// With an event that nobody answers, and that clients are not told.
    Nothing,
    /// With an event that was there before.
    Loop,
    /// With an event after too many others.
    TooLong,
}

/// A way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) kind: SagaKind,
    pub(super) request: EventType,
    pub(super) hops: Vec<Hop>,
    pub(super) end: End,
}

impl Way {
    /// Its events.
    pub(super) fn events(&self) -> Vec<EventType> {
        std::iter::once(self.request).chain(self.hops.iter().map(|hop| hop.answer)).collect()
    }

    /// Its last event.
    pub(super) fn last(&self) -> EventType {
        self.hops.last().map_or(self.request, |hop| hop.answer)
    }

    /// At which hop a forward step did not take effect, if one did not.
    pub(super) fn failed(&self) -> Option<usize> {
        self.hops.iter().position(|hop| hop.reaction.is_forward() && !hop.took_effect(self.kind))
    }

    /// The steps that took effect before one did not, and whose they are.
    pub(super) fn committed(&self) -> Vec<(&'static str, StepType)> {
        let until = self.failed().unwrap_or(self.hops.len());
        let hops = self.hops.iter().take(until).filter(|hop| hop.took_effect(self.kind));
        hops.filter_map(|hop| Some((hop.who, hop.reaction.step(self.kind)?))).collect()
    }

    /// At which hop a step is undone.
    pub(super) fn undone(&self, step: StepType) -> Option<usize> {
        let undoes = |hop: &Hop| hop.reaction.undoes.contains(&step);
        let withdraws = |hop: &Hop| hop.reaction.withdraws.contains(&step) && !hop.took_effect(self.kind);
        self.hops.iter().position(|hop| undoes(hop) || withdraws(hop))
    }

    /// Whether it is a way that people ask for in a saga that is there already.
    pub(super) fn is_asked(&self) -> bool {
        self.hops.first().is_some_and(|hop| hop.reaction.expects.is_none())
    }
}

impl Hop {
    fn took_effect(&self, kind: SagaKind) -> bool {
        self.reaction.is_forward() && self.reaction.answers(kind).next() == Some(self.answer)
    }
}

/// Every way on a map, and whether they were too many to look at them all.
pub(super) fn of(map: &Map) -> (Vec<Way>, bool) {
    let mut ways = Vec::new();
    for kind in map.lexicon.kinds.iter().copied() {
        // An answer begins nothing: the step that waits for the answer is on the way of its saga.
        let begins = |request: &&EventType| is_of(**request, kind) && **request != ANSWER_GIVEN;
        for request in map.requests.iter().filter(begins) {
            let way = Way { kind, request: *request, hops: Vec::new(), end: End::Nothing };
            follow(map, way, &mut ways);
        }
    }
    let crowded = ways.len() >= WAYS_MAX;
    (ways, crowded)
}

/// Whether an event occurs in sagas of this kind.
pub(super) fn is_of(event: EventType, kind: SagaKind) -> bool {
    event.kind().is_none_or(|of| of == kind)
}

/// Whether an event is told to clients: nothing follows from it.
pub(super) fn is_outcome(map: &Map, event: EventType) -> bool {
    map.heard(event).any(|(declaration, _)| declaration.tells_clients())
}

/// The reactions that answer an event in a saga of this kind, and whose they are.
pub(super) fn answering(map: &Map, event: EventType, kind: SagaKind) -> Vec<(&'static str, &'static Reaction)> {
    let answers = map.heard(event).filter(|(_, reaction)| reaction.answers(kind).next().is_some());
    answers.map(|(declaration, reaction)| (declaration.name, reaction)).collect()
}

fn follow(map: &Map, way: Way, ways: &mut Vec<Way>) {
    if ways.len() >= WAYS_MAX {
        return;
    }
    let event = way.last();
    let before = way.hops.len();
    let seen = way.events().iter().take(before).any(|passed| *passed == event);
    let next = answering(map, event, way.kind);
    let end = match (seen, next.is_empty()) {
        // People may repeat what they ask for, and end by themselves; that is a way of its own, and no loop.
        (true, _) => Some(End::Loop),
        (false, true) if is_outcome(map, event) => Some(End::Outcome),
        (false, true) => Some(End::Nothing),
        (false, false) => (before > HOPS_MAX).then_some(End::TooLong),
    };
    if let Some(end) = end {
        ways.push(Way { end, ..way });
        return;
    }
    for (who, reaction) in next {
        for answer in reaction.answers(way.kind) {
            let mut longer = way.clone();
            longer.hops.push(Hop { who, reaction, answer });
            follow(map, longer, ways);
        }
    }
}
