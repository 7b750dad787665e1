//! `trace`: the way of one saga across the services.
//!
//! **Invariant:** it is drawn from what stands on record alone, read at one moment.

use jiff::Timestamp;
use map::Map;
use operate::sagas::Sagas;
use runtime::{Aws, Environment, Settings};
use saga::owner::State;
use serde_json::{Value, json};
use wire::{Action, Attempt, Failure, Standing, Step, StepName, Vocabulary};

use super::front::{Owed, front};
use super::known::{Known, Records, Row};
use crate::cli::sagas::TraceOptions;
use crate::console::Console;
use crate::draw::escaped;
use crate::{Error, age, draw};

/// An attempt at a compensation that failed, and which of how many it was.
#[derive(Debug)]
struct Tried<'a> {
    service: &'static str,
    step: &'a str,
    attempt: &'a Attempt,
    nth: usize,
    of: usize,
}

/// What is on the way: a step that ended, or what a person or the deadline did.
#[derive(Debug)]
enum Mark<'a> {
    Step(Step, Vec<Tried<'a>>),
    Action(&'a Action),
    /// So many actions that are not kept in full, the first of them after this time.
    Actions(u32, Timestamp),
}

impl Mark<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Self::Step(step, _) => step.at,
            Self::Action(action) => action.at,
            Self::Actions(_, after) => *after,
        }
    }
}

/// The way of a saga: what ended, in the order of time, and the attempts at what has not.
struct Way<'a> {
    marks: Vec<Mark<'a>>,
    trying: Vec<Tried<'a>>,
}

/// Shows the way of one saga.
pub(crate) async fn trace<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &TraceOptions,
) -> Result<(), Error> {
    let records = Records::of(console)?;
    let saga = options.which.saga().ok_or_else(|| Error::Usage("which saga?".to_owned()))?;
    let sagas = Sagas::new(&Aws::connect(environment).await?, &Settings::read(environment)?);
    let known = records.known(saga, sagas.read(&records.keepers(), saga).await?);
    if known.rows().iter().all(|(_, row)| row.is_none()) {
        return Err(Error::Failed(format!("no service has anything on record of a saga {saga}")));
    }
    let lines = if options.output.json { vec![as_json(console, &known)] } else { as_text(console, &known, age::now()) };
    draw::print(&lines)
}

/// The way, put together from what all services have on record.
fn way<'a, V: Vocabulary>(map: &Map, known: &'a Known<V>) -> Way<'a> {
    let mut trying: Vec<Tried<'_>> = known
        .attempts()
        .into_iter()
        .flat_map(|(service, step, attempts)| {
            attempts.iter().enumerate().map(move |(index, attempt)| {
                let earlier = attempts.iter().take(index).filter(|earlier| earlier.round == attempt.round).count();
                Tried { service, step, attempt, nth: earlier + 1, of: attempts_max(map, service, &attempt.error) }
            })
        })
        .collect();
    let path = known.path();
    let steps = path.steps().iter().map(|step| {
        // Those that led to the end of the step, be it good or bad.
        let led = |tried: &Tried<'_>| step.step == *tried.step && tried.attempt.at <= step.at;
        let (led, rest) = std::mem::take(&mut trying).into_iter().partition(led);
        trying = rest;
        Mark::Step(step.clone(), led)
    });
    let mut marks: Vec<Mark<'_>> = steps.collect();
    let actions = known.actions();
    let left_out = known.actions_left_out().and_then(|(behind, number)| {
        let before = actions.get(behind.checked_sub(1)?)?;
        Some(Mark::Actions(number, before.at))
    });
    marks.extend(actions.into_iter().map(Mark::Action));
    marks.extend(left_out);
    marks.sort_by_key(Mark::at);
    Way { marks, trying }
}

