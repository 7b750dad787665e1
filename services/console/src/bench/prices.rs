//! List prices of AWS, for `us-east-1`, without a free tier, in dollars.
//!
//! Deliveries from SNS into queues are free. Prices change: each has the month of its last comparison, which was with
//! pages that quote the source. The source decides.

use rust_decimal::Decimal;

/// A price.
#[derive(Debug)]
pub struct Price {
    /// What is paid for.
    pub of: &'static str,
    /// Thousandths of a dollar for a million of them.
    thousandths_per_million: i64,
    /// The month of the last comparison.
    pub as_of: &'static str,
    /// Where AWS states it.
    pub source: &'static str,
}

impl Price {
    /// What a million costs.
    #[must_use]
    pub fn per_million(&self) -> Decimal {
        Decimal::new(self.thousandths_per_million, 3)
    }
}

/// A publish call, single or of a batch, for each 64 KiB of its payload.
pub const SNS: Price = Price {
    of: "SNS request of up to 64 KiB, standard topic",
    thousandths_per_million: 500,
    as_of: "2026-06",
    source: "https://aws.amazon.com/sns/pricing/",
};

/// Any call, single or of a batch, for each 64 KiB of its payload.
pub const SQS: Price = Price {
    of: "SQS request of up to 64 KiB, standard queue",
    thousandths_per_million: 400,
    as_of: "2026-03",
    source: "https://aws.amazon.com/sqs/pricing/",
};

/// 1 KiB of an item, written.
pub const WRITE: Price = Price {
    of: "DynamoDB write request unit, on demand",
    thousandths_per_million: 625,
    as_of: "2024-11",
    source: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
};

/// 4 KiB of an item, read with strong consistency.
pub const READ: Price = Price {
    of: "DynamoDB read request unit, on demand",
    thousandths_per_million: 125,
    as_of: "2024-11",
    source: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
};

/// What an orchestrator takes for a step.
pub const TRANSITION: Price = Price {
    of: "Step Functions state transition, standard workflow",
    thousandths_per_million: 25_000,
    as_of: "2026-03",
    source: "https://aws.amazon.com/step-functions/pricing/",
};

/// All of them.
pub const ALL: [&Price; 5] = [&SNS, &SQS, &WRITE, &READ, &TRANSITION];
