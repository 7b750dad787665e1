//! `ensemble bench`: how fast sagas are, what they call, and what they cost, on a stack of its own.
//!
//! **Invariant:** figures are told only of a run in which every saga ended as its row wants it.
//!
//! | file | holds |
//! | --- | --- |
//! | `plan` | which row is played when |
//! | `load` | publishes requests, watches outcomes |
//! | `tally` | what came of each saga |
//! | `process` | what this process used |
//! | `prices` | list prices |
//! | `figures`, `shown` | what it comes to, and how that is shown |

mod figures;
mod load;
mod plan;
mod prices;
mod process;
mod shown;
mod tally;

use std::io::Write;
use std::time::Duration;

use console::Error;
use gateway::Ledger;
use operate::depth::depth;
use runtime::{CancellationToken, Environment};

use crate::cli::{BenchOptions, StackOptions};
use crate::given::console;
use crate::stack::Stack;

use figures::{Figures, Measured};
use plan::Plan;
use process::Usage;
use tally::Tally;

/// How long queues may take to be empty after the last outcome.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often they are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Problems that are told one by one; of more, only the number is told.
const TOLD: usize = 10;

/// Measures.
pub(crate) async fn bench(
    environment: &Environment,
    options: &BenchOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let plan = Plan::new(console().kind(&options.kind)?, options.mix, options.count, options.rate);
    let stack = Stack::start(environment, &StackOptions { port: 0, gateway_port: 0, data: None }).await?;
    let result = tokio::select! {
        result = measure(&stack, &plan) => result,
        () = stop.cancelled() => Err(Error::Failed("stopped before its end".to_owned())),
    };
    stack.stop().await;
    let figures = result?;
    let text = if options.output.json { figures.as_json() } else { figures.as_text() };
    writeln!(anstream::stdout(), "{text}").map_err(Error::output)
}

async fn measure(stack: &Stack, plan: &Plan) -> Result<Figures, Error> {
    let Some(endpoint) = &stack.running.endpoint else {
        return Err(Error::Failed("the stack has no endpoint of its own".to_owned()));
    };
    let (calls, carried, usage) = (endpoint.calls(), endpoint.carried(), Usage::now());
    let tally = load::run(stack, plan).await?;
    settled(stack).await?;
    let measured = Measured {
        calls: endpoint.calls().since(&calls),
        carried: endpoint.carried().since(&carried),
        tables: endpoint.tables(),
        usage: Usage::now().since(&usage),
    };
    verify(&tally, stack.gateway.totals())?;
    Ok(Figures::new(plan, &tally, &measured, &stack.running.settings.names))
}

/// Waits until nothing waits in any queue, so that every call of the sagas is counted.
async fn settled(stack: &Stack) -> Result<(), Error> {
    let queues: Vec<_> = stack.running.changes.iter().filter(|change| change.kind == "queue").collect();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let mut waiting = Vec::new();
        for queue in &queues {
            let all = depth(&stack.running.aws, &queue.name).await?.all();
            waiting.extend((all > 0).then(|| format!("{all} in {}", queue.name)));
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            return Err(Error::Failed(format!("messages are left over: {}", waiting.join(", "))));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether every saga, and the gateway's ledger, is as the rows want it.
fn verify(tally: &Tally, totals: Ledger) -> Result<(), Error> {
    let mut problems = tally.problems.clone();
    let Ledger { authorized, captured, voided, refunded, .. } = totals;
    let counted = [authorized, captured, voided, refunded];
    if counted != tally.ledger {
        problems.push(format!("the gateway should have counted {:?} in all, and counted {counted:?}", tally.ledger));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let more = problems.len().saturating_sub(TOLD);
    problems.truncate(TOLD);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(Error::Failed(problems.join("\n")))
}
