//! What fulfillment asks of the stock before it decides: a count. What is taken is taken with its own write.

use contracts::SagaId;
use runtime::{Perform, Stock, Unavailable};
use rust_decimal::Decimal;

use crate::Fulfillment;

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
pub struct StockEffects(pub Stock);

impl Perform<Fulfillment> for StockEffects {
    async fn perform(&self, _saga: SagaId, effect: Effect) -> Result<Reply, Unavailable> {
        match effect {
            Effect::Count(items) => self.0.count(&items).await.map(Reply::Counted),
        }
    }
}