/// How often a service tries what fails with this error, by its declared policy.
fn attempts_max(map: &Map, service: &str, error: &str) -> usize {
    let declared = map.participants.iter().filter(|declaration| declaration.name == service);
    let policies = declared.flat_map(|declaration| declaration.reactions).flat_map(|reaction| reaction.retry);
    let named = policies.into_iter().find(|policy| policy.errors.contains(&error));
    named.map_or(1, |policy| usize::try_from(policy.max_attempts).unwrap_or(usize::MAX).saturating_add(1))
}

/// Who takes a step.
fn service_of(map: &Map, step: &StepName) -> &'static str {
    let takes = |declaration: &&saga::Declaration| {
        declaration.reactions.iter().any(|reaction| reaction.steps.iter().any(|taken| *step == *taken))
    };
    map.participants.iter().find(takes).map_or("–", |declaration| declaration.name)
}

fn as_text<V: Vocabulary>(console: &Console<V>, known: &Known<V>, now: Timestamp) -> Vec<String> {
    let mut lines = vec![title(console, known)];
    let Way { marks, trying } = way(&console.map, known);
    let mut before: Option<Timestamp> = None;
    for mark in &marks {
        let delta = before.replace(mark.at()).map(|before| later(before, mark.at())).unwrap_or_default();
        let lead = format!("  {:.3} {delta:>9}", mark.at());
        match mark {
            Mark::Step(step, led) => {
                let mark = draw_mark::<V>(step);
                let (service, name, often) =
                    (service_of(&console.map, &step.step), step.step.as_str(), draw::often(step.times));
                lines.push(format!("{lead}  {service:12} {name} {mark}{often}"));
                lines.extend(led.iter().map(|tried| in_words(tried)));
            }
            Mark::Action(Action { what, by, reason, .. }) => {
                let (by, reason) = (escaped(by.as_str()), escaped(reason.as_str()));
                lines.push(format!("{lead}  {:12} {} by {by}: {reason}", "", draw::strong(what.as_str())));
            }
            Mark::Actions(number, _) => lines.push(draw::faint(format!("  {:34}  {:12} {number} more …", "", ""))),
        }
    }
    if let Some(tried) = trying.first() {
        lines.push(format!("  {:34}  {:12} {} …", "", tried.service, tried.step));
        lines.extend(trying.iter().map(in_words));
    }
    lines.extend(stands(console, known, now));
    lines
}

/// What stands on record now, and what it waits for.
fn stands<V: Vocabulary>(console: &Console<V>, known: &Known<V>, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    for (service, row) in known.rows() {
        lines.push(match row {
            None => draw::faint(format!("  {service:12} nothing on record")),
            Some(row) => {
                let age = age::draw(age::since(row.updated_at, now));
                format!("  {service:12} {}, version {}, written {age} ago", draw::strong(row.name), row.version)
            }
        });
    }
    lines.extend(front(&console.map, known).iter().map(|owed| format!("  waits: {owed}")));
    if let Some(failed) = known.failed() {
        lines.extend(reasons(Some(&failed.error), &failed.standing).iter().map(|reason| format!("  {reason}")));
        if let Some(Action { by, reason, at, .. }) = &failed.resolution {
            lines.push(format!("  resolved by {} at {at:.3}: {}", escaped(by.as_str()), escaped(reason.as_str())));
        }
    } else if let Some(State::Unwinding { error, .. }) = known.owned() {
        lines.extend(reasons(Some(error), &[]).iter().map(|reason| format!("  {reason}")));
    }
    if let Some(case) = known.case() {
        let mut facts = vec![format!("deadline {:.3}", case.deadline)];
        if let Some(State::Unwinding { until, .. }) = known.owned() {
            facts.push(format!("to be undone by {until:.3}"));
        }
        if case.round > 0 {
            facts.push(format!("round {} of unwinding", case.round));
        }
        if case.told > 0 {
            facts.push(format!("notifications told: {}", case.told));
        }
        lines.push(draw::faint(format!("  {}", facts.join(", "))));
    }
    lines
}

