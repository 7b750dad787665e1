//! What a run comes to.
//!
//! **Invariant:** figures are exact decimals; they are rounded once, when they are made.

use std::time::Duration;

use contracts::SagaKind;
use local::Calls;
use rust_decimal::Decimal;
use saga::topology::Names;

use super::plan::Plan;
use super::prices::{READ, SNS, SQS, TRANSITION, WRITE};
use super::process::Usage;
use super::processes::Used;
use super::tally::Tally;
use crate::cli::Mix;

/// The one call that the bench makes and no client would: it looks whether queues are empty.
const OWN: &str = "sqs:GetQueueAttributes";

/// What was measured of all processes.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) calls: Calls,
    pub(super) carried: Calls,
    /// Tables, their items and their bytes.
    pub(super) tables: Vec<(String, u64, u64)>,
    pub(super) used: Vec<Used>,
}

/// An operation of AWS.
#[derive(Debug)]
pub(super) struct Operation {
    /// `sns:PublishBatch`.
    pub(super) name: String,
    pub(super) calls: u64,
    pub(super) per_saga: Decimal,
    /// Messages or entries of a call, where it takes more than one.
    pub(super) fill: Option<Decimal>,
}

/// The items of a table at the end.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) items: u64,
    pub(super) bytes_per_item: Decimal,
}

/// What a process took.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) name: &'static str,
    /// Seconds of the processor for 1,000 sagas.
    pub(super) cpu: Option<Decimal>,
    pub(super) peak_mib: Option<Decimal>,
}

/// Dollars for a million sagas.
#[derive(Debug)]
pub(super) struct Cost {
    pub(super) sns: Decimal,
    pub(super) sqs: Decimal,
    pub(super) dynamodb: Decimal,
    /// The same steps as states of an orchestrator: a transition each, one to start and one to notify.
    pub(super) step_functions: Decimal,
    pub(super) transitions_per_saga: Decimal,
}

impl Share {
    fn of(used: &Used, sagas: Decimal) -> Self {
        let Usage { cpu, peak_kib } = used.usage;
        Self {
            name: used.name,
            cpu: cpu.map(|cpu| (seconds(cpu) * Decimal::ONE_THOUSAND / sagas).round_dp(2)),
            peak_mib: peak_kib.map(|kib| (Decimal::from(kib) / Decimal::from(1024)).round_dp(1)),
        }
    }
}

impl Cost {
    pub(super) fn total(&self) -> Decimal {
        self.sns + self.sqs + self.dynamodb
    }
}

/// All figures.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) kind: SagaKind,
    pub(super) mix: Mix,
    pub(super) rate: Option<u32>,
    pub(super) verified: usize,
    pub(super) open_most: usize,
    pub(super) seconds: Decimal,
    pub(super) published_per_second: Option<Decimal>,
    pub(super) per_second: Option<Decimal>,
    /// The same without the first and the last tenth of the outcomes.
    pub(super) per_second_middle: Option<Decimal>,
    /// In ms: the median, 95 and 99 of a hundred, the longest.
    pub(super) latency: [Decimal; 4],
    pub(super) operations: Vec<Operation>,
    pub(super) empty_receives_per_saga: Decimal,
    /// Conditional writes of a saga, alone or in a batch.
    pub(super) writes: Decimal,
    pub(super) write_units: Decimal,
    pub(super) read_units: Decimal,
    pub(super) tables: Vec<Table>,
    pub(super) shares: Vec<Share>,
    pub(super) cost: Cost,
}

