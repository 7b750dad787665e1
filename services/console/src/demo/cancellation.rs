//! Cancels a saga in the middle of its payment: a message that any client could send.

use std::num::NonZeroU32;
use std::time::Duration;

use console::{Error, Request, publish_requests};
use contracts::{Event, SagaId, events, kinds};
use gateway::{Fault, FaultKind, Operation};
use saga::{Announcement, Channel};
use serde_json::json;

use crate::stack::Stack;

/// How late the gateway answers: time enough for the cancellation to reach the pivot before the payment does.
const LATE: Duration = Duration::from_secs(2);

/// How often the gateway's ledger is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Publishes a request, and cancels its saga once its card is being authorised, for which it waits so long at most.
pub(super) async fn publish_and_cancel(stack: &Stack, request: Request, patience: Duration) -> Result<(), Error> {
    let late = Fault {
        operation: Operation::Authorize,
        kind: FaultKind::Late(LATE),
        times: Some(1),
        every: NonZeroU32::MIN,
        customer: None,
    };
    stack.gateway.set_faults(vec![late]);
    let called = ask_and_wait(stack, request, patience).await;
    // Whatever came of it, the others meet a gateway without faults.
    stack.gateway.set_faults(Vec::new());
    let saga = called?;
    let name = events::CANCEL_REQUESTED.as_str();
    let id = saga.derive("demo/cancel");
    let body = json!({
        "specversion": "1.0", "id": id, "source": "/ensemble/demo", "type": name,
        "data": { "sagaId": saga, "by": "the customer", "reason": "a change of plans" },
    });
    let cancel = Announcement {
        channel: Channel::Requests(kinds::FARE),
        id,
        name: name.to_owned(),
        body: body.to_string(),
        attributes: Vec::new(),
    };
    for published in operate::operator::publish(&stack.running.aws, &stack.running.settings, vec![cancel]).await {
        published?;
    }
    Ok(())
}

/// Publishes a request, and waits until the gateway has been called for its saga.
async fn ask_and_wait(stack: &Stack, request: Request, patience: Duration) -> Result<SagaId, Error> {
    let saga = request.saga();
    for published in publish_requests::<Event>(&stack.running.aws, &stack.running.settings, vec![request]).await {
        published?;
    }
    let called = async {
        while stack.gateway.ledger(&saga.to_string()).calls == 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let called = tokio::time::timeout(patience, called).await;
    called.map_err(|_elapsed| Error::Failed("the gateway was not called for the fare to be cancelled".to_owned()))?;
    Ok(saga)
}
