//! `probe`: whether an endpoint does what the runtime relies on.
//!
//! **Invariant:** before anything is made, it is said what, and that it is deleted again; and at the end, what was not.

use operate::probe::{Finding, Probe, Report, Verdict};
use runtime::{Aws, CancellationToken, Environment, Settings};
use saga::Topology;
use serde_json::json;

use crate::cli::JsonOption;
use crate::{Error, draw};

/// Probes, prints a line for each thing that was tried, and fails if anything differs.
pub(crate) async fn probe(
    environment: &Environment,
    output: JsonOption,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let aws = Aws::connect(environment).await?;
    let probe = Probe::new(&aws, &Settings::read(environment)?)?;
    anstream::eprintln!("{}", announcement(&aws, &probe));
    let Report { findings, stopped, left } = probe.run(stop).await?;
    for resource in &left {
        anstream::eprintln!("{} left behind, delete it by hand: {resource}", draw::mark(false));
    }
    if stopped {
        let rest = if left.is_empty() { "; what it had made is deleted" } else { "" };
        return Err(Error::Failed(format!("stopped before its end{rest}")));
    }
    let mut lines: Vec<String> = findings.iter().map(|finding| line(finding, output.json)).collect();
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let [passed, differ, unknown] = [Verdict::Pass, Verdict::Differs, Verdict::Unknown].map(count);
    if !output.json {
        lines.push(format!("\n{} tried: {passed} pass, {differ} differ, {unknown} unknown", findings.len()));
    }
    draw::print(&lines)?;
    match differ {
        0 => Ok(()),
        _ => Err(Error::Failed(format!("{differ} of {} differ from what the runtime relies on", findings.len()))),
    }
}

/// What is about to be made, and where.
fn announcement(aws: &Aws, probe: &Probe) -> String {
    let Topology { tables, queues, topics, subscriptions } = probe.topology();
    let dead = queues.iter().filter(|queue| queue.dlq.is_some()).count();
    let itself = || draw::strong("AWS ITSELF, where that costs a little and needs the permission to do so");
    let place = match aws.places() {
        [(_, sqs), (_, sns), (_, dynamodb)] if sqs == sns && sns == dynamodb => sqs.map_or_else(itself, str::to_owned),
        places => {
            let each = places.map(|(service, url)| format!("{service} at {}", url.map_or_else(itself, str::to_owned)));
            each.join(", ")
        }
    };
    format!(
        "Probing {place}: makes {} tables, {} queues and {} topic, all named {}-…, and deletes them at the end.",
        tables.len(),
        queues.len() + dead + subscriptions.len(),
        topics.len(),
        probe.prefix(),
    )
}

/// A finding: what was tried and why; and below it what was seen, if that is not as it should be.
fn line(finding: &Finding, json: bool) -> String {
    let Finding { service, semantic, relied_on, verdict, seen } = finding;
    if json {
        let seen = (!seen.is_empty()).then_some(seen);
        return json!({
            "service": service, "semantic": semantic, "reliedOn": relied_on, "result": verdict.as_str(), "seen": seen,
        })
        .to_string();
    }
    let mark = match verdict {
        Verdict::Pass => draw::mark(true),
        Verdict::Differs => draw::mark(false),
        Verdict::Unknown => draw::faint("?"),
    };
    let head = format!("{mark} {:8} {service:9} {semantic:64} {}", verdict.as_str(), draw::faint(relied_on));
    if seen.is_empty() { head } else { format!("{head}\n           {seen}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_stands_below_what_was_tried() {
        let finding = |verdict, seen: &str| Finding {
            service: "SQS",
            semantic: "a deleted message never comes back",
            relied_on: "ADR 0003",
            verdict,
            seen: seen.to_owned(),
        };
        let drawn = |finding| anstream::adapter::strip_str(&line(&finding, false)).to_string();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        let passed = drawn(finding(Verdict::Pass, ""));
        assert_eq!(words(&passed), "✓ pass SQS a deleted message never comes back ADR 0003");
        let differs = drawn(finding(Verdict::Differs, "it came"));
        let (head, below) = differs.split_once('\n').unwrap();
        assert_eq!((words(head), below.trim()), (words(&passed.replace("✓ pass", "✗ differs")), "it came"));
        let unknown: serde_json::Value = serde_json::from_str(&line(&finding(Verdict::Unknown, "why"), true)).unwrap();
        assert_eq!((&unknown["result"], &unknown["seen"]), (&json!("unknown"), &json!("why")));
    }
}
