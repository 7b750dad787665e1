//! `docs/choreography.md`: the map, the reactions, and how sagas go, as the services themselves play them.
//!
//! **Invariant:** written by hand are only the page's first lines, its headings, and what is done to the services from
//! outside. A row that is drawn ends as the workshops say.

use std::collections::BTreeSet;
use std::fmt::Write;

use choreography::{map, mermaid, table};
use contracts::{Event, EventType, Events, Outcome, SagaKind, events, kinds};
use saga::owner::Deadlines;

use crate::cast::{Cast, Keys, asked, saga};
use crate::golden::committed;
use crate::oracle;
use crate::rows::{COMPLETED, ROWS, Row};
use crate::sequence::Sequence;

/// Longer than any deadline here.
const LONG_SECS: u32 = 1_000;

/// The rows that are drawn: as the workshops call them, and the id by which [`ROWS`] has them.
pub(crate) const FARES: [(&str, &str); 5] = [
    ("plain", "3"),
    ("fail_auth", "3_fail_auth"),
    ("fail_charge", "_fail_charge"),
    ("fail_credit", "3__fail_credit"),
    ("fail_credit_fail_refund", "3_fail_credit_fail_refund"),
];

/// The same, of orders.
pub(crate) const ORDERS: [(&str, &str); 7] = [
    ("plain", "40063fe3-56d9-4c51-b91f-71929834ce03"),
    ("1", "1c3a"),
    ("11", "11"),
    ("2", "2c3a"),
    ("22", "22-2"),
    ("3", "3c3a"),
    ("33", "33"),
];

const HEAD: &str = "\
# Choreography

Nobody conducts. Each service hears events and answers with events, and this page shows what comes of it.

It is drawn, not written. The maps and the table are rendered from what the services declare of themselves; `ensemble
render map` and `ensemble render table` print them. For each sequence diagram the services themselves were run, in
memory: it shows what they announced, asked and put on record, and what was done to them. A test draws the page anew
and fails where it differs; `BLESS=1 cargo test -p choreography` writes it.

Solid arrows lead on to a saga that ends well; dotted ones undo, or tell of a failure. A note shows, in brackets, the
state that a service has put on record, and the steps that it adds to the path: ✓ took effect, ✗ did not. What is
announced again has the same id, by which its hearers tell that it is a duplicate.
";

/// What is drawn, and all events in it.
#[derive(Default)]
struct Page {
    text: String,
    events: BTreeSet<String>,
}

impl Page {
    fn drawn() -> Self {
        let mut page = Self { text: HEAD.to_owned(), ..Self::default() };
        let all = [(None, "all sagas"), (Some(kinds::FARE), "fares"), (Some(kinds::ORDER), "orders")];
        for (kind, title) in all {
            page.figure(&format!("## The map of {title}"), &mermaid(&map(), kind));
        }
        write!(page.text, "\n## Who reacts to what\n\n{}", table(&map())).unwrap();
        let keys = Keys::new();
        for (title, kind, rows) in [("Fares", kinds::FARE, &FARES[..]), ("Orders", kinds::ORDER, &ORDERS[..])] {
            write!(page.text, "\n## {title}, row by row\n").unwrap();
            for (name, id) in rows {
                let row = ROWS.iter().find(|row| (row.kind, row.id) == (kind, *id)).unwrap();
                let heading = format!("### {}, `{name}`: {}", heading_of(kind), row.outcome.as_str());
                page.sequence(&heading, play(&keys, row));
            }
        }
        write!(page.text, "\n## Out of turn\n").unwrap();
        page.sequence("### A fare is cancelled while it is being charged", cancelled(&keys));
        page.sequence("### Payment is silent for too long, and answers after all", silent(&keys));
        page
    }

    fn figure(&mut self, heading: &str, mermaid: &str) {
        write!(self.text, "\n{heading}\n\n```mermaid\n{mermaid}```\n").unwrap();
    }

    fn sequence(&mut self, heading: &str, (diagram, events): (String, BTreeSet<String>)) {
        self.figure(heading, &diagram);
        self.events.extend(events);
    }
}

