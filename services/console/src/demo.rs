//! `ensemble demo`: the story in a few seconds, and a check that it came out right.
//!
//! **Invariant:** every row is asked for as any client would ask, and judged by what any client finds.

mod cancellation;
mod show;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use console::{Error, Request, draw, publish_requests};
use contracts::{Event, Events, Notification, SagaId, SagaKind};
use operate::operator::Outcomes;
use runtime::{CancellationToken, Environment};
use saga::Channel;

use crate::cli::{DemoOptions, StackOptions};
use crate::given::console;
use crate::rows::{self, Row};
use crate::stack::Stack;

use show::Played;

/// How long the demo waits for a notification that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays the rows.
pub(crate) async fn demo(
    environment: &Environment,
    options: &DemoOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let kind = options.kind.as_deref().map(|name| console().kind(name)).transpose()?;
    let rows = rows::chosen(kind, &options.row)?;
    let stack =
        Stack::start(environment, &StackOptions { port: options.port, gateway_port: options.gateway_port, data: None })
            .await?;
    let result = tokio::select! {
        result = play(&stack, &rows, options.output.json) => result,
        () = stop.cancelled() => Err(Error::Failed("stopped before its end".to_owned())),
    };
    stack.stop().await;
    result
}

async fn play(stack: &Stack, rows: &[&'static Row], json: bool) -> Result<(), Error> {
    let mut out = anstream::stdout();
    if !json {
        writeln!(out, "{}", title(stack, rows)).map_err(Error::output)?;
    }
    let sagas = ask(stack, rows).await?;
    let mut found = BTreeMap::new();
    wait_for(stack, &sagas, &mut found, json).await?;
    let mut wrong = 0;
    for (row, saga) in rows.iter().zip(&sagas) {
        let ledger = stack.gateway.ledger(&saga.to_string());
        let played = Played { row, found: found.remove(saga), ledger };
        wrong += usize::from(!played.problems().is_empty());
        let text = if json { played.as_json() } else { played.as_text() };
        writeln!(out, "{text}").map_err(Error::output)?;
    }
    if wrong > 0 {
        return Err(Error::Failed(format!("{wrong} of {} sagas did not end as they should", rows.len())));
    }
    if !json {
        let all = match rows.len() {
            1 => "The saga ended as it should.".to_owned(),
            all => format!("All {all} sagas ended as they should."),
        };
        let all = format!("\n{} {all}", draw::mark(true));
        writeln!(out, "{all} Next: {}", draw::strong(format!("{} up", crate::up::program()))).map_err(Error::output)?;
    }
    Ok(())
}

/// What is going to happen.
fn title(stack: &Stack, rows: &[&Row]) -> String {
    let to = |kind: SagaKind| {
        let count = rows.iter().filter(|row| row.kind == kind).count();
        (count > 0).then(|| {
            format!(
                "  requests               {count} to {}",
                stack.running.settings.names.topic(Channel::Requests(kind))
            )
        })
    };
    let mut lines = vec![
        Some(draw::strong("Ensemble: sagas that go well, fail, and are undone, by choreography.")),
        Some(format!("  embedded AWS endpoint  {}  {}", stack.url(), draw::faint("not for production"))),
        Some(format!("  simulated gateway      {}", stack.gateway.url())),
        Some("  services               booking, payment, fulfillment, notifier".to_owned()),
    ];
    lines.extend(Event::LEXICON.kinds.iter().copied().map(to));
    lines.push(Some(String::new()));
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Asks for all rows; their sagas, in order.
async fn ask(stack: &Stack, rows: &[&Row]) -> Result<Vec<SagaId>, Error> {
    let requests: Vec<_> = rows.iter().map(|row| (row, Request::new(row.kind, row.request()))).collect();
    let sagas = requests.iter().map(|(_, request)| request.saga()).collect();
    let (cancelled, others): (Vec<_>, Vec<_>) = requests.into_iter().partition(|(row, _)| row.cancelled);
    // First, while nobody else calls the gateway: it answers one call late, and that must be the right one.
    for (_, request) in cancelled {
        cancellation::publish_and_cancel(stack, request, PATIENCE).await?;
    }
    let others = others.into_iter().map(|(_, request)| request).collect();
    for published in publish_requests::<Event>(&stack.running.aws, &stack.running.settings, others).await {
        published?;
    }
    Ok(sagas)
}

type Found = BTreeMap<SagaId, (Notification, String)>;

/// Waits until every saga has its notification, and shows how many have.
async fn wait_for(stack: &Stack, sagas: &[SagaId], found: &mut Found, json: bool) -> Result<(), Error> {
    let outcomes = Outcomes::new(&stack.running.aws, &stack.running.settings);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut arriving = outcomes.watch();
    let mut shown = usize::MAX;
    while found.len() < sagas.len() {
        if shown != found.len() && !json {
            shown = found.len();
            progress(shown, sagas.len())?;
        }
        let arrived = tokio::select! {
            () = tokio::time::sleep_until(deadline) => break,
            arrived = arriving.recv() => arrived,
        };
        let Some(message) = arrived.transpose()? else {
            break;
        };
        if let Ok(notification) = serde_json::from_str::<Notification>(&message.body) {
            outcomes.delete(&message).await?;
            found.insert(notification.saga_id, (notification, message.body));
        }
    }
    if !json {
        progress(found.len(), sagas.len())?;
        if std::io::stdout().is_terminal() {
            writeln!(anstream::stdout()).map_err(Error::output)?;
        }
    }
    Ok(())
}

/// A line that is written over on a terminal, and written below the last elsewhere.
fn progress(done: usize, all: usize) -> Result<(), Error> {
    let mut out = anstream::stdout();
    let line = format!("Waiting for outcomes in the success and failure queues: {done} of {all}");
    let written = if std::io::stdout().is_terminal() { write!(out, "\r{line}") } else { writeln!(out, "{line}") };
    written.and_then(|()| out.flush()).map_err(Error::output)
}
