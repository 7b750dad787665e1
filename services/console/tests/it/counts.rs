//! What a happy fare costs, counted call by call.

use console::request::{Request, publish_fares};

use crate::world::{World, fare};

const FARES: usize = 200;

#[tokio::test]
async fn a_happy_fare_costs_five_conditional_writes_no_read_and_one_charge() {
    let mut world = World::start().await;
    let before = world.stack.endpoint.calls();
    let requests = (0..FARES).map(|_| Request::new(fare("3"))).collect();
    for published in publish_fares(&world.stack.aws, &world.stack.settings, requests).await {
        published.unwrap();
    }
    world.watch_until(|world| world.found.len() == FARES).await;
    world.until("all is settled", World::is_quiet).await;
    let calls = world.stack.endpoint.calls().since(&before);

    let writes = 5 * u64::try_from(FARES).unwrap();
    assert_eq!(calls.get("dynamodb:conditional-write"), writes);
    assert_eq!(calls.get("dynamodb:condition-failed"), 0);
    assert_eq!(calls.get("dynamodb:UpdateItem"), writes);
    // Nothing but this: no read, no call of the control plane.
    let hot_path = [
        "dynamodb:UpdateItem",
        "dynamodb:conditional-write",
        "dynamodb:condition-failed",
        "sns:PublishBatch",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessageBatch",
        "sqs:ChangeMessageVisibilityBatch",
        // The client that watches.
        "sqs:DeleteMessage",
    ];
    let others: Vec<_> = calls.iter().filter(|(name, count)| *count > 0 && !hot_path.contains(name)).collect();
    assert_eq!(others, []);

    let gateway = world.stack.gateway.totals();
    let fares = u64::try_from(FARES).unwrap();
    assert_eq!([gateway.authorized, gateway.captured, gateway.voided, gateway.refunded], [fares, fares, 0, 0]);
    assert_eq!(gateway.calls, 2 * fares);
    world.stack.stop().await;
}