fn heading_of(kind: SagaKind) -> &'static str {
    if kind == kinds::FARE { "Fare" } else { "Order" }
}

fn requested(kind: SagaKind) -> EventType {
    if kind == kinds::FARE { events::FARE_REQUESTED } else { events::ORDER_REQUESTED }
}

/// A saga from its request on.
fn begun<'n>(cast: &'n Cast, row: &Row) -> Sequence<'n> {
    let mut run = Sequence::new(cast.world(), saga(row.kind, "r"), &cast.calls);
    run.asks(Some("client"), requested(row.kind).name(), |world| row.request(world, "r"));
    run
}

fn ended(run: Sequence<'_>) -> (String, BTreeSet<String>) {
    let events = run.events().clone();
    (run.diagram(), events)
}

/// A row, from its request to its end.
fn play(keys: &Keys, row: &Row) -> (String, BTreeSet<String>) {
    let cast = Cast::new(keys);
    let mut run = begun(&cast, row);
    run.settle();
    assert_eq!(oracle::at_rest(keys, &cast, &run.world, &[("r".to_owned(), row)]), Ok(()));
    ended(run)
}

/// A cancellation that comes between hold and capture.
fn cancelled(keys: &Keys) -> (String, BTreeSet<String>) {
    let cast = Cast::new(keys);
    let mut run = begun(&cast, &COMPLETED);
    let hand = run.begin("booking");
    run.finish("booking", hand);
    let mut charging = run.begin("payment");
    while !run.has_called("authorize") {
        // Payment may take a step before it charges.
        if run.step("payment", &mut charging) {
            charging = run.begin("payment");
        }
    }
    // The worker that has the charge in hand is slow; everybody else goes on.
    run.world.stop("payment");
    let cancel = asked("cancel_requested", saga(COMPLETED.kind, "r"), "cancel-1");
    run.asks(Some("client"), events::CANCEL_REQUESTED.name(), |world| world.send("booking", &cancel));
    run.settle();
    run.world.start("payment");
    run.finish("payment", charging);
    run.settle();
    assert_eq!(outcomes(keys, &cast, &run), [Outcome::Compensated]);
    ended(run)
}

/// Payment hears nothing, until the saga's time is up and longer.
fn silent(keys: &Keys) -> (String, BTreeSet<String>) {
    let cast = Cast::with(keys, Deadlines::default());
    let mut run = begun(&cast, &COMPLETED);
    run.world.stop("payment");
    run.settle();
    run.remark("payment", "stands still");
    for _ in 0..2 {
        run.world.pass(LONG_SECS);
        run.asks(None, "time is up", |world| assert_eq!(world.sweep(), 1));
        run.settle();
    }
    run.remark("payment", "goes on");
    run.world.start("payment");
    run.settle();
    assert_eq!(outcomes(keys, &cast, &run), [Outcome::NeedsAttention, Outcome::Compensated]);
    ended(run)
}

fn outcomes(keys: &Keys, cast: &Cast, run: &Sequence<'_>) -> Vec<Outcome> {
    let told = oracle::at_peace(keys, cast, &run.world).unwrap();
    told.values().flatten().map(|told| told.outcome).collect()
}

#[test]
fn the_page_shows_what_the_services_do() {
    committed("docs/choreography.md", &Page::drawn().text);
}

#[test]
fn the_page_is_drawn_the_same_each_time() {
    assert_eq!(Page::drawn().text, Page::drawn().text);
}

#[test]
fn every_event_stands_in_a_story_line_but_those_of_operators_and_of_bad_requests() {
    let events = Page::drawn().events;
    let missing: Vec<_> = Event::LEXICON.events.iter().filter(|event| !events.contains(event.name())).collect();
    let absent = [events::RETRY_REQUESTED, events::RESOLVE_REQUESTED, events::FARE_REJECTED, events::ORDER_REJECTED];
    assert_eq!(missing, absent.iter().collect::<Vec<_>>());
}
