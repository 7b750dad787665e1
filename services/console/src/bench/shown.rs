//! How figures are shown: to people as a table, to programs as one document.

use clap::ValueEnum;
use console::draw;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use super::figures::Figures;
use super::plan::OPEN_MAX;
use super::prices;
use crate::cli::Mix;

/// What has to be known of all figures.
const CAVEAT: &str = "the bench, an embedded endpoint, a simulated gateway and each service are processes of one machine: \
                      counts and prices are those of AWS, times are not";

/// What has to be known of prices.
const PRICED: &str = "list prices of us-east-1 without compute, storage and a free tier; Step Functions: a transition a \
                      step, one to start and one to notify";

impl Figures {
    /// A table.
    pub(super) fn as_text(&self) -> String {
        let mut lines = vec![draw::strong(self.title()), draw::faint(CAVEAT), String::new()];
        lines.extend(self.times());
        lines.push(String::new());
        lines.extend(self.processes());
        lines.push(String::new());
        lines.extend(self.counts());
        lines.push(String::new());
        lines.extend(self.costs());
        lines.push(String::new());
        let all = format!("All {} sagas ended as their rows want it, and so did the gateway's ledger.", self.verified);
        lines.push(format!("{} {all}", draw::mark(true)));
        lines.join("\n")
    }

    fn title(&self) -> String {
        let Self { kind, verified, rate, .. } = self;
        let mix = match self.mix {
            Mix::Happy => "all go well",
            Mix::Thirty => "30 in a hundred fail",
        };
        let pace = match rate {
            Some(rate) => format!("{rate} a second"),
            None => format!("at most {OPEN_MAX} open"),
        };
        format!("{verified} sagas of kind {kind}, {mix}, {pace}")
    }

    fn times(&self) -> Vec<String> {
        let [p50, p95, p99, max] = self.latency;
        let rate = |rate: Option<Decimal>| or_unknown(rate, " sagas a second");
        vec![
            row("whole run", format!("{} in {} s", rate(self.per_second), self.seconds)),
            row("middle 80 %", rate(self.per_second_middle)),
            row("published", format!("{}, {} open at most", rate(self.published_per_second), self.open_most)),
            row("latency in ms", format!("p50 {p50}, p95 {p95}, p99 {p99}, max {max}")),
        ]
    }

    fn processes(&self) -> Vec<String> {
        let title = draw::faint(format!("{:15} {:>17} {:>17}", "process", "CPU-s of 1,000", "peak memory, MiB"));
        let line = |name: &str, cpu: Option<Decimal>, peak: Option<Decimal>| {
            row(name, format!("{:>17} {:>17}", or_unknown(cpu, ""), or_unknown(peak, "")))
        };
        let shares = self.shares.iter().map(|share| line(share.name, share.cpu, share.peak_mib));
        let together = row("together", format!("{:>17}", or_unknown(self.cpu(), "")));
        std::iter::once(title).chain(shares).chain([together]).collect()
    }

    /// Of all processes, where each is known.
    fn cpu(&self) -> Option<Decimal> {
        self.shares.iter().map(|share| share.cpu).sum()
    }

    fn counts(&self) -> Vec<String> {
        let title = format!("{:36} {:>9} {:>9} {:>12}", "call", "calls", "a saga", "fill of one");
        let mut lines = vec![draw::faint(title)];
        for operation in &self.operations {
            let fill = operation.fill.map_or_else(|| "–".to_owned(), |fill| format!("{fill:.2}"));
            let (name, calls) = (&operation.name, operation.calls);
            lines.push(format!("{name:36} {calls:>9} {:>9.2} {fill:>12}", operation.per_saga));
        }
        let Self { writes, write_units, read_units, empty_receives_per_saga: empty, .. } = self;
        lines.push(String::new());
        lines.push(row(
            "a saga",
            format!("{writes} writes of {write_units} units, {read_units} read units, {empty} receives of nothing"),
        ));
        let item = |table: &super::figures::Table| format!("{} {}", table.name, table.bytes_per_item);
        lines.push(row("bytes an item", self.tables.iter().map(item).collect::<Vec<_>>().join(", ")));
        lines
    }

    fn costs(&self) -> Vec<String> {
        let cost = &self.cost;
        let (total, steps) = (cost.total(), cost.transitions_per_saga);
        let title = "dollars for a million sagas".to_owned();
        vec![
            draw::faint(title),
            row("SNS", format!("{:>9.2}", cost.sns)),
            row("SQS", format!("{:>9.2}", cost.sqs)),
            row("DynamoDB", format!("{:>9.2}", cost.dynamodb)),
            row("together", format!("{total:>9.2}")),
            row("Step Functions", format!("{:>9.2} for {steps} transitions each", cost.step_functions)),
            draw::faint(PRICED),
        ]
    }

    /// One document.
    pub(super) fn as_json(&self) -> String {
        let [p50, p95, p99, max] = self.latency.map(number);
        let mix = self.mix.to_possible_value();
        let call = |operation: &super::figures::Operation| {
            let fields = json!({
                "calls": operation.calls, "perSaga": number(operation.per_saga), "fill": operation.fill.map(number),
            });
            (operation.name.clone(), fields)
        };
        let table = |table: &super::figures::Table| {
            let fields = json!({ "items": table.items, "bytesPerItem": number(table.bytes_per_item) });
            (table.name.clone(), fields)
        };
        let share = |share: &super::figures::Share| {
            let fields = json!({
                "cpuSecondsPer1000": share.cpu.map(number), "peakMemoryMib": share.peak_mib.map(number),
            });
            (share.name.to_owned(), fields)
        };
        let price = |price: &&prices::Price| {
            json!({
                "of": price.of, "dollarsPerMillion": number(price.per_million()), "asOf": price.as_of,
                "source": price.source,
            })
        };
        let cost = &self.cost;
        json!({
            "saga": self.kind.as_str(), "mix": mix.map(|mix| mix.get_name().to_owned()), "rate": self.rate,
            "verified": self.verified, "openMost": self.open_most, "seconds": number(self.seconds),
            "publishedPerSecond": self.published_per_second.map(number),
            "sagasPerSecond": {
                "wholeRun": self.per_second.map(number), "middle80": self.per_second_middle.map(number),
            },
            "latencyMs": { "p50": p50, "p95": p95, "p99": p99, "max": max },
            "calls": self.operations.iter().map(call).collect::<Map<_, _>>(),
            "perSaga": {
                "writes": number(self.writes), "writeUnits": number(self.write_units), "readUnits": number(self.read_units),
                "emptyReceives": number(self.empty_receives_per_saga),
            },
            "tables": self.tables.iter().map(table).collect::<Map<_, _>>(),
            "processes": self.shares.iter().map(share).collect::<Map<_, _>>(),
            "cpuSecondsPer1000": self.cpu().map(number), "caveat": CAVEAT,
            "dollarsPerMillion": {
                "sns": number(cost.sns), "sqs": number(cost.sqs), "dynamodb": number(cost.dynamodb),
                "total": number(cost.total()), "stepFunctions": number(cost.step_functions),
                "transitionsPerSaga": number(cost.transitions_per_saga), "caveat": PRICED,
            },
            "prices": prices::ALL.iter().map(price).collect::<Vec<_>>(),
        })
        .to_string()
    }
}

fn row(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name:15} {value}")
}

fn or_unknown(value: Option<Decimal>, unit: &str) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| format!("{value}{unit}"))
}

/// A decimal as a number of JSON.
fn number(value: Decimal) -> Value {
    value.normalize().to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}
