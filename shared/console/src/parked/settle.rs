//! `parked redrive` and `discard`.
//!
//! **Invariant:** nothing is done before it is on record that it is about to be done.

use operate::audit::Audit;
use operate::parked::{Act, Held, Settled, settle_all};
use runtime::{Aws, CancellationToken, Environment, Settings};
use serde_json::json;
use uuid::Uuid;
use wire::Vocabulary;

use super::look::{give_back, keep, stopped};
use super::{choice, told};
use crate::cli::parked::{DiscardOptions, RedriveOptions, SettleOptions};
use crate::console::Console;
use crate::{Error, draw};

/// Message ids in one record: with more it could grow beyond what a table takes, 400 KB.
const IDS_MAX: usize = 100;

/// How fast messages are deleted.
const DISCARD_RATE: u32 = 1000;

/// What is done, and why.
struct Plan<'a> {
    action: &'static str,
    options: &'a SettleOptions,
    why: &'a str,
    /// What cleaning takes out, in a word.
    removed: &'static str,
    rate: u32,
    /// Where to, by name: the queue that the operator named.
    to: Option<String>,
    operation: Uuid,
    stop: &'a CancellationToken,
}

/// What is about to be done in one queue.
struct Part {
    queue: String,
    subject: String,
    /// Where to, by name; `None`: nowhere, it is discarded.
    to: Option<String>,
    matched: usize,
    redacted: usize,
}

/// Sends messages back.
pub(super) async fn redrive<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &RedriveOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    options.settle.filter.require(options.settle.all, "redriven")?;
    let settings = Settings::read(environment)?;
    let aws = Aws::connect(environment).await?;
    let to = match &options.to {
        Some(to) => Some(choice::destination(console, &aws, &settings, to).await?),
        None => None,
    };
    let plan = Plan { to, rate: options.rate, ..plan("redrive", &options.settle, &options.why, console.removed, stop) };
    carry_out(console, environment, &aws, &settings, &plan).await
}

/// Deletes messages.
pub(super) async fn discard<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &DiscardOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    options.settle.filter.require(options.settle.all, "discarded")?;
    let settings = Settings::read(environment)?;
    let aws = Aws::connect(environment).await?;
    let why = options.why.as_deref().unwrap_or_default();
    carry_out(console, environment, &aws, &settings, &plan("discard", &options.settle, why, console.removed, stop))
        .await
}

fn plan<'a>(
    action: &'static str,
    options: &'a SettleOptions,
    why: &'a str,
    removed: &'static str,
    stop: &'a CancellationToken,
) -> Plan<'a> {
    Plan { action, options, why, removed, rate: DISCARD_RATE, to: None, operation: Uuid::new_v4(), stop }
}

async fn carry_out<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    aws: &Aws,
    settings: &Settings,
    plan: &Plan<'_>,
) -> Result<(), Error> {
    let filter = &plan.options.filter;
    let places = choice::chosen(console, settings, filter.queue.as_deref())?;
    if places.iter().any(|place| Some(&place.name) == plan.to.as_ref()) {
        return Err(Error::Usage("--to: a queue is not redriven into itself".to_owned()));
    }
    let audit = Audit::new(aws, settings, environment, console.cleaning())?;
    let stop = plan.stop;
    let mut all = Held::read(aws, places, stop).await?;
    let prepared = match keep(&mut all, filter).await {
        Ok(()) => prepare(settings, plan, &mut all).await,
        Err(error) => Err(error),
    };
    let parts = match prepared {
        Ok(parts) if !stop.is_cancelled() => parts,
        prepared => {
            give_back(all).await?;
            return Err(prepared.err().unwrap_or_else(stopped));
        }
    };
    if plan.options.dry_run {
        let told = would::<V>(settings, plan, &parts, &all);
        give_back(all).await?;
        return draw::print(&told);
    }
    if let Err(error) = begin::<V>(&audit, plan, &parts, &all).await {
        give_back(all).await?;
        return Err(error);
    }
    // Crash here: it is on record that something was about to be done; how much was done is not.
    let act = |part: &Part| match &part.to {
        Some(to) => Act::Redrive(aws.queue_url(to)),
        None => Act::Discard,
    };
    let acts = parts.iter().map(act).collect();
    let done = settle_all(all, acts, plan.rate, stop).await;
    end(&audit, plan, parts, done, stop.is_cancelled()).await
}

