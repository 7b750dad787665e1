//! What a request consumes of capacity, as the engine computes it.
//!
//! **Invariant:** a caller is told what was consumed only if it asked.

use dynoxide::Result;
use dynoxide::actions::batch_execute_statement::{BatchExecuteStatementRequest, BatchExecuteStatementResponse};
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, BatchGetItemResponse};
use dynoxide::actions::delete_item::{DeleteItemRequest, DeleteItemResponse};
use dynoxide::actions::get_item::{GetItemRequest, GetItemResponse};
use dynoxide::actions::put_item::{PutItemRequest, PutItemResponse};
use dynoxide::actions::query::{QueryRequest, QueryResponse};
use dynoxide::actions::scan::{ScanRequest, ScanResponse};
use dynoxide::actions::transact_write_items::{TransactWriteItemsRequest, TransactWriteItemsResponse};
use dynoxide::actions::update_item::{UpdateItemRequest, UpdateItemResponse};
use dynoxide::types::ConsumedCapacity;

use crate::carried::{Carried, READ_HALVES, WRITE_HALVES};

/// A request whose answer can tell what it consumed.
pub(super) trait Metered {
    /// Its answer.
    type Answer;
    /// What is consumed: read units or write units.
    const HALVES: &'static str;

    /// Whether and how the answer is to tell.
    fn asked(&mut self) -> &mut Option<String>;

    /// Takes out of an answer what was consumed.
    fn told(answer: &mut Self::Answer) -> Vec<ConsumedCapacity>;
}

macro_rules! metered {
    ($($request:ty => $answer:ty, $halves:ident, $take:expr;)*) => {$(
        impl Metered for $request {
            type Answer = $answer;
            const HALVES: &'static str = $halves;

            fn asked(&mut self) -> &mut Option<String> {
                &mut self.return_consumed_capacity
            }

            fn told(answer: &mut $answer) -> Vec<ConsumedCapacity> {
                let take: fn(&mut $answer) -> Vec<ConsumedCapacity> = $take;
                take(answer)
            }
        }
    )*};
}

metered! {
    PutItemRequest => PutItemResponse, WRITE_HALVES, |answer| answer.consumed_capacity.take().into_iter().collect();
    UpdateItemRequest => UpdateItemResponse, WRITE_HALVES, |answer| answer.consumed_capacity.take().into_iter().collect();
    DeleteItemRequest => DeleteItemResponse, WRITE_HALVES, |answer| answer.consumed_capacity.take().into_iter().collect();
    TransactWriteItemsRequest => TransactWriteItemsResponse, WRITE_HALVES, |answer| answer.consumed_capacity.take().unwrap_or_default();
    BatchExecuteStatementRequest => BatchExecuteStatementResponse, WRITE_HALVES, |answer| answer.consumed_capacity.take().unwrap_or_default();
    GetItemRequest => GetItemResponse, READ_HALVES, |answer| answer.consumed_capacity.take().into_iter().collect();
    QueryRequest => QueryResponse, READ_HALVES, |answer| answer.consumed_capacity.take().into_iter().collect();
    ScanRequest => ScanResponse, READ_HALVES, |answer| answer.consumed_capacity.take().into_iter().collect();
    BatchGetItemRequest => BatchGetItemResponse, READ_HALVES, |answer| answer.consumed_capacity.take().unwrap_or_default();
}

/// Executes a request, and adds up what it consumes. One whose caller asks by itself passes as it is.
pub(super) fn metered<R: Metered>(
    carried: &Carried,
    mut request: R,
    execute: impl FnOnce(R) -> Result<R::Answer>,
) -> Result<R::Answer> {
    if request.asked().is_some() {
        return execute(request);
    }
    *request.asked() = Some("TOTAL".to_owned());
    let mut answer = execute(request)?;
    let consumed = R::told(&mut answer);
    carried.halves(R::HALVES, consumed.iter().map(|consumed| halves(consumed.capacity_units)).sum());
    Ok(answer)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    reason = "the engine tells units as numbers with a half at most, none of them negative"
)]
fn halves(units: f64) -> u64 {
    (units * 2.0).round() as u64
}
