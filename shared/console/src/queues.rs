//! `queues`: how much waits in every queue.
//!
//! **Invariant:** unless ages are asked for, nothing is received.

use std::io::Write;
use std::time::Duration;

use operate::depth::{Depth, depth, oldest};
use runtime::{Aws, Environment, Settings};
use serde_json::json;
use wire::Vocabulary;

use crate::cli::parked::QueuesOptions;
use crate::console::Console;
use crate::{Error, age, draw};

/// A queue and what was found out about it.
struct Row {
    name: String,
    depth: Depth,
    /// Of a sample: the queue's oldest message is at least that old.
    at_least: Option<Duration>,
    dead_letters: Option<u64>,
    undelivered: Option<u64>,
}

/// Shows every queue of the topology.
pub(crate) async fn queues<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &QueuesOptions,
) -> Result<(), Error> {
    let settings = Settings::read(environment)?;
    let aws = Aws::connect(environment).await?;
    let topology = console.topology(&settings);
    let mut rows = Vec::new();
    for queue in &topology.queues {
        let all_in = async |name: Option<&str>| match name {
            Some(name) => depth(&aws, name).await.map(|depth| Some(depth.all())),
            None => Ok(None),
        };
        let found = depth(&aws, &queue.name).await?;
        let oldest = if options.age && found.visible > 0 { oldest(&aws, &queue.name).await? } else { None };
        rows.push(Row {
            name: settings.names.short(&queue.name).to_owned(),
            depth: found,
            at_least: oldest.map(|sent| age::since(sent, age::now())),
            dead_letters: all_in(queue.dlq.as_deref()).await?,
            undelivered: all_in(topology.undelivered(&queue.name)).await?,
        });
    }
    let text = if options.output.json { as_json(&rows) } else { as_table(&rows, options.age) };
    writeln!(anstream::stdout(), "{text}").map_err(Error::output)
}

fn as_json(rows: &[Row]) -> String {
    let line = |row: &Row| {
        json!({
            "queue": row.name, "visible": row.depth.visible, "inFlight": row.depth.in_flight,
            "delayed": row.depth.delayed, "oldestSecsAtLeast": row.at_least.map(|age| age.as_secs()),
            "deadLetters": row.dead_letters, "undelivered": row.undelivered,
        })
        .to_string()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn as_table(rows: &[Row], with_ages: bool) -> String {
    let age_title = if with_ages { "oldest" } else { "" };
    let title = format!(
        "{:15} {:>9} {:>9} {:>9} {age_title:>10} {:>12} {:>12}",
        "queue", "visible", "in flight", "delayed", "dead letters", "undelivered"
    );
    let mut lines = vec![draw::faint(title)];
    for row in rows {
        let Depth { visible, in_flight, delayed } = row.depth;
        let oldest = match row.at_least {
            Some(age) => format!("≥ {}", age::draw(age)),
            None if with_ages => "–".to_owned(),
            None => String::new(),
        };
        // Padded before it is coloured, since a colour is made of characters too.
        let parked = |count: Option<u64>| {
            let text = count.map_or_else(|| "–".to_owned(), |count| count.to_string());
            if count > Some(0) { draw::strong(format!("{text:>12}")) } else { format!("{text:>12}") }
        };
        let (dead, undelivered) = (parked(row.dead_letters), parked(row.undelivered));
        lines.push(format!(
            "{:15} {visible:>9} {in_flight:>9} {delayed:>9} {oldest:>10} {dead} {undelivered}",
            row.name
        ));
    }
    if with_ages {
        lines.push(draw::faint("≥: the oldest of up to 10 visible messages, a sample; one that waits may be older"));
    }
    lines.join("\n")
}
