//! What failed is undone, in the order in which it has to be.
//!
//! **Invariant:** a compensation counts where it is on the way of the failure, not somewhere on the map.

use saga::{Declaration, Reaction};
use wire::{SagaKind, StepType};

use super::facts::Facts;
use super::rule::{Problem, Rule};
use super::ways::{End, Hop, Way};

/// The steps that a way has to undo, and whose they are: in the order in which they took effect.
///
/// A way that people ask for may begin wherever the saga is, so it has to undo all that anything undoes, unless it ends
/// well. One that ends at once closes what a person has seen to.
fn to_undo(facts: &Facts<'_>, way: &Way) -> Vec<(&'static str, StepType)> {
    match (way.end, way.is_asked()) {
        (End::Nothing | End::Loop | End::TooLong, _) => Vec::new(),
        (End::Outcome, false) if way.failed().is_some() => way.committed(),
        (End::Outcome, false) => Vec::new(),
        (End::Outcome, true) if way.hops.len() == 1 || ends_well(facts, way) => Vec::new(),
        (End::Outcome, true) => at_most(facts, way.kind),
    }
}

/// All that can have taken effect when a step of this kind of saga fails.
fn at_most(facts: &Facts<'_>, kind: SagaKind) -> Vec<(&'static str, StepType)> {
    let failing = facts.ways.iter().filter(|way| way.kind == kind && !way.is_asked() && way.failed().is_some());
    failing.map(Way::committed).max_by_key(Vec::len).unwrap_or_default()
}

/// Whether a way ends as one on which nothing fails.
fn ends_well(facts: &Facts<'_>, way: &Way) -> bool {
    let good = |other: &&Way| other.kind == way.kind && !other.is_asked() && other.failed().is_none();
    facts.ways.iter().filter(good).any(|other| other.last() == way.last())
}

/// How many ways have something to undo.
pub(super) fn ways(facts: &Facts<'_>) -> usize {
    facts.ways.iter().filter(|way| !to_undo(facts, way).is_empty()).count()
}

/// Steps that are not undone on a way on which they have to be.
pub(super) fn missing(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for way in &facts.ways {
        for (who, step) in to_undo(facts, way) {
            if way.undone(step).is_none() {
                let what = format!("{who}: {} is not undone", step.as_str());
                problems.push(Problem { rule: Rule::MissingCompensation, what, path: way.events() });
            }
        }
    }
    problems
}

/// Steps that are undone before a later one is.
pub(super) fn disordered(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for way in &facts.ways {
        let undone = to_undo(facts, way).into_iter().filter_map(|(_, step)| Some((step, way.undone(step)?)));
        let undone: Vec<(StepType, usize)> = undone.collect();
        for (earlier, later) in undone.iter().zip(undone.iter().skip(1)) {
            if earlier.1 < later.1 {
                let what = format!("{} is undone before {}, which followed it", earlier.0.as_str(), later.0.as_str());
                problems.push(Problem { rule: Rule::CompensationOrder, what, path: way.events() });
            }
        }
    }
    problems
}

/// Kinds of saga whose undoing is not decided where the last step can be refused. Decided earlier, a saga that was told
/// to be undone could still be done; decided later, or by nobody, one that was refused would wait for ever.
pub(super) fn misplaced(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let unwinding = facts.map.lexicon.unwinding();
    let deciding: Vec<_> = unwinding.into_iter().flat_map(|event| facts.map.heard(event)).collect();
    for kind in facts.map.lexicon.kinds.iter().copied() {
        let good = |way: &&Way| way.kind == kind && !way.is_asked() && way.failed().is_none();
        let Some(way) = facts.ways.iter().filter(good).find(|way| way.end == End::Outcome) else { continue };
        let can_be_refused = |hop: &&Hop| hop.reaction.is_forward() && hop.reaction.answers(kind).nth(1).is_some();
        let Some(last) = way.hops.iter().rev().find(can_be_refused) else { continue };
        let Some(step) = last.reaction.step(kind) else { continue };
        let decides = |(_, reaction): &&(&Declaration, &Reaction)| reaction.answers(kind).next().is_some();
        let who = deciding.iter().find(decides).map_or("nobody", |(declaration, _)| declaration.name);
        if who != last.who {
            let what = format!(
                "{who} decides whether a {kind} is undone, and {}: {} can be refused last",
                last.who,
                step.as_str()
            );
            problems.push(Problem { rule: Rule::MisplacedDecision, what, path: way.events() });
        }
    }
    problems
}

/// Reactions that undo a step which their participant does not take.
pub(super) fn of_nothing(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        for undone in reaction.undoes {
            let takes = |other: &Reaction| other.is_forward() && other.steps.contains(undone);
            if !declaration.reactions.iter().any(takes) {
                let what = format!("{} undoes {}, a step that it does not take", declaration.name, undone.as_str());
                problems.push(facts.problem(Rule::UndoesNothing, what, reaction.to));
            }
        }
    }
    problems
}
