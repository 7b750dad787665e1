//! The AWS clients and the addresses of what they talk to.
//!
//! **Invariant:** every address is derived from prefix, account and region; no service asks AWS for one.

use std::net::IpAddr;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::{Builder, tls};
use saga::Channel;
use saga::topology::Names;

use crate::settings::{ConfigError, Environment, Variable};

/// Where SQS, SNS and `DynamoDB` are.
pub const ENDPOINT: Variable = Variable {
    name: "AWS_ENDPOINT_URL",
    default: None,
    allowed: "an https:// URL, or an http:// URL on this machine (127.0.0.1, [::1], localhost)",
    about: "where SQS, SNS and DynamoDB are; AWS itself when it is not set",
};
pub(crate) const REGION: Variable = Variable {
    name: "AWS_REGION",
    default: None,
    allowed: "the name of a region, such as us-east-1",
    about: "the region; us-east-1 when AWS_ENDPOINT_URL is set and no region is",
};
pub(crate) const ACCOUNT: Variable = Variable {
    name: "ENSEMBLE_ACCOUNT",
    default: None,
    allowed: "the 12 digits of an AWS account",
    about: "the account that owns queues and topics; 000000000000 when AWS_ENDPOINT_URL is set and no account is",
};
pub(crate) const ALLOW_REMOTE_ENDPOINT: Variable = Variable {
    name: "ENSEMBLE_ALLOW_REMOTE_ENDPOINT",
    default: Some("off"),
    allowed: "on or off",
    about: "lets AWS_ENDPOINT_URL be plain http on another machine, such as a container beside this one",
};
const PROFILE: Variable = Variable { name: "AWS_PROFILE", default: None, allowed: "", about: "" };
const ACCESS_KEY: Variable = Variable { name: "AWS_ACCESS_KEY_ID", default: None, allowed: "", about: "" };
const DEFAULT_REGION: Variable = Variable { name: "AWS_DEFAULT_REGION", ..REGION };
const SERVICE_ENDPOINTS: [Variable; 3] = [
    Variable { name: "AWS_ENDPOINT_URL_SQS", ..ENDPOINT },
    Variable { name: "AWS_ENDPOINT_URL_SNS", ..ENDPOINT },
    Variable { name: "AWS_ENDPOINT_URL_DYNAMODB", ..ENDPOINT },
];

/// One attempt of a call that does not wait.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// AWS, or what stands in for it: clients, account and region.
#[derive(Clone, Debug)]
pub struct Aws {
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    account: String,
    region: String,
    endpoint: Option<String>,
}

