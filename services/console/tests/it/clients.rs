//! What a test asks an AWS endpoint and the simulated gateway, in plain HTTP: no SDK, no signature.

use std::collections::BTreeMap;

use gateway::Ledger;
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

/// The services, as `ensemble run` calls them.
pub(crate) const SERVICES: [&str; 4] = ["booking", "payment", "fulfillment", "notifier"];

/// The queues of the services, each of which has a dead-letter queue. The second is booking's for events.
pub(crate) const QUEUES: [&str; 5] = ["booking", "booking-answers", "payment", "fulfillment", "notifier"];

/// A client that no proxy comes between.
fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// The embedded endpoint or another one, as any AWS client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    http: Client,
    pub(crate) url: String,
    /// What the names of all that is ours begin with.
    prefix: String,
}

impl Endpoint {
    pub(crate) fn at(url: String) -> Self {
        Self { http: client(), url, prefix: "ensemble".to_owned() }
    }

    /// The same with another prefix.
    pub(crate) fn under(self, prefix: String) -> Self {
        Self { prefix, ..self }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What is called `ensemble-<short>` unless there is another prefix.
    pub(crate) fn name(&self, short: &str) -> String {
        format!("{}-{short}", self.prefix)
    }

    pub(crate) fn queue_url(&self, queue: &str) -> String {
        format!("{}/000000000000/{queue}", self.url)
    }

    pub(crate) fn topic_arn(&self, topic: &str) -> String {
        format!("arn:aws:sns:us-east-1:000000000000:{topic}")
    }

    /// Calls SQS.
    pub(crate) async fn sqs(&self, operation: &str, body: &Value) -> Value {
        self.json(&format!("AmazonSQS.{operation}"), body).await
    }

    /// Calls `DynamoDB`.
    pub(crate) async fn dynamodb(&self, operation: &str, body: &Value) -> Value {
        self.json(&format!("DynamoDB_20120810.{operation}"), body).await
    }

    async fn json(&self, operation: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(&self.url)
            .header("x-amz-target", operation)
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string());
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{operation}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Calls SNS; answers with its XML.
    pub(crate) async fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let action_first = [("Action", action)];
        let form = action_first.iter().chain(parameters);
        let form = Url::parse_with_params("http://form", form).unwrap();
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{action}: {status}: {text}");
        text
    }

    /// How often each operation was called.
    pub(crate) async fn calls(&self) -> BTreeMap<String, u64> {
        let request = self.http.get(format!("{}/_ensemble/calls", self.url));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// How often SNS was asked to publish anything.
    pub(crate) async fn publishes(&self) -> u64 {
        let calls = self.calls().await;
        let names = ["sns:Publish", "sns:PublishBatch"];
        names.iter().filter_map(|name| calls.get(*name)).sum()
    }

    /// How many messages a queue holds: visible, and in flight or delayed.
    pub(crate) async fn held(&self, queue: &str) -> [u64; 2] {
        let asked = json!({ "QueueUrl": self.queue_url(queue), "AttributeNames": ["All"] });
        let answer = self.sqs("GetQueueAttributes", &asked).await;
        let count = |name| -> u64 {
            let text = answer["Attributes"][name].as_str();
            text.and_then(|text| text.parse().ok()).unwrap()
        };
        let hidden = count("ApproximateNumberOfMessagesNotVisible") + count("ApproximateNumberOfMessagesDelayed");
        [count("ApproximateNumberOfMessages"), hidden]
    }

    /// How many messages a queue holds in all.
    pub(crate) async fn held_in_all(&self, queue: &str) -> u64 {
        self.held(queue).await.iter().sum()
    }

    /// Whether no service has anything left to do.
    pub(crate) async fn is_quiet(&self) -> bool {
        // A message can move from a queue not looked at yet to one that was: two looks see it.
        for queue in [QUEUES, QUEUES].concat() {
            if self.held_in_all(&self.name(queue)).await > 0 {
                return false;
            }
        }
        true
    }

    /// The messages that are visible in a queue, whole. They are visible again on return.
    pub(crate) async fn look(&self, queue: &str) -> Vec<Value> {
        let url = self.queue_url(queue);
        let asked = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 60, "MessageAttributeNames": ["All"],
        });
        let mut found = Vec::new();
        loop {
            let answer = self.sqs("ReceiveMessage", &asked).await;
            match answer["Messages"].as_array() {
                Some(messages) if !messages.is_empty() => found.extend(messages.iter().cloned()),
                _ => break,
            }
        }
        for message in &found {
            let back = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0 });
            self.sqs("ChangeMessageVisibility", &back).await;
        }
        found
    }

    /// Takes the bodies of the messages that are visible in a queue.
    pub(crate) async fn take(&self, queue: &str) -> Vec<String> {
        let url = self.queue_url(queue);
        let asked = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
        let mut bodies = Vec::new();
        loop {
            let answer = self.sqs("ReceiveMessage", &asked).await;
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return bodies;
            }
            for message in messages {
                let receipt = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
                self.sqs("DeleteMessage", &receipt).await;
                bodies.push(message["Body"].as_str().unwrap().to_owned());
            }
        }
    }
}

/// A client of the simulated gateway.
#[derive(Clone, Debug)]
pub(crate) struct GatewayClient {
    http: Client,
    pub(crate) url: String,
}

impl GatewayClient {
    pub(crate) fn at(url: String) -> Self {
        Self { http: client(), url }
    }

    /// What was really done for a saga.
    pub(crate) async fn ledger(&self, saga: &str) -> Ledger {
        let path = format!("ledger?saga={saga}");
        let ledger = self.ask(Method::GET, &path, None).await;
        serde_json::from_value(ledger).unwrap()
    }

    /// What was really done for all sagas.
    pub(crate) async fn totals(&self) -> Ledger {
        let ledger = self.ask(Method::GET, "ledger", None).await;
        serde_json::from_value(ledger).unwrap()
    }

    /// What the gateway knows of a saga: its hold, its charge and its refund.
    pub(crate) async fn payments(&self, saga: &str) -> Value {
        let path = format!("v1/payments?reference={saga}");
        self.ask(Method::GET, &path, None).await
    }

    /// Lets these faults strike from now on.
    pub(crate) async fn set_faults(&self, faults: &Value) {
        self.ask(Method::PUT, "faults", Some(faults)).await;
    }

    /// Lets no fault strike from now on.
    pub(crate) async fn clear_faults(&self) {
        self.ask(Method::DELETE, "faults", None).await;
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.http.request(method, format!("{}/{path}", self.url));
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {response:?}");
        response.json().await.unwrap()
    }
}