impl Figures {
    pub(super) fn new(plan: &Plan, tally: &Tally, measured: &Measured, names: &Names) -> Self {
        let Measured { calls, carried, tables, used } = measured;
        let sagas = tally.ends.len();
        let all = Decimal::from(sagas.max(1));
        let end = tally.ends.last().copied().unwrap_or_default();
        let from = sagas / 10;
        let to = sagas.saturating_sub(from + 1);
        let between = tally.ends.get(to).zip(tally.ends.get(from)).map(|(to, from)| to.saturating_sub(*from));
        let mut latencies = tally.latencies.clone();
        latencies.sort_unstable();
        let halves = |name: &str| Decimal::from(carried.get(name)) / Decimal::TWO;
        let (written, read) = (halves("dynamodb:write-unit-halves"), halves("dynamodb:read-unit-halves"));
        let transitions = Decimal::from(tally.steps + 2 * sagas) / all;
        Self {
            kind: plan.kind,
            mix: plan.mix,
            rate: plan.rate,
            verified: sagas,
            open_most: tally.open_most,
            seconds: seconds(end).round_dp(2),
            published_per_second: per_second(sagas, tally.last_accepted),
            per_second: per_second(sagas, end),
            per_second_middle: between.and_then(|between| per_second(to.saturating_sub(from), between)),
            latency: [50, 95, 99, 100].map(|percent| millis(quantile(&latencies, percent))),
            operations: operations(calls, carried, all),
            empty_receives_per_saga: (Decimal::from(carried.get("sqs:empty-receive")) / all).round_dp(2),
            writes: (Decimal::from(calls.get("dynamodb:conditional-write")) / all).round_dp(2),
            write_units: (written / all).round_dp(2),
            read_units: (read / all).round_dp(2),
            tables: tables.iter().filter_map(|table| filled(table, names)).collect(),
            shares: used.iter().map(|used| Share::of(used, all)).collect(),
            cost: Cost {
                sns: (billed(calls, carried, "sns") / all * SNS.per_million()).round_dp(2),
                sqs: (billed(calls, carried, "sqs") / all * SQS.per_million()).round_dp(2),
                dynamodb: ((written * WRITE.per_million() + read * READ.per_million()) / all).round_dp(2),
                step_functions: (transitions * TRANSITION.per_million()).round_dp(2),
                transitions_per_saga: transitions.round_dp(2),
            },
        }
    }
}

fn operations(calls: &Calls, carried: &Calls, sagas: Decimal) -> Vec<Operation> {
    let operation = |(name, calls): (&str, u64)| {
        let entries = carried.get(name);
        Operation {
            name: name.to_owned(),
            calls,
            per_saga: (Decimal::from(calls) / sagas).round_dp(2),
            fill: (entries > 0).then(|| (Decimal::from(entries) / Decimal::from(calls)).round_dp(2)),
        }
    };
    calls.iter().filter(|(name, _)| is_operation(name)).map(operation).collect()
}

/// What is counted besides calls, such as conditions, is in small letters.
fn is_operation(name: &str) -> bool {
    let operation = name.split_once(':').map_or(name, |(_, operation)| operation);
    operation.starts_with(|c: char| c.is_ascii_uppercase()) && name != OWN
}

/// What a service bills as requests.
fn billed(calls: &Calls, carried: &Calls, service: &str) -> Decimal {
    let of_service = |name: &str| is_operation(name) && name.split(':').next() == Some(service);
    let called: u64 = calls.iter().filter(|(name, _)| of_service(name)).map(|(_, calls)| calls).sum();
    Decimal::from(called + carried.get(&format!("{service}:more-64-KiB")))
}

fn filled((name, items, bytes): &(String, u64, u64), names: &Names) -> Option<Table> {
    let bytes_per_item = Decimal::from(*bytes).checked_div(Decimal::from(*items))?.round_dp(0);
    Some(Table { name: names.short(name).to_owned(), items: *items, bytes_per_item })
}

/// The value that so many of a hundred do not exceed; of sorted ones.
fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn per_second(sagas: usize, within: Duration) -> Option<Decimal> {
    Decimal::from(sagas).checked_div(seconds(within)).map(|rate| rate.round_dp(1))
}

fn seconds(duration: Duration) -> Decimal {
    Decimal::from(duration.as_micros()) / Decimal::from(1_000_000)
}

fn millis(duration: Duration) -> Decimal {
    (Decimal::from(duration.as_micros()) / Decimal::ONE_THOUSAND).round_dp(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let all: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let of = |percent| millis(quantile(&all, percent));
        assert_eq!([50, 95, 99, 100].map(of), [100, 190, 198, 200].map(Decimal::from));
        assert_eq!(quantile(&all[..1], 50), Duration::from_millis(1));
        assert_eq!(quantile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn a_rate_of_no_time_is_unknown() {
        assert_eq!(per_second(5, Duration::ZERO), None);
        assert_eq!(per_second(5, Duration::from_secs(2)), Some(Decimal::new(25, 1)));
    }

    #[test]
    fn only_calls_that_clients_make_are_operations() {
        let names = ["sqs:ReceiveMessage", "dynamodb:conditional-write", OWN];
        assert_eq!(names.map(is_operation), [true, false, false]);
    }
}
