//! What can be wrong with a map.
//!
//! **Invariant:** nothing is taken on trust: a step needs a compensation if the map shows a failure that can follow it,
//! whatever the step says of itself. So the pivot is not marked; it is the step after which nothing on the map fails.

use std::fmt;

use contracts::{EventType, StepName};

use crate::Map;

/// Something wrong with a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An event of the vocabulary that nobody publishes.
    Unpublished(EventType),
    /// An event of the vocabulary that nobody hears.
    Unheard(EventType),
    /// A participant answers with an event that is another's to publish.
    NotItsOwn(&'static str, EventType),
    /// A participant reacts to one event in two ways.
    HeardTwice(&'static str, EventType),
    /// Something can fail after this step, and then nothing undoes it.
    NotUndone(&'static str, StepName),
    /// A reaction undoes a step that its participant does not take.
    UndoesNothing(&'static str, StepName),
    /// A step that is named as a compensation and undoes nothing, or the reverse.
    Misnamed(&'static str, StepName),
    /// An event from which no outcome can be reached.
    LeadsNowhere(EventType),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpublished(event) => write!(f, "{}: nobody publishes it", event.name()),
            Self::Unheard(event) => write!(f, "{}: nobody hears it", event.name()),
            Self::NotItsOwn(who, event) => {
                write!(f, "{who}: answers with {}, which is {}'s to publish", event.name(), event.publisher().as_str())
            }
            Self::HeardTwice(who, event) => write!(f, "{who}: reacts to {} twice", event.name()),
            Self::NotUndone(who, step) => {
                write!(f, "{who}: {} is not undone by everything that can fail after it", step.as_str())
            }
            Self::UndoesNothing(who, step) => {
                write!(f, "{who}: undoes {}, a step that it does not take", step.as_str())
            }
            Self::Misnamed(who, step) => write!(
                f,
                "{who}: {} must be a compensation both by its name and by what it undoes, or neither",
                step.as_str()
            ),
            Self::LeadsNowhere(event) => {
                write!(f, "{}: no outcome can be reached from it", event.name())
            }
        }
    }
}

/// Everything that is wrong with a map.
#[must_use]
pub fn check(map: &Map) -> Vec<Problem> {
    let events = EventType::ALL.iter().flat_map(|event| of_event(map, *event));
    let steps = map.participants.iter().flat_map(|declaration| {
        declaration.reactions.iter().enumerate().flat_map(|(index, reaction)| {
            let who = declaration.name;
            let strangers = reaction.answers.iter().filter(move |answer| answer.publisher().as_str() != who);
            let mut problems: Vec<Problem> = strangers.map(|answer| Problem::NotItsOwn(who, *answer)).collect();
            if declaration.reactions.iter().take(index).any(|earlier| earlier.to == reaction.to) {
                problems.push(Problem::HeardTwice(who, reaction.to));
            }
            problems
        })
    });
    events.chain(steps).chain(compensations(map)).collect()
}

fn of_event(map: &Map, event: EventType) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !map.is_published(event) {
        problems.push(Problem::Unpublished(event));
    }
    if map.heard(event).next().is_none() {
        problems.push(Problem::Unheard(event));
    }
    // An outcome is told to clients, and nothing follows from it.
    if !map.downstream(event).iter().any(|(_, reaction)| reaction.answers.is_empty()) {
        problems.push(Problem::LeadsNowhere(event));
    }
    problems
}

fn compensations(map: &Map) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (declaration, reaction) in map.reactions() {
        let who = declaration.name;
        if let Some(step) = reaction.step
            && step.is_compensation() != reaction.undoes.is_some()
        {
            problems.push(Problem::Misnamed(who, step));
        }
        match (reaction.step, reaction.undoes) {
            (_, Some(undone)) => {
                let takes = |reaction: &saga::Reaction| reaction.step == Some(undone) && reaction.undoes.is_none();
                if !declaration.reactions.iter().any(takes) {
                    problems.push(Problem::UndoesNothing(who, undone));
                }
            }
            (Some(step), None) if !is_undone(map, step, reaction.answers.first().copied()) => {
                problems.push(Problem::NotUndone(who, step));
            }
            (Some(_) | None, None) => {}
        }
    }
    problems
}

/// Whether every failure that can follow `success`, the event that says that `step` took effect, undoes it.
///
/// A failure announces itself by an event that does not lead on; from each such event, a compensation of the step has
/// to be reachable. A failure that is an outcome itself has nothing before it to undo.
fn is_undone(map: &Map, step: StepName, success: Option<EventType>) -> bool {
    let Some(success) = success else {
        return true;
    };
    let following = map.downstream(success);
    let mut failures = following
        .iter()
        .filter(|(_, reaction)| reaction.undoes.is_none())
        .flat_map(|(_, reaction)| reaction.answers.iter().skip(1));
    failures.all(|failure| map.downstream(*failure).iter().any(|(_, reaction)| reaction.undoes == Some(step)))
}

#[cfg(test)]
mod tests {
    use saga::{Declaration, Reaction};

    use super::*;
    use crate::map;

