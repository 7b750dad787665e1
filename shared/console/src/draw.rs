//! How a path and an outcome look on a terminal.
//!
//! ✓ took effect, ✗ failed, ↩ undid an earlier step.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use wire::{Action, Events, Failure, Notification, Outcome, Standing, Step, StepName, Vocabulary};

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
pub fn print(lines: &[String]) -> Result<(), Error> {
    let mut out = anstream::stdout();
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).map_err(Error::output)
}

/// Text in a style; the terminal's wrapper takes it out where there are no colours.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Text that stands back.
#[must_use]
pub fn faint(text: impl std::fmt::Display) -> String {
    styled(FAINT, text)
}

/// Text that stands out.
#[must_use]
pub fn strong(text: impl std::fmt::Display) -> String {
    styled(STRONG, text)
}

/// A tick or a cross.
#[must_use]
pub fn mark(good: bool) -> String {
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

/// The path of a saga: `BookFlight ✓ → RentCar ✗ → CancelFlight ↩ → NotifyFailure ✓`.
pub(crate) fn path<V: Vocabulary>(notification: &Notification<V::About>) -> String {
    let step = |step: &Step| {
        let mark = match (step.ok, undoes::<V>(&step.step)) {
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
pub(crate) fn undoes<V: Events>(step: &StepName) -> bool {
    V::LEXICON.step(step.as_str()).is_some_and(|step| step.undoes().is_some())
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
fn reasons<A>(notification: &Notification<A>) -> Vec<String> {
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
fn sequel<A>(notification: &Notification<A>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(earlier) = notification.resolves {
        lines.push(faint(format!("resolves notification {earlier}")));
    }
    if let Some(Action { by, reason, at, .. }) = &notification.resolution {
        lines.push(format!("{} closed by {by} at {at}: {reason}", mark(true)));
    }
    lines
}

/// A notification as a block of lines: its title, how the saga ended and a remark on that, the way, the reasons.
pub(crate) fn block<V: Vocabulary>(title: &str, notification: &Notification<V::About>, remark: Option<&str>) -> String {
    let remark = remark.map(|remark| format!(": {remark}")).unwrap_or_default();
    let title = format!(
        "{}  {}{remark}  {}",
        strong(title),
        outcome(notification.outcome),
        faint(format!("saga {}", notification.saga_id)),
    );
    let lines = [path::<V>(notification)].into_iter().chain(reasons(notification)).chain(sequel(notification));
    std::iter::once(title).chain(lines.map(|line| format!("  {line}"))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use trip::Event;
    use trip::vocabulary::Asked;

    use super::*;

    const ID: &str = "b79ab840-29ff-56b8-8acd-9d8c5cc40183";

    #[test]
    fn a_notification_is_drawn_with_its_path_its_reasons_and_what_still_stands() {
        let step = |name: &str, ok: bool| format!(r#"{{"step":"{name}","ok":{ok},"at":"2026-11-21T22:00:00Z"}}"#);
        let path = [step("BookFlight", true), step("RentCar", false), step("CancelFlight", true)].join(",");
        let notification: Notification<Asked> = serde_json::from_str(&format!(
            r#"{{"id":"{ID}","saga":"trip","sagaId":"{ID}","outcome":"needs_attention","trip":null,
            "error":{{"name":"NoRentCar","step":"RentCar","message":"sold out"}},
            "standing":[{{"effect":"flight","id":"1\u001b","amount":null}}],"path":[{path}]}}"#
        ))
        .unwrap();
        let drawn = block::<Event>("a trip", &notification, Some("there is no car"));
        let drawn = anstream::adapter::strip_str(&drawn).to_string();
        let lines: Vec<_> = drawn.lines().collect();
        let title = format!("a trip  needs attention: there is no car  saga {ID}");
        let path = "  BookFlight ✓ → RentCar ✗ → CancelFlight ↩ → NotifyFailure ✓";
        let reasons = ["  ✗ NoRentCar in RentCar: sold out", "  ! still standing: flight 1\\u{1b}"];
        assert_eq!(lines, [title.as_str(), path, reasons[0], reasons[1]]);
    }
}
