//! `ensemble bench`: how fast sagas are, what they call, and what they cost, on processes of its own.
//!
//! **Invariant:** figures are told only of a run in which every saga ended as its row wants it.
//!
//! | file | holds |
//! | --- | --- |
//! | `plan` | which row is played when |
//! | `load` | publishes requests, watches outcomes |
//! | `tally` | what came of each saga |
//! | `processes` | the endpoint, the gateway and each service, apart |
//! | `process` | what a process used |
//! | `prices` | list prices |
//! | `figures`, `shown` | what it comes to, and how that is shown |

mod figures;
mod load;
mod plan;
pub mod prices;
mod process;
mod processes;
mod shown;
mod tally;

use std::io::Write;
use std::time::Duration;

use console::{Error, Stack};
use gateway::Ledger;
use operate::depth::depth;
use runtime::{Aws, CancellationToken, Environment};

use crate::cli::BenchOptions;
use crate::given::console;
use crate::judge;

use figures::{Figures, Measured};
use plan::Plan;
use processes::Processes;
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
    let figures = tokio::select! {
        figures = played(environment, &plan) => figures?,
        () = stop.cancelled() => return Err(Error::Failed("stopped before its end".to_owned())),
    };
    let text = if options.output.json { figures.as_json() } else { figures.as_text() };
    writeln!(anstream::stdout(), "{text}").map_err(Error::output)
}

/// Plays the plan on processes of its own.
async fn played(environment: &Environment, plan: &Plan) -> Result<Figures, Error> {
    let mut processes = Processes::start(environment).await?;
    let aws = Aws::at(&processes.endpoint).await?;
    // The queues and tables; the services are processes of their own.
    let stack = Stack::on(&console(), aws, environment, |_| Ok(Vec::new())).await?;
    processes.start_services(environment, &stack.settings).await?;
    let measured = measure(&processes, &stack, plan).await;
    // Whoever died is the reason for everything else.
    processes.all_run()?;
    stack.stop().await;
    processes.end().await?;
    measured
}

async fn measure(processes: &Processes, stack: &Stack, plan: &Plan) -> Result<Figures, Error> {
    let (calls, carried, used) = (processes.calls().await?, processes.carried().await?, processes.used());
    let tally = load::run(stack, plan).await?;
    settled(stack).await?;
    let measured = Measured {
        calls: processes.calls().await?.since(&calls),
        carried: processes.carried().await?.since(&carried),
        tables: processes.tables().await?,
        used: processes.used().into_iter().zip(used).map(|(now, then)| now.since(&then)).collect(),
    };
    verify(&tally, processes).await?;
    Ok(Figures::new(plan, &tally, &measured, &stack.settings.names))
}

/// Waits until nothing waits in any queue, so that every call of the sagas is counted.
async fn settled(stack: &Stack) -> Result<(), Error> {
    let queues: Vec<_> = stack.changes.iter().filter(|change| change.kind == "queue").collect();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let mut waiting = Vec::new();
        for queue in &queues {
            let all = depth(&stack.aws, &queue.name).await?.all();
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

/// Whether every saga, and what the gateway did for each and for all, is as the rows want it.
async fn verify(tally: &Tally, processes: &Processes) -> Result<(), Error> {
    let mut problems = tally.problems.clone();
    for (saga, row) in tally.rows() {
        let ledger = processes.ledger(Some(&saga.to_string())).await?;
        let problem = judge::ledger_problem(row, ledger);
        problems.extend(problem.map(|problem| format!("{} {}, saga {saga}: {problem}", row.kind, row.name)));
    }
    let Ledger { authorized, captured, voided, refunded, .. } = processes.ledger(None).await?;
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