/// What is about to be done in each queue; what can never be handled is given back before.
async fn prepare(settings: &Settings, plan: &Plan<'_>, all: &mut [Held]) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    for held in all {
        let redriven = plan.action == "redrive";
        let redacted = held.letters().filter(|letter| redriven && letter.redacted).count();
        if redacted > 0 {
            held.keep(|letter| !letter.redacted).await?;
        }
        let meant_for = || plan.to.clone().unwrap_or_else(|| held.place.meant_for.clone());
        parts.push(Part {
            queue: choice::label(settings, &held.place),
            subject: held.place.name.clone(),
            to: redriven.then(meant_for),
            matched: held.letters().len(),
            redacted,
        });
    }
    Ok(parts)
}

/// Puts on record what is about to be done.
async fn begin<V: Vocabulary>(audit: &Audit, plan: &Plan<'_>, parts: &[Part], all: &[Held]) -> Result<(), Error> {
    for (part, held) in parts.iter().zip(all).filter(|(part, _)| part.matched > 0) {
        let ids: Vec<_> = held.letters().take(IDS_MAX).map(|letter| &letter.id).collect();
        let detail = json!({
            "phase": "began", "operation": plan.operation, "filter": plan.options.filter.on_record::<V>(), "to": part.to,
            "rate": plan.rate, "matched": part.matched, "redacted": part.redacted, "ids": ids,
        });
        audit.append(&part.subject, plan.action, plan.why, &detail).await?;
    }
    Ok(())
}

/// Gives back the rest, puts on record what was done, and tells it.
async fn end(
    audit: &Audit,
    plan: &Plan<'_>,
    parts: Vec<Part>,
    done: Vec<(Held, Settled)>,
    was_stopped: bool,
) -> Result<(), Error> {
    let (all, settled): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    let mut failed = give_back(all).await.err();
    let mut lines = Vec::new();
    for (part, Settled { done, failed: stopped_by }) in parts.into_iter().zip(settled) {
        if part.matched + part.redacted == 0 {
            continue;
        }
        let left = part.matched.saturating_sub(done.len());
        lines.push(told_of(plan, &part, done.len(), left));
        if part.matched > 0 {
            let detail = json!({
                "phase": "ended", "operation": plan.operation, "to": part.to, "done": done.len(), "left": left,
                "stopped": was_stopped, "error": stopped_by.as_ref().map(ToString::to_string),
                "ids": done.iter().take(IDS_MAX).collect::<Vec<_>>(),
            });
            failed =
                failed.or(audit.append(&part.subject, plan.action, plan.why, &detail).await.err().map(Error::from));
        }
        failed = stopped_by.map(Error::from).or(failed);
    }
    if lines.is_empty() && !plan.options.output.json {
        lines.push("Nothing matches; what somebody else looks at is not seen.".to_owned());
    }
    draw::print(&lines)?;
    match failed {
        Some(error) => Err(error),
        None if was_stopped => Err(stopped()),
        None => Ok(()),
    }
}

/// What would be done.
fn would<V: Vocabulary>(settings: &Settings, plan: &Plan<'_>, parts: &[Part], all: &[Held]) -> Vec<String> {
    let as_json = plan.options.output.json;
    let some = parts.iter().filter(|part| part.matched + part.redacted > 0);
    let mut lines: Vec<_> = some.map(|part| told_of(plan, part, 0, part.matched)).collect();
    if !as_json {
        lines.extend(told::groups::<V>(settings, all, false));
        lines.push(draw::faint("a dry run: nothing was done"));
    }
    lines
}

fn told_of(plan: &Plan<'_>, part: &Part, done: usize, left: usize) -> String {
    let Part { queue, to, matched, redacted, .. } = part;
    if plan.options.output.json {
        return json!({
            "queue": queue, "action": plan.action, "to": to, "matched": matched, "done": done, "left": left,
            "redacted": redacted, "dryRun": plan.options.dry_run, "operation": plan.operation,
        })
        .to_string();
    }
    let to = to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
    let participle = if plan.action == "redrive" { "redriven" } else { "discarded" };
    let mut text = if plan.options.dry_run {
        format!("{queue}: {matched} would be {participle}{to}")
    } else {
        format!("{} {queue}: {done} of {matched} {participle}{to}", draw::mark(left == 0))
    };
    if *redacted > 0 {
        text = format!(
            "{text}\n  {redacted} stay: {removed} was removed from them, so their requests have to be made anew",
            removed = plan.removed,
        );
    }
    text
}