fn title<V: Vocabulary>(console: &Console<V>, known: &Known<V>) -> String {
    let name = draw::strong(format!("saga {}", known.saga));
    match known.subject() {
        None => name,
        Some(subject) => format!("{name}  {}", console.title_of(subject)),
    }
}

fn draw_mark<V: Vocabulary>(step: &Step) -> String {
    match (step.ok, draw::undoes::<V>(&step.step)) {
        (true, true) => draw::styled(anstyle::AnsiColor::Yellow.on_default(), "↩"),
        (ok, _) => draw::mark(ok),
    }
}

/// `attempt 1 of 3 failed at … (received 1×): ErrProcessRefund`.
fn in_words(tried: &Tried<'_>) -> String {
    let Tried { attempt: Attempt { at, receive, round, error, times }, nth, of, .. } = tried;
    if *times > 1 {
        return draw::faint(format!("      {times} attempts up to round {round} failed, the last at {at:.3}: {error}"));
    }
    let round = if *round > 0 { format!(" in round {round}") } else { String::new() };
    draw::faint(format!("      attempt {nth} of {of}{round} failed at {at:.3} (received {receive}×): {error}"))
}

/// Why it failed and what still stands, a line each.
pub(super) fn reasons(error: Option<&Failure>, standing: &[Standing]) -> Vec<String> {
    let failures = error.into_iter().flat_map(|error| std::iter::once(error).chain(&error.also));
    let failures = failures.map(|Failure { name, step, message, .. }| {
        format!("{} {} in {}: {}", draw::mark(false), escaped(name), step.as_str(), escaped(message))
    });
    let standing =
        standing.iter().map(|standing| format!("{} still standing: {}", draw::strong("!"), draw::effect(standing)));
    failures.chain(standing).collect()
}

/// How much later: `+12ms`, `+1.4s`, `+5m 2s`.
fn later(before: Timestamp, after: Timestamp) -> String {
    let passed = age::since(before, after);
    match (passed.as_secs(), passed.subsec_millis()) {
        (0, millis) => format!("+{millis}ms"),
        (secs @ 1..60, millis) => format!("+{secs}.{}s", millis / 100),
        (_, _) => format!("+{}", age::draw(passed)),
    }
}

fn as_json<V: Vocabulary>(console: &Console<V>, known: &Known<V>) -> String {
    let Way { marks, trying } = way(&console.map, known);
    let tried = |tried: &Tried<'_>| {
        let Attempt { at, receive, round, error, times } = tried.attempt;
        json!({
            "step": tried.step, "service": tried.service, "attempt": tried.nth, "of": tried.of, "at": at,
            "receive": receive, "round": round, "error": error, "times": times,
        })
    };
    let mark = |mark: &Mark<'_>| match mark {
        Mark::Step(step, led) => json!({
            "step": step.step, "service": service_of(&console.map, &step.step), "ok": step.ok, "at": step.at,
            "times": step.times, "undoes": draw::undoes::<V>(&step.step), "attempts": led.iter().map(tried).collect::<Vec<_>>(),
        }),
        Mark::Action(Action { what, by, reason, at, request }) => {
            json!({ "action": what, "by": by, "reason": reason, "at": at, "request": request })
        }
        Mark::Actions(number, after) => json!({ "actionsLeftOut": number, "after": after }),
    };
    let service = |(service, row): (&str, Option<Row<'_, V>>)| {
        let row = row.map(|row| json!({ "state": row.name, "version": row.version, "updatedAt": row.updated_at }));
        (service.to_owned(), row.unwrap_or(Value::Null))
    };
    let (case, failed) = (known.case(), known.failed());
    let until = match known.owned() {
        Some(State::Unwinding { until, .. }) => Some(*until),
        Some(_) | None => None,
    };
    let mut document = console.fields_of(known.subject());
    let told = json!({
        "sagaId": known.saga,
        "saga": known.kind(),
        "way": marks.iter().map(mark).collect::<Vec<_>>(),
        "trying": trying.iter().map(tried).collect::<Vec<_>>(),
        "services": known.rows().into_iter().map(service).collect::<serde_json::Map<_, _>>(),
        "waits": front(&console.map, known).iter().map(Owed::as_json).collect::<Vec<_>>(),
        "error": failed.map(|failed| &failed.error),
        "standing": failed.map(|failed| &failed.standing),
        "resolution": failed.and_then(|failed| failed.resolution.as_ref()),
        "deadline": case.map(|case| case.deadline),
        "undoneBy": until,
        "round": case.map(|case| case.round),
        "notifications": case.map(|case| case.told),
    });
    // What every trace tells is not replaced by what a choreography tells of its own.
    if let Value::Object(told) = told {
        document.extend(told);
    }
    Value::Object(document).to_string()
}

