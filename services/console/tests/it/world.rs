//! A stack in this process, and a client that knows nothing but HTTP.

use std::collections::BTreeMap;

use contracts::{Notification, SagaId};
use ensemble::cli::StackOptions;
use ensemble::stack::Stack;
use operate::operator::{Outcomes, Watching};
use runtime::{Aws, Environment};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::clients::{Endpoint, QUEUES};
use crate::emulator::Emulator;
use crate::harness::{PATIENCE, wait_for};

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) aws: Endpoint,
    outcomes: Outcomes,
    /// Begins with the first wait, so that a test may look into the queues itself.
    arriving: Option<Watching>,
    /// Every notification that was found, by saga: its bodies, byte for byte.
    pub(crate) found: BTreeMap<SagaId, Vec<(bool, String)>>,
}

/// The exact payload of a client, for this customer.
pub(crate) fn fare(customer: &str) -> String {
    format!(
        r#"{{"customerId": "{customer}", "fareId": "wr_563", "fareAmount": "$20.00",
     "cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111"}}"#
    )
}

/// The exact payload of a client, for this order.
pub(crate) fn order(order_id: &str) -> String {
    format!(
        r#"{{"order_id": "{order_id}", "order_date": "2018-10-19T10:50:16+08:00",
     "customer_id": "8d04ea6f-c6b2-4422-8550-839a16f01feb",
     "items": [{{"item_id": "567", "qty": 1.0, "description": "Cart item 1", "unit_price": 199.99}}]}}"#
    )
}

/// A request for a fare as a `CloudEvent`.
pub(crate) fn cloud_event(id: &str, data: &str) -> String {
    cloud_event_of("fare_requested", id, data)
}

/// Any `CloudEvent`.
pub(crate) fn cloud_event_of(event_type: &str, id: &str, data: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"{id}","source":"/test","type":"{event_type}","data":{data}}}"#)
}

pub(crate) fn saga_of(identity: &str) -> SagaId {
    SagaId::of_request("fare", identity)
}

/// The saga of an event of [`cloud_event_of`] that asks for one of this kind.
pub(crate) fn event_saga(kind: &str, id: &str) -> SagaId {
    SagaId::of_event(kind, "/test", id)
}

pub(crate) fn order_saga(identity: &str) -> SagaId {
    SagaId::of_request("order", identity)
}

/// The steps of a notification's path as its client reads them, each with its time, `!` before those that failed.
pub(crate) fn steps_of(found: &Value) -> String {
    let step = |step: &Value| {
        assert!(step["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        format!("{}{}", if step["ok"] == true { "" } else { "!" }, step["step"].as_str().unwrap())
    };
    found["path"].as_array().unwrap().iter().map(step).collect::<Vec<_>>().join(" ")
}

impl World {
    /// On the embedded endpoint.
    pub(crate) async fn start() -> Self {
        Self::at(Emulator::Embedded).await
    }

    pub(crate) async fn at(emulator: Emulator) -> Self {
        let options = StackOptions { port: 0, gateway_port: 0, data: None };
        let (stack, prefix) = match emulator {
            Emulator::Embedded => (Stack::start(&Environment::default(), &options).await, "ensemble".to_owned()),
            Emulator::LocalStack { url, prefix } => {
                let environment = [("ENSEMBLE_PREFIX".to_owned(), prefix.clone())].into_iter().collect();
                (Stack::on(Aws::at(&url).await.unwrap(), &environment, &options).await, prefix)
            }
        };
        let stack = stack.unwrap();
        let outcomes = Outcomes::new(&stack.running.aws, &stack.running.settings);
        let aws = Endpoint::at(stack.url().to_owned()).under(prefix);
        Self { arriving: None, outcomes, stack, aws, found: BTreeMap::new() }
    }

    /// The embedded endpoint, whose inside can be looked at.
    pub(crate) fn endpoint(&self) -> &local::Endpoint {
        self.stack.running.endpoint.as_ref().expect("only on the embedded endpoint")
    }

    /// `Publish` to the topic of requests for fares; answers with the SNS message id.
    pub(crate) async fn publish(&self, message: &str, request_id: Option<&str>) -> String {
        self.publish_to("fare-requests", message, request_id).await
    }

    /// `Publish` to a topic; answers with the SNS message id.
    pub(crate) async fn publish_to(&self, topic: &str, message: &str, request_id: Option<&str>) -> String {
        let arn = self.aws.topic_arn(&self.aws.name(topic));
        let mut publish = vec![("TopicArn", arn.as_str()), ("Message", message)];
        if let Some(id) = request_id {
            publish.extend([
                ("MessageAttributes.entry.1.Name", "requestId"),
                ("MessageAttributes.entry.1.Value.DataType", "String"),
                ("MessageAttributes.entry.1.Value.StringValue", id),
            ]);
        }
        let answer = self.aws.sns("Publish", &publish).await;
        answer.split("<MessageId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
    }

    /// `SendMessage` straight to a queue; answers with the SQS message id.
    pub(crate) async fn send(&self, queue: &str, body: &str, request_id: Option<&str>) -> String {
        let attributes =
            request_id.map_or(json!({}), |id| json!({"requestId": {"DataType": "String", "StringValue": id}}));
        let url = self.aws.queue_url(&self.aws.name(queue));
        let send = json!({ "QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes });
        let answer = self.aws.sqs("SendMessage", &send).await;
        answer["MessageId"].as_str().unwrap().to_owned()
    }

    /// Takes notifications out of both queues until `enough` says so.
    pub(crate) async fn watch_until(&mut self, enough: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !enough(self) {
            if Instant::now() > deadline {
                panic!("no more came; found {:#?}\ndead letters {:#?}", self.found, self.dead_letters().await);
            }
            let arriving = self.arriving.get_or_insert_with(|| self.outcomes.watch());
            let arrived = tokio::time::timeout_at(deadline, arriving.recv()).await;
            let Ok(Some(message)) = arrived else { continue };
            let message = message.unwrap();
            self.outcomes.delete(&message).await.unwrap();
            let notification: Notification = serde_json::from_str(&message.body).unwrap();
            self.found.entry(notification.saga_id).or_default().push((message.successful, message.body));
        }
    }

    /// Waits for one saga's notification: whether it was in the success queue, and its JSON.
    pub(crate) async fn outcome_of(&mut self, saga: SagaId) -> (bool, Value) {
        self.watch_until(|world| world.found.contains_key(&saga)).await;
        let (successful, body) = &self.found[&saga][0];
        (*successful, serde_json::from_str(body).unwrap())
    }

    /// Waits for a condition on the stack.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        wait_for(what, async || holds(self).await.then_some(())).await;
    }

    /// The messages of the dead-letter queues, as they stand: the queue that they were in, and their JSON.
    pub(crate) async fn dead_letters(&self) -> Vec<(&'static str, Value)> {
        let mut all = Vec::new();
        for queue in QUEUES {
            let found = self.aws.look(&self.aws.name(&format!("{queue}-dlq"))).await;
            all.extend(found.into_iter().map(|letter| (queue, letter)));
        }
        all
    }

    /// What a service has on record of a saga, as text; nothing if it does not know it.
    pub(crate) async fn record(&self, service: &str, saga: SagaId) -> String {
        let get =
            json!({ "TableName": self.aws.name(service), "Key": { "saga": { "S": saga } }, "ConsistentRead": true });
        let found = self.aws.dynamodb("GetItem", &get).await;
        found.get("Item").map(Value::to_string).unwrap_or_default()
    }

    /// Whether all service queues are empty.
    pub(crate) async fn is_quiet(&self) -> bool {
        self.aws.is_quiet().await
    }
}