impl Aws {
    /// Connects to what the environment names.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an endpoint or an account that is not allowed.
    pub async fn connect(environment: &Environment) -> Result<Self, ConfigError> {
        let endpoint = endpoint(environment)?;
        for variable in [REGION, DEFAULT_REGION] {
            if environment.is_set(&variable) {
                environment.read(&variable, |text| is_region(text).then_some(()))?;
            }
        }
        let account = match (environment.text(&ACCOUNT), &endpoint) {
            (None, Some(_)) => "000000000000".to_owned(),
            (None, None) => {
                return Err(ACCOUNT.error("is not set, nor is AWS_ENDPOINT_URL, which `ensemble up` prints"));
            }
            (Some(_), _) => environment.read(&ACCOUNT, |text| {
                (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
            })?,
        };
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client(endpoint.as_deref()))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            );
        if endpoint.is_some() {
            // An emulator checks neither; a user should not have to invent them.
            if environment.text(&REGION).or(environment.text(&DEFAULT_REGION)).is_none() {
                loader = loader.region(Region::from_static("us-east-1"));
            }
            if environment.text(&ACCESS_KEY).is_none() && environment.text(&PROFILE).is_none() {
                loader = loader.credentials_provider(Credentials::new("ensemble", "ensemble", None, None, "emulator"));
            }
        }
        let config = loader.load().await;
        Self::of(&config, account, endpoint)
    }

    /// Connects to an emulator at this address.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an address that is not allowed.
    pub async fn at(url: &str) -> Result<Self, ConfigError> {
        Self::connect(&Environment::default().with(&ENDPOINT, url)).await
    }

    fn of(config: &SdkConfig, account: String, endpoint: Option<String>) -> Result<Self, ConfigError> {
        let region = config.region().ok_or_else(|| REGION.error("is not set"))?.to_string();
        // Set explicitly, so that what was checked is what is used.
        let config = match &endpoint {
            Some(url) => config.clone().into_builder().endpoint_url(url).build(),
            None => config.clone(),
        };
        Ok(Self {
            sqs: aws_sdk_sqs::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            account,
            region,
            endpoint,
        })
    }

    /// The address that stands in for AWS, if one does.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
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
        match &self.endpoint {
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

/// The endpoint, if one is named: a stray variable must not send card data to another machine in the clear.
fn endpoint(environment: &Environment) -> Result<Option<String>, ConfigError> {
    let remote_allowed = environment.switch(&ALLOW_REMOTE_ENDPOINT)?;
    for variable in SERVICE_ENDPOINTS.iter().filter(|variable| environment.text(variable).is_some()) {
        environment.read(variable, |url| is_allowed(url, remote_allowed).then_some(()))?;
    }
    if environment.text(&ENDPOINT).is_none() {
        return Ok(None);
    }
    environment.read(&ENDPOINT, |url| is_allowed(url, remote_allowed).then(|| Some(url.to_owned())))
}

/// Whether a text can name a region; it becomes part of every address.
fn is_region(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether card data may be sent to this URL: over TLS, or on this machine, or where the user says so.
///
/// # Errors
///
/// [`ConfigError`] for a switch that is neither on nor off.
pub fn may_send_to(environment: &Environment, url: &str) -> Result<bool, ConfigError> {
    Ok(is_allowed(url, environment.switch(&ALLOW_REMOTE_ENDPOINT)?))
}

fn is_allowed(url: &str, remote_allowed: bool) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let here = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !host.is_empty() && !authority.contains('@') && (here || remote_allowed)
}

fn http_client(endpoint: Option<&str>) -> aws_sdk_sqs::config::SharedHttpClient {
    let builder = Builder::new();
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        builder.build_http()
    } else {
        builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_endpoint_is_allowed_on_this_machine_only() {
        for url in [
            "http://127.0.0.1:4566",
            "http://localhost:4566/",
            "http://[::1]:1",
            "https://example.com",
            "http://sqs.localhost:1",
        ] {
            assert!(is_allowed(url, false), "{url}");
        }
        for url in [
            "http://10.0.0.1:4566",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
            "ftp://localhost",
            "localhost:4566",
            "http://",
            "https://",
        ] {
            assert!(!is_allowed(url, false), "{url}");
        }
        assert!(is_allowed("http://localstack:4566", true));
    }

    #[tokio::test]
    async fn addresses_are_derived_and_never_asked_for() {
        let aws = Aws::at("http://127.0.0.1:4566").await.unwrap();
        assert_eq!(aws.queue_url("q"), "http://127.0.0.1:4566/000000000000/q");
        assert_eq!(aws.topic_arn("t"), "arn:aws:sns:us-east-1:000000000000:t");
        let error = Aws::connect(&Environment::default()).await.unwrap_err();
        assert_eq!(error.variable, "ENSEMBLE_ACCOUNT");
        let environment = Environment::default().with(&ACCOUNT, "123456789012").with(&REGION, "us-gov-west-1");
        let aws = Aws { region: "us-gov-west-1".to_owned(), account: "123456789012".to_owned(), endpoint: None, ..aws };
        assert_eq!(aws.queue_url("q"), "https://sqs.us-gov-west-1.amazonaws.com/123456789012/q");
        assert_eq!(aws.topic_arn("t"), "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t");
        assert_eq!(format!("{environment:?}"), r#"{"AWS_REGION", "ENSEMBLE_ACCOUNT"}"#);
    }
}
