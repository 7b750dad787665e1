//! What fulfillment asks of the stock before it decides: a count. What is taken is taken with its own write.

use contracts::{Event, SagaId};
use runtime::{Call, Counters, Failed, Perform};
use rust_decimal::Decimal;
use saga::step::Steps;

/// The table of the stock: a counter for each item that is tracked.
pub const STOCK: &str = "stock";

/// What fulfillment asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// How much is there of these items?
    Count(Vec<String>),
}

/// What it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// So much of those that are tracked.
    Counted(Vec<(String, Decimal)>),
}

/// Fulfillment's effects, over the stock table.
#[derive(Clone, Debug)]
pub struct StockEffects(pub Counters);

impl Perform<Steps<Event, Effect, Reply>> for StockEffects {
    fn call(&self, effect: &Effect) -> Call {
        match effect {
            Effect::Count(_) => Call::new("DynamoDB", "count the stock"),
        }
    }

    async fn perform(&self, _saga: SagaId, effect: Effect) -> Result<Reply, Failed> {
        match effect {
            Effect::Count(items) => Ok(self.0.count(&items).await.map(Reply::Counted)?),
        }
    }
}
