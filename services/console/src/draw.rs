//! How a path and an outcome look on a terminal.
//!
//! ✓ took effect, ✗ failed, ↩ undid an earlier step.

use anstyle::{AnsiColor, Style};
use contracts::{Failure, Notification, Outcome};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const UNDONE: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// Text in a style; the terminal's wrapper takes it out where there are no colours.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Text that stands back.
pub(crate) fn faint(text: impl std::fmt::Display) -> String {
    styled(FAINT, text)
}

/// Text that stands out.
pub(crate) fn strong(text: impl std::fmt::Display) -> String {
    styled(STRONG, text)
}

/// A tick or a cross.
pub(crate) fn mark(good: bool) -> String {
    if good { styled(GOOD, "✓") } else { styled(BAD, "✗") }
}

/// The outcome, in its colour.
pub(crate) fn outcome(outcome: Outcome) -> String {
    let style = match outcome {
        Outcome::Completed => GOOD,
        Outcome::Compensated => UNDONE,
        Outcome::Rejected | Outcome::NeedsAttention => BAD,
    };
    styled(style.bold(), outcome.as_str().replace('_', " "))
}

/// The path of a saga: `RegisterFare ✓ → ChargeFare ✗ → SetFareStatusFailed ↩ → NotifyFailure ✓`.
pub(crate) fn path(notification: &Notification) -> String {
    let step = |step: &contracts::Step| {
        let mark = match (step.ok, step.step.is_compensation()) {
            (true, true) => styled(UNDONE, "↩"),
            (ok, _) => mark(ok),
        };
        format!("{} {mark}", step.step.as_str())
    };
    let notified = if notification.outcome.is_successful() { "NotifySuccess" } else { "NotifyFailure" };
    let last = format!("{notified} {}", mark(true));
    let steps = notification.path.steps().iter().map(step).chain(std::iter::once(last));
    steps.collect::<Vec<_>>().join(" → ")
}

/// Why it failed and what still stands, a line each; nothing for a saga that completed.
pub(crate) fn reasons(notification: &Notification) -> Vec<String> {
    let mut lines = Vec::new();
    let mut failures: Vec<&Failure> = notification.error.iter().collect();
    failures.extend(notification.error.iter().flat_map(|error| &error.also));
    for Failure { name, step, message, .. } in failures {
        lines.push(format!("{} {name} in {}: {message}", styled(BAD, "✗"), step.as_str()));
    }
    for standing in &notification.standing {
        let what = format!("{} {} over {}", standing.effect.as_str(), standing.id, standing.amount);
        lines.push(format!("{} still standing: {what}", styled(BAD, "!")));
    }
    lines
}

/// A notification as a block of lines: who, how it ended and what that means, the way, the reasons.
pub(crate) fn block(notification: &Notification, about: Option<&str>) -> String {
    let who = notification.customer_id.as_ref().map_or("an unknown customer", |id| id.as_str());
    let about = about.map(|about| format!(": {about}")).unwrap_or_default();
    let title = format!(
        "{}  {}{about}  {}",
        strong(format!("customer {who}")),
        outcome(notification.outcome),
        faint(format!("saga {}", notification.saga_id)),
    );
    let lines = [path(notification)].into_iter().chain(reasons(notification)).map(|line| format!("  {line}"));
    std::iter::once(title).chain(lines).collect::<Vec<_>>().join("\n")
}
