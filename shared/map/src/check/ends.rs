//! One outcome, no loop, a deadline, not too far.
//!
//! **Invariant:** who keeps deadlines is read off the map: nobody is trusted to watch what others have begun.

use saga::Declaration;
use wire::EventType;

use super::facts::Facts;
use super::rule::{Problem, Rule};
use super::ways::{End, HOPS_MAX, WAYS_MAX, Way};

/// Ways on which clients are told twice.
pub(super) fn two_outcomes(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for way in &facts.ways {
        let events = way.events();
        let outcomes: Vec<EventType> = events.iter().copied().filter(|event| facts.is_outcome(*event)).collect();
        if let [first, second, ..] = outcomes.as_slice() {
            let what = format!("{} is announced after {}", second.name(), first.name());
            problems.push(Problem { rule: Rule::TwoOutcomes, what, path: events });
        }
    }
    for event in facts.map.lexicon.events {
        let telling = facts.map.heard(*event).filter(|(declaration, _)| declaration.tells_clients());
        let telling: Vec<&str> = telling.map(|(declaration, _)| declaration.name).collect();
        if telling.len() > 1 {
            let what = format!("{} is told by {}", event.name(), telling.join(" and by "));
            problems.push(facts.problem(Rule::TwoOutcomes, what, *event));
        }
    }
    problems
}

/// Ways that end without an outcome, though somebody hears their last event.
pub(super) fn no_outcome(facts: &Facts<'_>) -> Vec<Problem> {
    let ending = facts.ways.iter().filter(|way| way.end == End::Nothing);
    let heard = ending.filter(|way| facts.map.heard(way.last()).next().is_some());
    heard
        .map(|way| {
            let what = format!("the {} saga ends with {}, which nobody answers or tells", way.kind, way.last().name());
            Problem { rule: Rule::NoOutcome, what, path: way.events() }
        })
        .collect()
}

/// Ways that lead back to where they were.
pub(super) fn loops(facts: &Facts<'_>) -> Vec<Problem> {
    let around = facts.ways.iter().filter(|way| way.end == End::Loop);
    around
        .map(|way| {
            let what = format!("{} leads to itself again, in the {} saga", way.last().name(), way.kind);
            Problem { rule: Rule::UnboundedLoop, what, path: way.events() }
        })
        .collect()
}

/// Kinds of saga that nobody watches, from where they begin to where they end.
pub(super) fn no_deadline(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for kind in facts.map.lexicon.kinds.iter().copied() {
        let ways: Vec<&Way> = facts.ways.iter().filter(|way| way.kind == kind).collect();
        let keepers = facts.map.participants.iter().filter(|declaration| declaration.deadlines);
        let unwatched = keepers.map(|keeper| ways.iter().filter_map(|way| unwatched(keeper, way)).collect::<Vec<_>>());
        let Some(found) = unwatched.min_by_key(Vec::len) else {
            problems.extend(ways.first().map(|way| Problem {
                rule: Rule::NoDeadline,
                what: format!("nobody keeps the deadlines of the {kind} saga"),
                path: way.events(),
            }));
            continue;
        };
        problems.extend(found);
    }
    problems
}

/// What somebody who keeps deadlines does not see of a way: that an event is waited for, or that the saga is over.
fn unwatched(keeper: &Declaration, way: &Way) -> Option<Problem> {
    let first = way.hops.first()?;
    let last = way.hops.last()?;
    let what = if first.who != keeper.name {
        format!("nobody who keeps deadlines knows of {} when {} is waited for", way.request.name(), first.answer.name())
    } else if way.end == End::Outcome && last.who != keeper.name {
        format!("{} keeps deadlines, and does not hear of the end {}", keeper.name, last.answer.name())
    } else {
        return None;
    };
    Some(Problem { rule: Rule::NoDeadline, what, path: way.events() })
}

/// Ways that are too long, or too many.
pub(super) fn too_long(facts: &Facts<'_>) -> Vec<Problem> {
    let long = facts.ways.iter().filter(|way| way.hops.len() > HOPS_MAX);
    let long = long.map(|way| {
        let what = format!("the {} saga takes more than {HOPS_MAX} hops", way.kind);
        Problem { rule: Rule::TooManyHops, what, path: way.events() }
    });
    let crowded = facts.crowded.then(|| {
        let what = format!("there are {WAYS_MAX} paths or more; the rest was not looked at");
        Problem { rule: Rule::TooManyHops, what, path: Vec::new() }
    });
    long.chain(crowded).collect()
}
