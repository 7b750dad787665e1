//! Whether a row ended as it should, and how that is shown.

use choreography::PARTICIPANTS;
use contracts::{Notification, Outcome, SagaKind, StepName};
use gateway::Ledger;
use serde_json::{Value, json};

use super::rows::Row;
use crate::draw;

/// A row that was played: what it came to.
pub(super) struct Played {
    pub(super) row: &'static Row,
    /// The notification and its body, byte for byte, if one came.
    pub(super) found: Option<(Notification, String)>,
    pub(super) ledger: Ledger,
}

/// The steps that a path lacks: of a saga that went well, those that the map has; of one that failed, those that undo
/// what took effect.
fn missing(notification: &Notification) -> Vec<StepName> {
    let steps = notification.path.steps();
    let has = |step: &StepName| steps.iter().any(|taken| taken.step == *step);
    let shall: Vec<StepName> = if notification.outcome == Outcome::Completed {
        let forward = PARTICIPANTS.iter().flat_map(|declaration| declaration.reactions);
        let forward = forward.filter(|reaction| reaction.is_forward());
        forward.filter_map(|reaction| reaction.step(notification.saga)).collect()
    } else {
        steps.iter().filter(|taken| taken.ok).filter_map(|taken| taken.step.undone_by()).collect()
    };
    shall.into_iter().filter(|step| !has(step)).collect()
}

impl Played {
    /// What is not as it should be.
    pub(super) fn problems(&self) -> Vec<String> {
        let (row, Ledger { authorized, captured, voided, refunded, .. }) = (self.row, self.ledger);
        let Some((notification, _)) = &self.found else {
            return vec!["no notification came".to_owned()];
        };
        let failed = notification.path.steps().iter().filter(|step| !step.ok);
        let failed: Vec<_> = failed.map(|step| step.step.as_str()).collect();
        let missing: Vec<_> = missing(notification).into_iter().map(StepName::as_str).collect();
        let error = notification.error.iter();
        let errors: Vec<_> = error
            .flat_map(|error| std::iter::once(error).chain(&error.also))
            .map(|error| error.name.as_str())
            .collect();
        let standing: Vec<_> = notification.standing.iter().map(|standing| standing.effect.as_str()).collect();
        let checks = [
            (notification.outcome == row.outcome, format!("the outcome should be {}", row.outcome.as_str())),
            (errors == row.errors, format!("the errors should be {:?}", row.errors)),
            (failed == row.failed, format!("the steps that fail should be {:?}", row.failed)),
            (missing.is_empty(), format!("the path lacks {}", missing.join(", "))),
            (
                [authorized, captured, voided, refunded] == row.ledger,
                format!("the gateway should have counted {:?}", row.ledger),
            ),
            (standing == row.standing, format!("what stands should be {:?}", row.standing)),
        ];
        checks.into_iter().filter(|(good, _)| !good).map(|(_, problem)| problem).collect()
    }

    pub(super) fn as_text(&self) -> String {
        let mut lines = vec![String::new()];
        if let Some((notification, body)) = &self.found {
            let queue = if notification.outcome.is_successful() { "success" } else { "failure" };
            let Ledger { authorized, captured, voided, refunded, .. } = self.ledger;
            lines.push(draw::block(notification, Some(self.row.about)));
            lines.push(format!(
                "  at the gateway: {authorized} authorized, {captured} captured, {voided} voided, {refunded} refunded"
            ));
            lines.push(format!("  found in the {queue} queue:"));
            lines.push(format!("    {}", draw::faint(body)));
        } else {
            lines.push(draw::strong(format!("{} {}", self.row.kind, self.row.id)));
        }
        lines.extend(self.problems().iter().map(|problem| format!("  {} {problem}", draw::mark(false))));
        lines.join("\n")
    }

    pub(super) fn as_json(&self) -> String {
        let notification = self.found.as_ref().and_then(|(_, body)| serde_json::from_str::<Value>(body).ok());
        let problems = self.problems();
        let id = match self.row.kind {
            SagaKind::Fare => "customerId",
            SagaKind::Order => "order_id",
        };
        json!({
            "saga": self.row.kind, "row": self.row.name, id: self.row.id, "ok": problems.is_empty(),
            "problems": problems, "gateway": self.ledger, "notification": notification,
        })
        .to_string()
    }
}
