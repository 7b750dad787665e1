//! An endpoint, and clients that talk to it.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use ensemble_local_aws::{Endpoint, Options};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running endpoint with a client for each service.
pub(crate) struct World {
    pub(crate) endpoint: Endpoint,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
}

impl World {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let endpoint = Endpoint::start(options).unwrap();
        let url = endpoint.url();
        let http = aws_smithy_http_client::Builder::new().build_http();
        macro_rules! client {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::Config::builder()
                        .behavior_version($sdk::config::BehaviorVersion::latest())
                        .region($sdk::config::Region::new("eu-west-1"))
                        .credentials_provider($sdk::config::Credentials::new("any", "any", None, None, "test"))
                        .endpoint_url(&url)
                        .http_client(http.clone())
                        .build(),
                )
            };
        }
        Self { sqs: client!(aws_sdk_sqs), sns: client!(aws_sdk_sns), dynamodb: client!(aws_sdk_dynamodb), endpoint }
    }

    /// Creates a queue; gives its URL.
    pub(crate) async fn queue(&self, name: &str) -> String {
        self.queue_with(name, &[]).await
    }

    pub(crate) async fn queue_with(&self, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
        let attributes = attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned()));
        let attributes: HashMap<_, _> = attributes.collect();
        let created = self.sqs.create_queue().queue_name(name).set_attributes(Some(attributes));
        created.send().await.unwrap().queue_url.unwrap()
    }

    pub(crate) async fn send(&self, queue: &str, body: &str) {
        self.sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    /// Receives everything that is visible now, with all attributes, and leaves it in flight.
    pub(crate) async fn visible(&self, queue: &str) -> Vec<Message> {
        let mut all = Vec::new();
        loop {
            let got = self.receive(queue, 0).await;
            if got.is_empty() {
                return all;
            }
            all.extend(got);
        }
    }

    /// Receives up to ten, waiting this long for the first.
    pub(crate) async fn receive(&self, queue: &str, wait_secs: i32) -> Vec<Message> {
        let request = self
            .sqs
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(10)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .wait_time_seconds(wait_secs);
        request.send().await.unwrap().messages.unwrap_or_default()
    }

    pub(crate) async fn bodies(&self, queue: &str) -> Vec<String> {
        let messages = self.visible(queue).await;
        messages.into_iter().map(|message| message.body.unwrap()).collect()
    }

    /// Makes a received message visible again.
    pub(crate) async fn release(&self, queue: &str, message: &Message) {
        let handle = message.receipt_handle().unwrap();
        let request = self.sqs.change_message_visibility().queue_url(queue).receipt_handle(handle);
        request.visibility_timeout(0).send().await.unwrap();
    }

    /// Creates a table with key `id`.
    pub(crate) async fn table(&self, name: &str) {
        let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
        let create = self.dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        create.attribute_definitions(id.build().unwrap()).key_schema(key).send().await.unwrap();
    }

    pub(crate) async fn topic(&self, name: &str) -> String {
        self.sns.create_topic().name(name).send().await.unwrap().topic_arn.unwrap()
    }

    /// Subscribes a queue by its name; gives the subscription's ARN.
    pub(crate) async fn subscribe(&self, topic: &str, queue: &str, attributes: &[(&str, &str)]) -> String {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = self.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(queue_arn(queue));
        let subscribed = request.set_attributes(Some(attributes.collect())).send().await.unwrap();
        subscribed.subscription_arn.unwrap()
    }

    /// Waits until the endpoint was called this often.
    pub(crate) async fn called(&self, operation: &str, times: u64) {
        eventually(|| self.endpoint.calls().get(operation) >= times).await;
    }
}

pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// Waits until the condition holds.
pub(crate) async fn eventually(mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the condition did not come true");
}

/// The result of a task that must end before long.
pub(crate) async fn soon<T>(task: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, task).await.expect("it did not end")
}

/// The code of the error an operation failed with.
#[macro_export]
macro_rules! code {
    ($outcome:expr) => {{
        use aws_sdk_sqs::error::ProvideErrorMetadata as _;
        let error = $outcome.expect_err("it should have failed");
        error.code().unwrap_or_default().to_owned()
    }};
}
