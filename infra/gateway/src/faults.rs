//! Fault injection: rules that delay an answer or the act itself, lose an answer, or fail before acting.
//!
//! **Invariant:** a fault never changes what a request does, only what the caller learns of it;
//! `fail` alone keeps the request from acting at all.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Hold an amount on a card.
    Authorize,
    /// Take a held amount.
    Capture,
    /// Let a held amount go.
    Void,
    /// Give a taken amount back.
    Refund,
    /// Take an amount from an account at once, without a card.
    Debit,
    /// Each of the others; only a fault rule names it.
    Any,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It acts at once and answers after the delay.
    Late(Duration),
    /// It works for the delay, then acts and answers; until then nobody can see what it will do.
    Slow(Duration),
    /// It acts, then closes the connection without an answer.
    Lose,
    /// It answers 503 and does not act.
    Fail,
}

/// A rule: what goes wrong, where, and how often.
///
/// # Examples
///
/// ```
/// use gateway::{Fault, FaultKind, Operation};
///
/// let fault: Fault = "lose:capture:every=3:times=2".parse()?;
/// assert_eq!((fault.kind, fault.operation), (FaultKind::Lose, Operation::Capture));
/// # Ok::<(), gateway::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Fault {
    /// The calls that the rule is about.
    pub operation: Operation,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many more times; `None` for ever.
    pub times: Option<u32>,
    /// Strike only each matching call whose number is a multiple of this.
    pub every: NonZeroU32,
    /// Only calls about customers whose id ends with this; `None` for all.
    pub customer: Option<String>,
}

/// Why a rule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The first part is no kind.
    #[error("`{0}` is no kind of fault: late, slow, lose or fail")]
    Kind(String),
    /// The second part is no operation.
    #[error("`{0}` is no operation: authorize, capture, void, refund, debit or any")]
    Operation(String),
    /// A further part is not understood.
    #[error(
        "`{0}` is not understood: every=<1 or more>, times=<number>, customer=<the end of its id>, or for `late` and `slow` a delay such as 500ms"
    )]
    Part(String),
    /// A late or slow answer needs a delay.
    #[error("`late` and `slow` need a delay: delayMs, or on a command line a part such as 500ms")]
    DelayMissing,
    /// Only a late or slow answer has a delay.
    #[error("only `late` and `slow` have a delay")]
    DelayUnused,
}

/// A rule as JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    operation: Operation,
    kind: WireKind,
    #[serde(default)]
    times: Option<u32>,
    #[serde(default = "always")]
    every: NonZeroU32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireKind {
    Late,
    Slow,
    Lose,
    Fail,
}

fn always() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl TryFrom<Wire> for Fault {
    type Error = FaultError;

    fn try_from(wire: Wire) -> Result<Self, FaultError> {
        let Wire { operation, kind, times, every, delay_ms, customer } = wire;
        let kind = match (kind, delay_ms) {
            (WireKind::Late, Some(millis)) => FaultKind::Late(Duration::from_millis(millis)),
            (WireKind::Slow, Some(millis)) => FaultKind::Slow(Duration::from_millis(millis)),
            (WireKind::Late | WireKind::Slow, None) => return Err(FaultError::DelayMissing),
            (WireKind::Lose, None) => FaultKind::Lose,
            (WireKind::Fail, None) => FaultKind::Fail,
            (WireKind::Lose | WireKind::Fail, Some(_)) => return Err(FaultError::DelayUnused),
        };
        Ok(Self { operation, kind, times, every, customer })
    }
}

impl From<Fault> for Wire {
    fn from(fault: Fault) -> Self {
        let Fault { operation, kind, times, every, customer } = fault;
        let millis = |delay: Duration| Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        let (kind, delay_ms) = match kind {
            FaultKind::Late(delay) => (WireKind::Late, millis(delay)),
            FaultKind::Slow(delay) => (WireKind::Slow, millis(delay)),
            FaultKind::Lose => (WireKind::Lose, None),
            FaultKind::Fail => (WireKind::Fail, None),
        };
        Self { operation, kind, times, every, delay_ms, customer }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(':');
        let kind = match parts.next().unwrap_or_default() {
            "late" => WireKind::Late,
            "slow" => WireKind::Slow,
            "lose" => WireKind::Lose,
            "fail" => WireKind::Fail,
            other => return Err(FaultError::Kind(other.to_owned())),
        };
        let operation = match parts.next().unwrap_or_default() {
            "authorize" => Operation::Authorize,
            "capture" => Operation::Capture,
            "void" => Operation::Void,
            "refund" => Operation::Refund,
            "debit" => Operation::Debit,
            "any" => Operation::Any,
            other => return Err(FaultError::Operation(other.to_owned())),
        };
        let mut wire = Wire { operation, kind, times: None, every: always(), delay_ms: None, customer: None };
        for part in parts {
            wire.set(part).ok_or_else(|| FaultError::Part(part.to_owned()))?;
        }
        Self::try_from(wire)
    }
}

impl Wire {
    fn set(&mut self, part: &str) -> Option<()> {
        if let Some(every) = part.strip_prefix("every=") {
            self.every = every.parse().ok()?;
        } else if let Some(times) = part.strip_prefix("times=") {
            self.times = Some(times.parse().ok()?);
        } else if let Some(customer) = part.strip_prefix("customer=") {
            self.customer = Some(customer.to_owned());
        } else {
            self.delay_ms = Some(part.strip_suffix("ms")?.parse().ok()?);
        }
        Some(())
    }
}

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Vec<Rule>>);

#[derive(Debug)]
struct Rule {
    fault: Fault,
    matched: u32,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(rules(faults)))
    }

    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        *self.lock() = rules(faults);
    }

    /// The rules with what remains of them.
    pub(crate) fn remaining(&self) -> Vec<Fault> {
        self.lock().iter().map(|rule| rule.fault.clone()).collect()
    }

    /// The fault that strikes this call about this customer, if that is known: each matching rule
    /// counts it, and the first one due is used.
    pub(crate) fn strike(&self, operation: Operation, customer: Option<&str>) -> Option<FaultKind> {
        let mut struck = None;
        for rule in self.lock().iter_mut().filter(|rule| rule.matches(operation, customer)) {
            rule.matched = rule.matched.wrapping_add(1);
            let due = rule.matched.is_multiple_of(rule.fault.every.get()) && rule.fault.times != Some(0);
            if due && struck.is_none() {
                rule.fault.times = rule.fault.times.map(|times| times.saturating_sub(1));
                struck = Some(rule.fault.kind);
            }
        }
        struck
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn matches(&self, operation: Operation, customer: Option<&str>) -> bool {
        let of_operation = self.fault.operation == Operation::Any || self.fault.operation == operation;
        let suffix = self.fault.customer.as_deref();
        of_operation && suffix.is_none_or(|suffix| customer.is_some_and(|customer| customer.ends_with(suffix)))
    }
}

fn rules(faults: Vec<Fault>) -> Vec<Rule> {
    faults.into_iter().map(|fault| Rule { fault, matched: 0 }).collect()
}

#[cfg(test)]
mod tests;
