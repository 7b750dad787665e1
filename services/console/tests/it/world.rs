//! A stack in this process, and a client that knows nothing but HTTP: no SDK, no signature.

use std::collections::BTreeMap;
use std::time::Duration;

use console::cli::StackOptions;
use console::stack::Stack;
use contracts::{Notification, SagaId};
use runtime::operator::{Found, Outcomes};
use runtime::{Environment, Unavailable};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long a test waits for something that does not happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) stack: Stack,
    client: reqwest::Client,
    outcomes: Outcomes,
    /// Begins with the first wait, so that a test may look into the queues itself.
    arriving: Option<mpsc::Receiver<Result<Found, Unavailable>>>,
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

pub(crate) fn order_saga(identity: &str) -> SagaId {
    SagaId::of_request("order", identity)
}

impl World {
    pub(crate) async fn start() -> Self {
        let options = StackOptions { port: 0, gateway_port: 0, data: None };
        let stack = Stack::start(&Environment::default(), &options).await.unwrap();
        let outcomes = Outcomes::new(&stack.aws, &stack.settings);
        Self { arriving: None, outcomes, stack, client: reqwest::Client::new(), found: BTreeMap::new() }
    }

    /// `Publish` to the topic of requests for fares; answers with the SNS message id.
    pub(crate) async fn publish(&self, message: &str, request_id: Option<&str>) -> String {
        self.publish_to("ensemble-fare-requests", message, request_id).await
    }

    /// `Publish` to a topic; answers with the SNS message id.
    pub(crate) async fn publish_to(&self, topic: &str, message: &str, request_id: Option<&str>) -> String {
        let arn = format!("arn:aws:sns:us-east-1:000000000000:{topic}");
        let mut form = vec![("Action", "Publish"), ("Version", "2010-03-31"), ("TopicArn", &arn), ("Message", message)];
        if let Some(id) = request_id {
            form.extend([
                ("MessageAttributes.entry.1.Name", "requestId"),
                ("MessageAttributes.entry.1.Value.DataType", "String"),
                ("MessageAttributes.entry.1.Value.StringValue", id),
            ]);
        }
        let body = form.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect::<Vec<_>>().join("&");
        let request = self.client.post(self.stack.endpoint.url());
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{text}");
        text.split("<MessageId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
    }

    /// `SendMessage` straight to a queue; answers with the SQS message id.
    pub(crate) async fn send(&self, queue: &str, body: &str, request_id: Option<&str>) -> String {
        let attributes =
            request_id.map_or(json!({}), |id| json!({"requestId": {"DataType": "String", "StringValue": id}}));
        let request = json!({
            "QueueUrl": self.stack.aws.queue_url(queue), "MessageBody": body, "MessageAttributes": attributes,
        });
        let answer = self.call("AmazonSQS.SendMessage", &request).await;
        answer["MessageId"].as_str().unwrap().to_owned()
    }

    /// Any call in AWS JSON.
    pub(crate) async fn call(&self, target: &str, request: &Value) -> Value {
        let request = self
            .client
            .post(self.stack.endpoint.url())
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.0")
            .body(request.to_string());
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{target}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Takes notifications out of both queues until `enough` says so.
    pub(crate) async fn watch_until(&mut self, enough: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !enough(self) {
            assert!(
                Instant::now() < deadline,
                "no more came; found {:#?}\ndead letters {:#?}",
                self.found,
                self.dead_letters()
            );
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
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The messages of the dead-letter queues, as they stand: queue and text.
    pub(crate) fn dead_letters(&self) -> Vec<(String, String)> {
        self.stack.endpoint.dump().into_iter().filter(|(place, _)| place.ends_with("-dlq")).collect()
    }

    /// Whether all service queues are empty.
    pub(crate) fn is_quiet(&self) -> bool {
        let queues = ["booking", "payment", "fulfillment", "notifier"].map(|name| format!("queue ensemble-{name}"));
        !self.stack.endpoint.dump().iter().any(|(place, _)| queues.contains(place))
    }
}

fn percent(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
