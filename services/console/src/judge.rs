//! Whether a saga ended as its row wants it.

use choreography::PARTICIPANTS;
use contracts::{Event, Events, Notification, Outcome, StepType};
use gateway::Ledger;

use crate::rows::Row;

/// What is not as the row wants it: of what the gateway did for a saga.
pub(crate) fn ledger_problem(row: &Row, ledger: Ledger) -> Option<String> {
    let Ledger { authorized, captured, voided, refunded, .. } = ledger;
    let counted = [authorized, captured, voided, refunded];
    (counted != row.ledger).then(|| format!("the gateway should have counted {:?}", row.ledger))
}

/// What is not as the row wants it: of a saga's notification, if one came.
pub(crate) fn problems(row: &Row, found: Option<&Notification>) -> Vec<String> {
    let Some(notification) = found else {
        return vec!["no notification came".to_owned()];
    };
    let failed = notification.path.steps().iter().filter(|step| !step.ok);
    let failed: Vec<_> = failed.map(|step| step.step.as_str()).collect();
    let wrong_way = wrong_way(notification);
    let error = notification.error.iter();
    let errors: Vec<_> =
        error.flat_map(|error| std::iter::once(error).chain(&error.also)).map(|error| error.name.as_str()).collect();
    let standing: Vec<_> = notification.standing.iter().map(|standing| standing.effect.as_str()).collect();
    let checks = [
        (notification.outcome == row.outcome, format!("the outcome should be {}", row.outcome.as_str())),
        (errors == row.errors, format!("the errors should be {:?}", row.errors)),
        (failed == row.failed, format!("the steps that fail should be {:?}", row.failed)),
        (wrong_way.is_none(), wrong_way.unwrap_or_default()),
        (standing == row.standing, format!("what stands should be {:?}", row.standing)),
    ];
    checks.into_iter().filter(|(good, _)| !good).map(|(_, problem)| problem).collect()
}

/// What is wrong with a path, whichever steps the map has. A saga that went well took every forward step, once and in
/// order; of one that failed, each step that took effect was undone behind it, and nothing else was.
fn wrong_way(notification: &Notification) -> Option<String> {
    let path = notification.path.steps();
    let names: Vec<StepType> = path.iter().filter_map(|taken| Event::LEXICON.step(taken.step.as_str())).collect();
    let at = |step: StepType| names.iter().position(|taken| *taken == step);
    if notification.outcome == Outcome::Completed {
        let reactions = PARTICIPANTS.iter().flat_map(|declaration| declaration.reactions);
        let forward = reactions.filter(|reaction| reaction.is_forward());
        let kind = Event::LEXICON.kind(&notification.saga)?;
        let mut shall: Vec<StepType> = forward.filter_map(|reaction| reaction.step(kind)).collect();
        // The vocabulary has them in the order of the story.
        shall.sort_unstable();
        return (names != shall).then(|| format!("the path should be {shall:?}"));
    }
    let twice = names.iter().enumerate().find(|(index, step)| at(**step) != Some(*index)).map(|(_, step)| *step);
    let undone = |step: StepType| Event::LEXICON.undone_by(step).is_none_or(|by| at(by) > at(step));
    let left = path.iter().zip(&names).find(|(taken, step)| taken.ok && !undone(**step)).map(|(_, step)| *step);
    let of_nothing = names.iter().copied().find(|step| step.undoes().is_some_and(|undone| at(undone).is_none()));
    let twice = twice.map(|step| format!("the path has {} twice", step.as_str()));
    let left = left.map(|step| format!("the path does not undo {}", step.as_str()));
    let of_nothing = of_nothing.map(|step| format!("the path has {}, which undoes nothing on it", step.as_str()));
    twice.or(left).or(of_nothing)
}

#[cfg(test)]
mod tests {
    use contracts::{About, Path, SagaId, Subject, kinds, steps};

    use super::*;

    fn wrong(outcome: Outcome, path: &[(StepType, bool)]) -> Option<String> {
        let path = path.iter().fold(Path::default(), |path, (step, ok)| path.and(*step, *ok, fixtures::NOW));
        let subject = Subject::unknown(kinds::FARE);
        wrong_way(&Notification {
            id: uuid::Uuid::nil(),
            saga: kinds::FARE.as_str().to_owned(),
            saga_id: SagaId::of_request("fare", "a"),
            outcome,
            about: About::unpaid(subject, None),
            error: None,
            standing: Vec::new(),
            resolves: None,
            resolution: None,
            path,
        })
    }

    #[test]
    fn a_way_that_is_not_the_maps_is_noticed() {
        let good = [
            steps::REGISTER_FARE,
            steps::CHARGE_FARE,
            steps::CREDIT_CUSTOMER_ACCOUNT,
            steps::SET_FARE_STATUS_COMPLETED,
        ]
        .map(|step| (step, true));
        assert_eq!(wrong(Outcome::Completed, &good), None);
        for wrong_one in [&good[..3], &[good[1], good[0], good[2], good[3]], &[good[0], good[0], good[1]]] {
            assert!(wrong(Outcome::Completed, wrong_one).is_some(), "{wrong_one:?}");
        }
        let (credit, refund, end) = (
            (steps::CREDIT_CUSTOMER_ACCOUNT, false),
            (steps::REFUND_FARE, true),
            (steps::SET_FARE_STATUS_FAILED, true),
        );
        let undone = [good[0], good[1], credit, refund, end];
        assert_eq!(wrong(Outcome::Compensated, &undone), None);
        for (wrong_one, why) in [
            (&[good[0], good[1], credit, end][..], "the path does not undo ChargeFare"),
            (&[good[0], refund, good[1], credit, end], "the path does not undo ChargeFare"),
            (&[good[0], good[1], credit, refund, refund, end], "the path has RefundFare twice"),
            (&[good[0], credit, refund, end], "the path has RefundFare, which undoes nothing on it"),
        ] {
            assert_eq!(wrong(Outcome::Compensated, wrong_one).as_deref(), Some(why));
        }
    }
}
