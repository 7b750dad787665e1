//! How a row that was played is shown.

use console::draw;
use contracts::Notification;
use gateway::Ledger;
use serde_json::{Value, json};

use crate::given::console;
use crate::judge;
use crate::rows::Row;

/// A row that was played: what it came to.
pub(super) struct Played {
    pub(super) row: &'static Row,
    /// The notification and its body, byte for byte, if one came.
    pub(super) found: Option<(Notification, String)>,
    pub(super) ledger: Ledger,
}

impl Played {
    /// What is not as it should be.
    pub(super) fn problems(&self) -> Vec<String> {
        let notification = self.found.as_ref().map(|(notification, _)| notification);
        let mut problems = judge::problems(self.row, notification);
        problems.extend(judge::ledger_problem(self.row, self.ledger));
        problems
    }

    pub(super) fn as_text(&self) -> String {
        let mut lines = vec![String::new()];
        if let Some((notification, body)) = &self.found {
            let queue = if notification.outcome.is_successful() { "success" } else { "failure" };
            let Ledger { authorized, captured, voided, refunded, .. } = self.ledger;
            lines.push(console().drawn(notification, Some(self.row.about)));
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
        json!({
            "saga": self.row.kind, "row": self.row.name, self.row.id_field: self.row.id, "ok": problems.is_empty(),
            "problems": problems, "gateway": self.ledger, "notification": notification,
        })
        .to_string()
    }
}