    /// The map with one participant's reactions changed.
    fn with(name: &str, change: impl FnOnce(&mut Vec<Reaction>)) -> Vec<Problem> {
        let mut map = map();
        let found = map.participants.iter_mut().find(|declaration| declaration.name == name);
        let declaration: &mut Declaration = found.unwrap();
        let mut reactions = declaration.reactions.to_vec();
        change(&mut reactions);
        declaration.reactions = reactions.leak();
        check(&map)
    }

    fn answers(events: &[EventType]) -> &'static [EventType] {
        events.to_vec().leak()
    }

    #[test]
    fn the_map_has_no_problem() {
        let problems: Vec<String> = check(&map()).iter().map(Problem::to_string).collect();
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn an_event_that_nobody_publishes_is_found() {
        let mut map = map();
        map.requests.clear();
        assert_eq!(check(&map), [Problem::Unpublished(EventType::FareRequested)]);
        let problems = with("fulfillment", |reactions| {
            reactions[0].answers = answers(&[EventType::AccountCredited]);
        });
        assert_eq!(problems, [Problem::Unpublished(EventType::AccountCreditRefused)]);
    }

    #[test]
    fn an_event_that_nobody_hears_leads_nowhere() {
        let problems = with("notifier", |reactions| {
            reactions.retain(|reaction| reaction.to != EventType::FareRejected);
        });
        let event = EventType::FareRejected;
        assert_eq!(problems, [Problem::Unheard(event), Problem::LeadsNowhere(event)]);
    }

    #[test]
    fn an_answer_that_is_anothers_to_publish_is_found() {
        let problems = with("fulfillment", |reactions| {
            reactions[0].answers =
                answers(&[EventType::AccountCredited, EventType::AccountCreditRefused, EventType::PaymentDeclined]);
        });
        assert!(problems.contains(&Problem::NotItsOwn("fulfillment", EventType::PaymentDeclined)), "{problems:?}");
    }

    #[test]
    fn two_reactions_of_one_participant_to_one_event_are_found() {
        let problems = with("fulfillment", |reactions| reactions.push(reactions[0]));
        assert_eq!(problems, [Problem::HeardTwice("fulfillment", EventType::PaymentCaptured)]);
    }

    #[test]
    fn a_step_that_a_later_failure_does_not_undo_is_found() {
        // Booking cancels the fare as soon as it is not credited, and nobody gives the charge back.
        let mut map = map();
        for declaration in &mut map.participants {
            let mut reactions = declaration.reactions.to_vec();
            reactions.retain(|reaction| reaction.to != EventType::AccountCreditRefused);
            for reaction in &mut reactions {
                if reaction.to == EventType::PaymentRefunded {
                    reaction.to = EventType::AccountCreditRefused;
                }
            }
            declaration.reactions = reactions.leak();
        }
        let problems = check(&map);
        assert!(problems.contains(&Problem::NotUndone("payment", StepName::ChargeFare)), "{problems:?}");
        assert!(!problems.contains(&Problem::NotUndone("booking", StepName::RegisterFare)), "{problems:?}");
    }

    #[test]
    fn the_pivot_needs_no_compensation_until_something_can_fail_after_it() {
        let problems = with("booking", |reactions| {
            let completing = reactions.iter_mut().find(|reaction| reaction.to == EventType::AccountCredited);
            completing.unwrap().answers = answers(&[EventType::FareCompleted, EventType::FareNeedsAttention]);
        });
        assert_eq!(
            problems,
            [
                Problem::NotUndone("booking", StepName::RegisterFare),
                Problem::NotUndone("payment", StepName::ChargeFare),
                Problem::NotUndone("fulfillment", StepName::CreditCustomerAccount),
            ]
        );
    }

    #[test]
    fn a_compensation_of_nothing_and_a_misnamed_one_are_found() {
        let problems = with("payment", |reactions| {
            reactions[1].undoes = Some(StepName::RegisterFare);
        });
        assert_eq!(
            problems,
            [
                Problem::NotUndone("payment", StepName::ChargeFare),
                Problem::UndoesNothing("payment", StepName::RegisterFare),
            ]
        );
        let problems = with("payment", |reactions| reactions[1].undoes = None);
        assert!(problems.contains(&Problem::Misnamed("payment", StepName::RefundFare)), "{problems:?}");
        assert!(problems.contains(&Problem::NotUndone("payment", StepName::ChargeFare)), "{problems:?}");
    }

    #[test]
    fn events_that_only_lead_to_each_other_lead_nowhere() {
        let problems = with("payment", |reactions| {
            reactions[0].answers = answers(&[EventType::PaymentCaptured]);
            reactions[1].answers = answers(&[EventType::PaymentCaptured]);
        });
        let circle = with("fulfillment", |reactions| {
            reactions[0].answers = answers(&[EventType::PaymentCaptured]);
        });
        assert!(!problems.contains(&Problem::LeadsNowhere(EventType::PaymentCaptured)), "{problems:?}");
        assert!(circle.contains(&Problem::LeadsNowhere(EventType::PaymentCaptured)), "{circle:?}");
        assert!(circle.contains(&Problem::NotItsOwn("fulfillment", EventType::PaymentCaptured)), "{circle:?}");
    }
}
