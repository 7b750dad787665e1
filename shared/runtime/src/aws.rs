//! The AWS clients and the addresses of what they talk to.
//!
//! **Invariant:** every address is derived from prefix, account and region; no service asks AWS for one.

mod access;
mod endpoint;
mod hang_ups;
mod http;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use saga::Channel;
use saga::topology::Names;

use crate::aws::endpoint::{Endpoints, Net};
use crate::aws::http::{https_client, plain_client};
use crate::settings::{ConfigError, Environment, Variable};

pub(crate) use crate::aws::endpoint::{ALLOW_REMOTE_ENDPOINT, ENDPOINT};
pub use crate::aws::endpoint::{ENDPOINT_OPTION, may_send_to};
pub(crate) use crate::aws::hang_ups::HangUps;

pub(crate) const REGION: Variable = Variable {
    name: "AWS_REGION",
    default: None,
    allowed: "the name of a region, such as us-east-1",
    about: "the region; us-east-1 when an endpoint is named and no region is",
};
pub(crate) const ACCOUNT: Variable = Variable {
    name: "ENSEMBLE_ACCOUNT",
    default: None,
    allowed: "the 12 digits of an AWS account",
    about: "the account that owns queues and topics; 000000000000 when an endpoint of both is named and no account is",
};
const DEFAULT_REGION: Variable = Variable { name: "AWS_DEFAULT_REGION", ..REGION };

/// One attempt of a call that does not wait.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// The clients of AWS, or of what stands in for it.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Of queues.
    pub sqs: aws_sdk_sqs::Client,
    /// Of topics.
    pub sns: aws_sdk_sns::Client,
    /// Of tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
}

/// The clients of this connection.
#[must_use]
pub fn clients(aws: &Aws) -> &Clients {
    &aws.clients
}

/// AWS, or what stands in for it: clients, account and region.
///
/// # Examples
///
/// ```no_run
/// use ensemble_runtime::{Aws, ConfigError, Environment};
///
/// async fn connect() -> Result<(), ConfigError> {
///     // What the environment and the AWS profile name, or an endpoint that is given.
///     let aws = Aws::connect(&Environment::of_process()).await?;
///     let local = Aws::at("http://127.0.0.1:4566").await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Aws {
    pub(crate) clients: Clients,
    account: String,
    region: String,
    endpoints: Endpoints,
    pub(crate) hang_ups: HangUps,
}

