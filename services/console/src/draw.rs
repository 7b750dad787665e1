//! How a path and an outcome look on a terminal.
//!
//! ✓ took effect, ✗ failed, ↩ undid an earlier step.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use contracts::{
    Action, Event, Events, Failure, Identifier, Notification, Outcome, Standing, StepName, Subject, kinds,
};

use crate::Error;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const UNDONE: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// Writes lines to standard output.
///
/// # Errors
///
/// [`Error`] when it is closed.
pub(crate) fn print(lines: &[String]) -> Result<(), Error> {
    let mut out = anstream::stdout();
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).map_err(Error::output)
}

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
        let mark = match (step.ok, undoes(&step.step)) {
            (true, true) => styled(UNDONE, "↩"),
            (ok, _) => mark(ok),
        };
        format!("{} {mark}{}", step.step.as_str(), often(step.times))
    };
    let notified = if notification.outcome.is_successful() { "NotifySuccess" } else { "NotifyFailure" };
    let last = format!("{notified} {}", mark(true));
    let steps = notification.path.steps().iter().map(step).chain(std::iter::once(last));
    steps.collect::<Vec<_>>().join(" → ")
}

/// Whether a step undoes another.
pub(crate) fn undoes(step: &StepName) -> bool {
    Event::LEXICON.step(step.as_str()).is_some_and(|step| step.undoes().is_some())
}

/// An effect that stands: what, which, and what is in it.
pub(crate) fn effect(standing: &Standing) -> String {
    let Standing { effect, id, amount } = standing;
    let over = amount.map(|amount| format!(" over {amount}")).unwrap_or_default();
    format!("{effect} {}{over}", escaped(id))
}

/// A text from outside, which must not steer the terminal.
pub(crate) fn escaped(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// How often, where it was more than once: ` ×12`.
pub(crate) fn often(times: u32) -> String {
    if times > 1 { format!(" ×{times}") } else { String::new() }
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
        lines.push(format!("{} still standing: {}", styled(BAD, "!"), effect(standing)));
    }
    lines
}

/// What an earlier notification has to do with it, and who closed it: a line each; mostly nothing.
fn sequel(notification: &Notification) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(earlier) = notification.resolves {
        lines.push(faint(format!("resolves notification {earlier}")));
    }
    if let Some(Action { by, reason, at, .. }) = &notification.resolution {
        lines.push(format!("{} closed by {by} at {at}: {reason}", mark(true)));
    }
    lines
}

/// Whom it is about: `customer 3`, `customer 8d04ea6f order 40063fe3`.
fn title(subject: &Subject) -> String {
    let named = |id: Option<&Identifier>| id.map_or("unknown".to_owned(), ToString::to_string);
    let customer = format!("customer {}", named(subject.customer_id()));
    // A fare is known by its customer: all fares may have one id.
    if subject.kind() == kinds::FARE {
        return customer;
    }
    format!("{customer} {} {}", subject.kind(), named(subject.id()))
}

/// A notification as a block of lines: who, how it ended and what that means, the way, the reasons.
pub(crate) fn block(notification: &Notification, about: Option<&str>) -> String {
    let about = about.map(|about| format!(": {about}")).unwrap_or_default();
    let title = format!(
        "{}  {}{about}  {}",
        strong(title(&notification.about.subject)),
        outcome(notification.outcome),
        faint(format!("saga {}", notification.saga_id)),
    );
    let lines = [path(notification)].into_iter().chain(reasons(notification)).chain(sequel(notification));
    std::iter::once(title).chain(lines.map(|line| format!("  {line}"))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(notification: &str) -> String {
        let notification = serde_json::from_str(notification).unwrap();
        anstream::adapter::strip_str(&block(&notification, None)).to_string()
    }

    #[test]
    fn an_order_is_named_and_what_a_notification_resolves_is_told() {
        let first = "b79ab840-29ff-56b8-8acd-9d8c5cc40183";
        let order = format!(
            r#"{{"id":"{first}","saga":"order","sagaId":"{first}","outcome":"needs_attention","order_id":"22",
            "customer_id":"7","amount":null,"chargeToken":null,"chargeId":null,"refundId":null,"error":null,
            "standing":[],"resolves":"{first}","path":[],
            "resolution":{{"what":"resolve","by":"ann","reason":"paid back","at":"2026-11-21T22:00:00Z"}}}}"#
        );
        let drawn = drawn(&order);
        let lines: Vec<_> = drawn.lines().collect();
        assert_eq!(lines[0], format!("customer 7 order 22  needs attention  saga {first}"));
        assert_eq!(lines[1], "  NotifyFailure ✓");
        assert_eq!(lines[2], format!("  resolves notification {first}"));
        assert_eq!(lines[3], "  ✓ closed by ann at 2026-11-21T22:00:00Z: paid back");
    }

    #[test]
    fn whoever_did_not_say_who_they_are_is_unknown() {
        let unknown = Subject::unknown(kinds::ORDER);
        assert_eq!(title(&unknown), "customer unknown order unknown");
        assert_eq!(title(&Subject::unknown(kinds::FARE)), "customer unknown");
    }
}
