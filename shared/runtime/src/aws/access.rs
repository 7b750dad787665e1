//! What the AWS profile says, and the credentials beside an endpoint that is named.
//!
//! **Invariant:** where an endpoint is named and credentials are missing, that is said at once and by name; nobody waits
//! for a metadata service that is not there.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;

use crate::aws::http::https_client;
use crate::error::with_causes;
use crate::settings::{ConfigError, Environment, Variable};

pub(super) const PROFILE: Variable = Variable {
    name: "AWS_PROFILE",
    default: None,
    allowed: "the name of a profile with credentials, such as aws_access_key_id and aws_secret_access_key; or none, with \
              AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY beside it or with neither",
    about: "",
};
pub(super) const CONFIG_FILE: Variable =
    Variable { name: "AWS_CONFIG_FILE", default: Some("~/.aws/config"), allowed: "the path of a file", about: "" };
pub(super) const CREDENTIALS_FILE: Variable =
    Variable { name: "AWS_SHARED_CREDENTIALS_FILE", default: Some("~/.aws/credentials"), ..CONFIG_FILE };
const ACCESS_KEY: Variable = Variable {
    name: "AWS_ACCESS_KEY_ID",
    default: None,
    allowed: "both or neither of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    about: "",
};
const SECRET_KEY: Variable = Variable { name: "AWS_SECRET_ACCESS_KEY", ..ACCESS_KEY };
/// Each names a source of credentials that needs no profile.
const SOURCES: [Variable; 3] = [
    Variable { name: "AWS_WEB_IDENTITY_TOKEN_FILE", ..ACCESS_KEY },
    Variable { name: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ..ACCESS_KEY },
    Variable { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", ..ACCESS_KEY },
];

/// Given to the SDK, so that it looks for no endpoint: what is wrong with one it would log, with the value. Each client is
/// told its own.
pub(super) const NOT_LOOKED_FOR: &str = "https://nowhere.invalid";

/// The profile that the process is to use, as the SDK reads it.
pub(super) struct Profile(SdkConfig);

/// Reads the profile. Nothing is asked for over the network: neither region nor credentials are looked for.
pub(super) async fn profile() -> Profile {
    let nothing_else = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(NOT_LOOKED_FOR)
        .no_credentials()
        .load();
    Profile(nothing_else.await)
}

impl Profile {
    /// What it says about a service: in its section of `services`, or at the top.
    pub(super) fn of_service(&self, service: &str, key: &str) -> Option<String> {
        // No variable has this name, so that only the profile is read.
        let key = ServiceConfigKey::builder().service_id(service).env("=").profile(key).build().ok()?;
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }

    /// What it says at the top.
    pub(super) fn top(&self, key: &str) -> Option<String> {
        self.of_service("", key)
    }
}

/// The credentials where an endpoint is named; `None` where the SDK is to find them.
///
/// An emulator checks none, so nobody has to invent them. A profile that is named has to have them, because without
/// them the SDK would go on to ask a metadata service.
pub(super) async fn beside_an_endpoint(
    environment: &Environment,
    from_profile: bool,
) -> Result<Option<SharedCredentialsProvider>, ConfigError> {
    let of_emulator =
        || SharedCredentialsProvider::new(Credentials::new("ensemble", "ensemble", None, None, "emulator"));
    match (environment.text(&ACCESS_KEY)?, environment.text(&SECRET_KEY)?) {
        (Some(_), Some(_)) => return Ok(None),
        (Some(_), None) => return Err(SECRET_KEY.error("is not set, and AWS_ACCESS_KEY_ID is")),
        (None, Some(_)) => return Err(ACCESS_KEY.error("is not set, and AWS_SECRET_ACCESS_KEY is")),
        (None, None) => {}
    }
    if SOURCES.iter().any(|source| environment.is_set(source)) {
        return Ok(None);
    }
    let named = environment.text(&PROFILE)?.is_some();
    if !named && !from_profile {
        return Ok(Some(of_emulator()));
    }
    // A role is asked for over TLS, wherever the services are.
    let asking = ProviderConfig::without_region().with_http_client(https_client());
    let of_profile = ProfileFileCredentialsProvider::builder().configure(&asking).build();
    match of_profile.provide_credentials().await {
        Ok(_) => Ok(Some(SharedCredentialsProvider::new(of_profile))),
        Err(CredentialsError::CredentialsNotLoaded(_)) if !named => Ok(Some(of_emulator())),
        Err(error) => {
            Err(PROFILE.error(&format!("names a profile that gives no credentials ({})", with_causes(&error))))
        }
    }
}
