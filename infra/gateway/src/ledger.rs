//! The counts that calls add up to.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How often each thing was really done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Amounts held; a debit holds none.
    pub authorized: u64,
    /// Amounts taken, by a capture or a debit.
    pub captured: u64,
    /// Holds let go.
    pub voided: u64,
    /// Amounts given back.
    pub refunded: u64,
    /// Well-formed POSTs, with replays, refusals and injected failures.
    pub calls: u64,
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Self) {
        self.authorized += other.authorized;
        self.captured += other.captured;
        self.voided += other.voided;
        self.refunded += other.refunded;
        self.calls += other.calls;
    }
}