impl Aws {
    /// Connects to what the environment and the AWS profile name.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an endpoint, an account or a region that is not allowed, or for want of credentials.
    pub async fn connect(environment: &Environment) -> Result<Self, ConfigError> {
        let profile = access::profile().await;
        let (endpoints, net) = Endpoints::resolve(environment, &profile)?;
        let account = account(environment, &endpoints)?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .endpoint_url(access::NOT_LOOKED_FOR)
            .http_client(http_client(&endpoints))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            );
        if let Some(region) = region(environment, &endpoints, &profile)? {
            loader = loader.region(region);
        }
        if endpoints.all()
            && let Some(credentials) = access::beside_an_endpoint(environment, endpoints.from_profile).await?
        {
            loader = loader.credentials_provider(credentials);
        }
        Self::of(&loader.load().await, account, endpoints, net)
    }

    /// Connects to an emulator at this address, whatever else is named.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an address that is not allowed.
    pub async fn at(url: &str) -> Result<Self, ConfigError> {
        Self::connect(&Environment::default().with(&ENDPOINT_OPTION, url)).await
    }

    fn of(config: &SdkConfig, account: String, endpoints: Endpoints, net: Net) -> Result<Self, ConfigError> {
        let region = config.region().ok_or_else(|| REGION.error("is not set"))?.to_string();
        // What was checked is set at each client, and the net is behind it: nothing that the SDK finds is used unseen.
        macro_rules! client {
            ($sdk:ident, $service:ident $(, $interceptor:expr)?) => {{
                let mut config = $sdk::config::Builder::from(config).interceptor(net)$(.interceptor($interceptor))?;
                config.set_endpoint_url(endpoints.$service.clone());
                $sdk::Client::from_conf(config.build())
            }};
        }
        let hang_ups = HangUps::default();
        Ok(Self {
            clients: Clients {
                sqs: client!(aws_sdk_sqs, sqs, hang_ups.clone()),
                sns: client!(aws_sdk_sns, sns),
                dynamodb: client!(aws_sdk_dynamodb, dynamodb),
            },
            account,
            region,
            endpoints,
            hang_ups,
        })
    }

    /// The address that stands in for the queues of AWS, if one does.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoints.sqs.as_deref()
    }

    /// Where each service is: an address that stands in for AWS, or AWS itself.
    #[must_use]
    pub fn places(&self) -> [(&'static str, Option<&str>); 3] {
        let Endpoints { sqs, sns, dynamodb, from_profile: _ } = &self.endpoints;
        [("SQS", sqs.as_deref()), ("SNS", sns.as_deref()), ("DynamoDB", dynamodb.as_deref())]
    }

    /// The account that owns queues and topics.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The URL of a queue (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>).
    #[must_use]
    pub fn queue_url(&self, queue: &str) -> String {
        let Self { account, region, .. } = self;
        match &self.endpoints.sqs {
            Some(endpoint) => format!("{}/{account}/{queue}", endpoint.trim_end_matches('/')),
            None if region.starts_with("cn-") => {
                format!("https://sqs.{region}.amazonaws.com.cn/{account}/{queue}")
            }
            None => format!("https://sqs.{region}.amazonaws.com/{account}/{queue}"),
        }
    }

    /// The ARN of a queue.
    #[must_use]
    pub fn queue_arn(&self, queue: &str) -> String {
        self.arn("sqs", queue)
    }

    /// The ARN of a topic.
    #[must_use]
    pub fn topic_arn(&self, topic: &str) -> String {
        self.arn("sns", topic)
    }

    pub(crate) fn channel_arn(&self, names: &Names, channel: Channel) -> String {
        self.topic_arn(&names.topic(channel))
    }

    fn arn(&self, service: &str, name: &str) -> String {
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
        let partition = match self.region.get(..3) {
            Some("cn-") => "aws-cn",
            Some("us-") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:{service}:{}:{}:{name}", self.region, self.account)
    }
}

/// The account that owns queues and topics.
fn account(environment: &Environment, endpoints: &Endpoints) -> Result<String, ConfigError> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if environment.is_set(&ACCOUNT) {
        environment.read(&ACCOUNT, |text| is_account(text).then(|| text.to_owned()))
    } else if endpoints.sqs.is_some() && endpoints.sns.is_some() {
        Ok("000000000000".to_owned())
    } else {
        Err(ACCOUNT.error("is not set, nor is AWS_ENDPOINT_URL, which `ensemble up` prints"))
    }
}

/// The region, where the SDK is not to look for one: an emulator has every region, so nobody should have to name one.
fn region(
    environment: &Environment,
    endpoints: &Endpoints,
    profile: &access::Profile,
) -> Result<Option<Region>, ConfigError> {
    let mut named = false;
    for variable in [REGION, DEFAULT_REGION] {
        if environment.is_set(&variable) {
            environment.read(&variable, |text| is_region(text).then_some(()))?;
            named = true;
        }
    }
    let in_profile = endpoints.from_profile && profile.top("region").is_some();
    Ok((endpoints.any() && !named && !in_profile).then(|| Region::from_static("us-east-1")))
}

/// Whether a text can name a region; it becomes part of every address.
fn is_region(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

// No proxy that the environment names: over plain http it would read the secrets.
fn http_client(endpoints: &Endpoints) -> SharedHttpClient {
    if endpoints.all_plain() { plain_client() } else { https_client() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_derived_and_never_asked_for() {
        let aws = Aws::at("http://127.0.0.1:4566").await.unwrap();
        assert_eq!(aws.queue_url("q"), "http://127.0.0.1:4566/000000000000/q");
        assert_eq!(aws.topic_arn("t"), "arn:aws:sns:us-east-1:000000000000:t");
        let error = Aws::connect(&Environment::default()).await.unwrap_err();
        assert_eq!(error.variable, "ENSEMBLE_ACCOUNT");
        let environment = Environment::default().with(&ACCOUNT, "123456789012").with(&REGION, "us-gov-west-1");
        let aws = Aws {
            region: "us-gov-west-1".to_owned(),
            account: "123456789012".to_owned(),
            endpoints: Endpoints::default(),
            ..aws
        };
        assert_eq!(aws.queue_url("q"), "https://sqs.us-gov-west-1.amazonaws.com/123456789012/q");
        assert_eq!(aws.topic_arn("t"), "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t");
        assert_eq!(format!("{environment:?}"), r#"{"AWS_REGION", "ENSEMBLE_ACCOUNT"}"#);
    }
}
