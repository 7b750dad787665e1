//! Publishes requests, and watches outcomes.
//!
//! **Invariant:** it waits for outcomes as any client does, and publishes beside that: neither waits for the other.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use console::{Error, Request, Stack, publish_requests};
use contracts::{Event, Notification, SagaId};
use operate::operator::{Found, Outcomes};
use runtime::Unavailable;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::plan::Plan;
use super::tally::Tally;
use crate::rows::Row;

/// How long it waits for anything to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Publish calls under way at a time, and deletes of what was found: enough that neither holds up the services.
const IN_FLIGHT_MAX: usize = 32;

/// How often the progress is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// A publish call that was answered, and when.
type Published = (Instant, Vec<Result<SagaId, Unavailable>>);

struct Load<'a, R> {
    stack: &'a Stack,
    plan: &'a Plan,
    rows: R,
    began: Instant,
    sent: usize,
    tally: Tally,
    publishing: JoinSet<Published>,
    deleting: JoinSet<Result<(), Unavailable>>,
}

/// Plays the plan to its end.
pub(super) async fn run(stack: &Stack, plan: &Plan) -> Result<Tally, Error> {
    let began = Instant::now();
    let mut load = Load {
        stack,
        plan,
        rows: plan.rows(),
        began,
        sent: 0,
        tally: Tally::new(began),
        publishing: JoinSet::new(),
        deleting: JoinSet::new(),
    };
    let outcomes = Outcomes::new(&stack.aws, &stack.settings);
    let mut arriving = outcomes.watch();
    let mut progress = Progress::new(plan.count);
    while load.goes_on() {
        load.publish();
        let patience = sleep_until(Instant::now() + PATIENCE);
        let next = plan.next(load.sent).map(|next| began + next);
        let may_publish = load.publishing.len() < IN_FLIGHT_MAX;
        tokio::select! {
            Some(published) = load.publishing.join_next() => load.published(published)?,
            Some(deleted) = load.deleting.join_next() => deleted.map_err(|error| Error::because(&error))??,
            found = arriving.recv(), if load.deleting.len() < IN_FLIGHT_MAX => {
                let Some(found) = found.transpose()? else {
                    return Err(Error::Failed("the outcomes ended before their time".to_owned()));
                };
                load.found(&outcomes, found);
            }
            () = sleep_until(next.unwrap_or(began)), if next.is_some() && may_publish => {}
            () = patience => {
                let told = load.tally.ends.len();
                return Err(Error::Failed(format!("{told} of {} outcomes came, and no other for {PATIENCE:?}", plan.count)));
            }
        }
        progress.show(load.tally.ends.len());
    }
    progress.end();
    arriving.close().await?;
    Ok(load.tally)
}

impl<R: Iterator<Item = &'static Row>> Load<'_, R> {
    fn goes_on(&self) -> bool {
        self.tally.ends.len() < self.plan.count || !self.publishing.is_empty() || !self.deleting.is_empty()
    }

    /// Starts to publish what is due.
    fn publish(&mut self) {
        while self.publishing.len() < IN_FLIGHT_MAX {
            let due = self.plan.due(self.began.elapsed(), self.sent, self.tally.open());
            if due == 0 {
                return;
            }
            let mut requests = Vec::with_capacity(due);
            for row in self.rows.by_ref().take(due) {
                let request = Request::new(row.kind, row.request());
                self.tally.asked(request.saga(), row);
                requests.push(request);
            }
            self.sent += due;
            let (aws, settings) = (self.stack.aws.clone(), self.stack.settings.clone());
            self.publishing.spawn(async move {
                let published = publish_requests::<Event>(&aws, &settings, requests).await;
                (Instant::now(), published)
            });
        }
    }

    fn published(&mut self, published: Result<Published, JoinError>) -> Result<(), Error> {
        let (at, sagas) = published.map_err(|error| Error::because(&error))?;
        for saga in sagas {
            self.tally.accepted(saga?, at);
        }
        Ok(())
    }

    /// Tallies an outcome, and starts to delete it.
    fn found(&mut self, outcomes: &Outcomes, found: Found) {
        let at = Instant::now();
        match serde_json::from_str::<Notification>(&found.body) {
            Ok(told) => self.tally.told(&told, at),
            Err(error) => self.tally.problems.push(format!("a notification cannot be read: {error}")),
        }
        let outcomes = outcomes.clone();
        self.deleting.spawn(async move { outcomes.delete(&found).await });
    }
}

/// A line on standard error, where that is a terminal.
struct Progress {
    all: usize,
    shown: Option<Instant>,
    to_terminal: bool,
}

impl Progress {
    fn new(all: usize) -> Self {
        Self { all, shown: None, to_terminal: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: usize) {
        if self.to_terminal && self.shown.is_none_or(|shown| shown.elapsed() >= SHOWN_EVERY) {
            self.shown = Some(Instant::now());
            write(&format!("\r{done} of {} sagas are over", self.all));
        }
    }

    fn end(self) {
        if self.to_terminal {
            write("\r\x1b[K");
        }
    }
}

/// Whoever closed standard error misses nothing but this line.
fn write(text: &str) {
    let mut out = std::io::stderr();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_default();
}