#[cfg(test)]
mod tests {
    use contracts::{Event, steps};

    use super::*;
    use crate::sagas::known::tests::{console, kept, known, part, second};

    #[test]
    fn attempts_stand_under_the_step_that_they_led_to_and_those_at_work_at_the_end() {
        let attempt = |at: i64, round: u32| serde_json::json!({ "at": second(at), "receive": at, "round": round, "error": "ErrReleaseInventory" });
        let attempts = [(1, 0), (2, 0), (4, 0), (11, 1)].map(|(at, round)| attempt(at, round));
        let releasing = serde_json::json!({ "undoing": { "facts": null, "attempts": attempts } });
        let releasing = serde_json::from_value(releasing).unwrap();
        let releasing = part(fixtures::order("33"), steps::RESERVE_INVENTORY, &releasing);
        let mut unwinding = fixtures::unwinding_started(fixtures::order("33").into(), 1);
        let path = [(steps::RESERVE_INVENTORY, 0), (steps::RELEASE_INVENTORY, 4)];
        unwinding.journey.path =
            path.iter().fold(wire::Path::default(), |path, (step, at)| path.and(*step, false, second(*at)));
        let resolved = State::<Event>::Rejected;
        let booked = kept(&resolved, &[(Event::UnwindingStarted(unwinding), "x", 10)], 10);
        let known = known([Some(booked), None, Some(kept(&releasing, &[], 11))]);
        let Way { marks, trying } = way(&console().map, &known);
        let told = |tried: &Tried<'_>| (tried.nth, tried.of, tried.attempt.round);
        let [Mark::Step(_, none), Mark::Step(step, led)] = marks.as_slice() else { panic!("{marks:?}") };
        assert_eq!((none.len(), step.step.as_str()), (0, steps::RELEASE_INVENTORY.as_str()));
        assert_eq!(led.iter().map(told).collect::<Vec<_>>(), [(1, 3, 0), (2, 3, 0), (3, 3, 0)]);
        assert_eq!(trying.iter().map(told).collect::<Vec<_>>(), [(1, 3, 1)]);
        let text = as_text(&console(), &known, second(12)).join("\n");
        assert!(text.contains("attempt 1 of 3 in round 1 failed at"), "{text}");
    }

    #[test]
    fn a_delay_is_short_to_read() {
        let of = |millis: i64| later(second(0), Timestamp::from_millisecond(millis).unwrap());
        assert_eq!([0, 12, 1400, 59_999, 302_000].map(of), ["+0ms", "+12ms", "+1.4s", "+59.9s", "+5m 2s"]);
    }

    #[test]
    fn every_step_has_its_service_and_an_error_without_a_policy_is_tried_once() {
        let map = choreography::map();
        assert_eq!(service_of(&map, &steps::RELEASE_INVENTORY.name()), "fulfillment");
        assert_eq!(service_of(&map, &steps::REFUND_FARE.name()), "payment");
        assert_eq!(service_of(&map, &steps::UPDATE_ORDER_STATUS.name()), "booking");
        assert_eq!(attempts_max(&map, "payment", "RefundException"), 1);
        assert_eq!(attempts_max(&map, "booking", "ErrUpdateOrderStatus"), 3);
    }
}
