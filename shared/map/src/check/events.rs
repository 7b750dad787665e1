//! Who publishes and who hears, whose steps and names they are.
//!
//! **Invariant:** one cause is one problem: what only follows from an event that is missing is not reported beside it.

use saga::Reaction;
use wire::{EventType, StepType};

use super::facts::Facts;
use super::rule::{Problem, Rule};
use super::ways;

/// Events that nobody hears.
pub(super) fn orphans(facts: &Facts<'_>) -> Vec<Problem> {
    let orphans = facts.map.lexicon.events.iter().filter(|event| facts.map.heard(**event).next().is_none());
    orphans
        .map(|event| facts.problem(Rule::OrphanEvent, format!("{} is heard by nobody", event.name()), *event))
        .collect()
}

/// Events that nobody publishes.
pub(super) fn unpublished(facts: &Facts<'_>) -> Vec<Problem> {
    let unpublished = facts.map.lexicon.events.iter().filter(|event| !facts.map.is_published(**event));
    unpublished
        .map(|event| facts.problem(Rule::UnpublishedEvent, format!("{} is published by nobody", event.name()), *event))
        .collect()
}

/// Events that only follow from each other. Those that follow from one that nobody publishes are not meant.
pub(super) fn unreachable(facts: &Facts<'_>) -> Vec<Problem> {
    let map = facts.map;
    let starts =
        facts.map.lexicon.events.iter().filter(|event| map.requests.contains(event) || !map.is_published(**event));
    let mut reached: Vec<EventType> = starts.copied().collect();
    for event in reached.clone() {
        for kind in facts.map.lexicon.kinds.iter().copied() {
            let answers = map.downstream(event, kind).into_iter().flat_map(|(_, reaction)| reaction.answers(kind));
            reached.extend(answers.collect::<Vec<_>>());
        }
    }
    let unreachable = facts.map.lexicon.events.iter().filter(|event| !reached.contains(event));
    unreachable
        .map(|event| facts.problem(Rule::UnreachableEvent, format!("no request leads to {}", event.name()), *event))
        .collect()
}

/// Answers that are another's to publish.
pub(super) fn of_another(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        for answer in reaction.answers.iter().filter(|answer| answer.publisher().as_str() != declaration.name) {
            let (who, event, owner) = (declaration.name, answer.name(), answer.publisher().as_str());
            let what = format!("{who} answers with {event}, which is {owner}'s to publish");
            let path = shown(facts, reaction, *answer);
            problems.push(Problem { rule: Rule::AnswerOfAnother, what, path });
        }
    }
    problems
}

/// Reactions to a version of an event that nobody writes.
pub(super) fn unknown_schema(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        let (event, written) = (reaction.to.name(), reaction.to.schema_version());
        if reaction.reads != written {
            let what =
                format!("{} reads {event} in version {}, written is {written}", declaration.name, reaction.reads);
            problems.push(facts.problem(Rule::UnknownSchema, what, reaction.to));
        }
    }
    problems
}

/// Participants that react to one event in two ways; two of one name share a queue, so they are one.
pub(super) fn heard_twice(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut heard = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        if heard.contains(&(declaration.name, reaction.to)) {
            let what = format!("{} reacts to {} twice", declaration.name, reaction.to.name());
            problems.push(facts.problem(Rule::HeardTwice, what, reaction.to));
        }
        heard.push((declaration.name, reaction.to));
    }
    problems
}

/// Steps that are named as compensations and undo nothing, or the reverse; and compensations of a kind of saga in
/// which they undo nothing.
pub(super) fn misnamed(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        let (who, to) = (declaration.name, reaction.to.name());
        for step in reaction.steps {
            let what = match (step.undoes(), reaction.undone(step.kind())) {
                (Some(undone), _) if reaction.undoes.contains(&undone) => continue,
                (None, None) => continue,
                (Some(_), _) => format!("{who}: {} is named as a compensation, and undoes nothing", step.as_str()),
                (None, Some(undone)) => {
                    format!("{who}: {} undoes {}, and is not named as a compensation", step.as_str(), undone.as_str())
                }
            };
            problems.push(facts.problem(Rule::MisnamedStep, what, reaction.to));
        }
        // A step that leaves nothing is over without a compensation, and so without a name for that.
        let has_name = |undone: &&StepType| facts.map.lexicon.undone_by(**undone).is_some();
        let unnamed = reaction.undoes.iter().filter(has_name).filter(|undone| reaction.step(undone.kind()).is_none());
        for undone in unnamed {
            let what = format!("{who}: {} is undone on {to} by a step without a name", undone.as_str());
            problems.push(facts.problem(Rule::MisnamedStep, what, reaction.to));
        }
    }
    problems
}

/// Reactions to an event of one kind of saga that take a step or give an answer of another; and more than one step of
/// one kind, of which only the first would count.
pub(super) fn mixed(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in facts.map.reactions() {
        let (who, to) = (declaration.name, reaction.to);
        for (name, list) in [("takes", reaction.steps), ("undoes", reaction.undoes)] {
            for (index, step) in list.iter().enumerate() {
                if !ways::is_of(to, step.kind()) {
                    let what =
                        format!("{who} {name} {}, a step of the {} saga, on {}", step.as_str(), step.kind(), to.name());
                    problems.push(facts.problem(Rule::MixedKinds, what, to));
                }
                // A service undoes its steps together, and takes them one by one.
                let is_second = list.iter().take(index).any(|earlier| earlier.kind() == step.kind());
                if is_second && reaction.undoes.is_empty() {
                    let what = format!("{who} {name} more than one step of the {} saga on {}", step.kind(), to.name());
                    problems.push(facts.problem(Rule::MixedKinds, what, to));
                }
            }
        }
        for answer in reaction.answers {
            if let Some(kind) = answer.kind().filter(|kind| !ways::is_of(to, *kind)) {
                let what = format!("{who} answers {} with {}, an event of the {kind} saga", to.name(), answer.name());
                problems.push(Problem { rule: Rule::MixedKinds, what, path: shown(facts, reaction, *answer) });
            }
        }
    }
    problems
}

/// The path to a reaction, and what it answers.
fn shown(facts: &Facts<'_>, reaction: &Reaction, answer: EventType) -> Vec<EventType> {
    facts.path_to(reaction.to).into_iter().chain([answer]).collect()
}
