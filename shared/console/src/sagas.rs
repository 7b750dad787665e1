//! `sagas`, `trace`, `cancel`, `retry` and `resolve`: sagas that are not over, and what a person does about
//! them.
//!
//! | file | what it does |
//! | --- | --- |
//! | `known` | what all services have on record of one saga, understood |
//! | `front` | what a saga waits for, and who owes it |
//! | `trace` | the way of one saga across the services |
//! | `ask` | asks that a saga be cancelled, tried again, closed |
//!
//! **Invariant:** no table is scanned, and only the sagas that are shown are looked at closely.

mod ask;
mod front;
mod known;
mod trace;

use std::collections::BTreeMap;

use jiff::Timestamp;
use operate::sagas::{Listed, Sagas, Stuck, Which};
use runtime::{Aws, Environment, Settings};
use saga::List;
use serde_json::{Value, json};
use wire::Vocabulary;

pub(crate) use ask::{answer, cancel, resolve, retry};
pub(crate) use trace::trace;

use crate::cli::sagas::SagasOptions;
use crate::console::Console;
use crate::{Error, age, draw};
use front::{Owed, front};
use known::Records;
use saga::owner::State;

/// A saga that is shown.
struct Shown {
    listed: Listed,
    owed: Vec<Owed>,
    /// Why it needs attention and what still stands, a line each.
    reasons: Vec<String>,
    /// The same for a program: error and standing effects.
    failed: Value,
    /// What its messages are stuck at, and in which service.
    stuck: Vec<(&'static str, Stuck)>,
}

/// Shows sagas that are not over.
pub(crate) async fn sagas<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &SagasOptions,
) -> Result<(), Error> {
    let records = Records::of(console)?;
    let sagas = Sagas::new(&Aws::connect(environment).await?, &Settings::read(environment)?);
    let now = age::now();
    let service = records.owner.name;
    let which = Which {
        list: if options.attention { List::Attention } else { List::Open },
        kind: options.kind.as_deref().map(|name| console.kind(name)).transpose()?,
        due_by: options.overdue.then_some(now),
    };
    let limit = (options.limit > 0).then_some(options.limit);
    let overdue = async {
        match which.list {
            List::Open => sagas.count(service, Which { due_by: Some(now), ..which }).await,
            List::Attention => Ok(0),
        }
    };
    let (total, overdue, listed) =
        tokio::try_join!(sagas.count(service, which), overdue, sagas.list(service, which, limit))?;
    let shown = look_closely(&records, &sagas, listed).await?;
    let lines = if options.output.json {
        as_json(options, total, overdue, &shown)
    } else {
        as_text(options, total, overdue, &shown, now)
    };
    draw::print(&lines)
}

/// Finds out what each of these waits for.
async fn look_closely<V: Vocabulary>(
    records: &Records<'_, V>,
    sagas: &Sagas,
    listed: Vec<Listed>,
) -> Result<Vec<Shown>, Error> {
    let ids: Vec<_> = listed.iter().map(|listed| listed.saga).collect();
    let mut kept = sagas.read_many(&records.keepers(), &ids).await?;
    let shown = listed.into_iter().map(|listed| {
        let known = records.known(listed.saga, kept.remove(&listed.saga).unwrap_or_default());
        let attention = matches!(known.owned(), Some(State::NeedsAttention { .. }));
        let failed = known.failed().filter(|_| attention);
        Shown {
            owed: front(records.map, &known),
            stuck: known.stuck(),
            reasons: failed.map(|failed| trace::reasons(Some(&failed.error), &failed.standing)).unwrap_or_default(),
            failed: failed.map_or(Value::Null, |failed| json!({ "error": failed.error, "standing": failed.standing })),
            listed,
        }
    });
    Ok(shown.collect())
}

fn as_text(options: &SagasOptions, total: u64, overdue: u64, shown: &[Shown], now: Timestamp) -> Vec<String> {
    let mut title = match (options.attention, options.overdue) {
        (true, _) => format!("{total} need attention"),
        (false, true) => format!("{total} overdue"),
        (false, false) => format!("{total} open, {overdue} of them overdue"),
    };
    if total > u64::try_from(shown.len()).unwrap_or(u64::MAX) {
        title = format!("{title}; the {} that are due longest are shown, --limit shows more", shown.len());
    }
    let mut owing: BTreeMap<&str, usize> = BTreeMap::new();
    for owed in shown.iter().flat_map(|saga| &saga.owed) {
        *owing.entry(owed.awaited.service.as_str()).or_default() += 1;
    }
    let mut lines = vec![draw::strong(title)];
    if !owing.is_empty() {
        let owing: Vec<_> = owing.into_iter().map(|(service, sagas)| format!("{service} {sagas}")).collect();
        lines.push(format!("of those shown, an answer is owed by: {}", owing.join(", ")));
    }
    for Shown { listed, owed, reasons, stuck, .. } in shown {
        let Listed { saga, kind, state, due } = listed;
        let due = match (options.attention, *due > now) {
            (true, _) => format!("since {}", age::draw(age::since(*due, now))),
            (false, true) => format!("due in {}", age::draw(age::since(now, *due))),
            (false, false) => draw::strong(format!("overdue for {}", age::draw(age::since(*due, now)))),
        };
        lines.push(format!("{saga}  {kind:5}  {state:14}  {due}"));
        lines.extend(owed.iter().map(|owed| format!("  {owed}")));
        if owed.is_empty() && reasons.is_empty() {
            lines.push(draw::faint("  no event on record is unanswered: it is about to go on, or ends just now"));
        }
        lines.extend(stuck.iter().map(|(service, stuck)| format!("  {}", stuck_at(service, stuck, now))));
        lines.extend(reasons.iter().map(|reason| format!("  {reason}")));
    }
    lines
}

fn as_json(options: &SagasOptions, total: u64, overdue: u64, shown: &[Shown]) -> Vec<String> {
    let list = match (options.attention, options.overdue) {
        (true, _) => "attention",
        (false, true) => "overdue",
        (false, false) => "open",
    };
    let totals = json!({ "list": list, "total": total, "overdue": overdue, "shown": shown.len() });
    let line = |saga: &Shown| {
        let Listed { saga: id, kind, state, due } = &saga.listed;
        json!({
            "sagaId": id, "saga": kind, "state": state, "due": due,
            "waits": saga.owed.iter().map(Owed::as_json).collect::<Vec<_>>(),
            "stuck": saga.stuck.iter().map(stuck_as_json).collect::<Vec<_>>(),
            "error": saga.failed.get("error"), "standing": saga.failed.get("standing"),
        })
    };
    std::iter::once(totals).chain(shown.iter().map(line)).map(|line| line.to_string()).collect()
}

/// What a message is stuck at, for a person.
fn stuck_at(service: &str, stuck: &Stuck, now: Timestamp) -> String {
    let Stuck { call, why, since, receives } = stuck;
    let since = since.map(|since| format!(" for {}", age::draw(age::since(since, now)))).unwrap_or_default();
    format!("{service} is stuck{since} and {receives} attempts at {call}: {why}")
}

fn stuck_as_json((service, stuck): &(&str, Stuck)) -> Value {
    let Stuck { call, why, since, receives } = stuck;
    json!({ "service": service, "call": call, "why": why, "since": since, "receives": receives })
}
