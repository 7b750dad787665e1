//! Where SQS, SNS and `DynamoDB` are: found as the AWS SDKs find it, and checked.
//!
//! **Invariant:** nothing is sent in the clear to another machine, whoever named it, unless the user says so: a stray
//! variable or a forgotten profile must not give secrets away.

use std::net::IpAddr;

use aws_sdk_sqs::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use http::Uri;

use crate::aws::access::{CONFIG_FILE, CREDENTIALS_FILE, PROFILE, Profile};
use crate::settings::{ConfigError, Environment, Variable};

/// Where SQS, SNS and `DynamoDB` are.
pub(crate) const ENDPOINT: Variable = Variable {
    name: "AWS_ENDPOINT_URL",
    default: None,
    allowed: "an https:// URL, or an http:// URL on this machine (127.0.0.1, [::1], localhost)",
    about: "where SQS, SNS and DynamoDB are; else endpoint_url of the AWS profile; else AWS itself",
};
pub(crate) const ALLOW_REMOTE_ENDPOINT: Variable = Variable {
    name: "ENSEMBLE_ALLOW_REMOTE_ENDPOINT",
    default: Some("off"),
    allowed: "on or off",
    about: "lets an endpoint be plain http on another machine, such as a container beside this one",
};
/// The option of a command that goes before everything else that names an endpoint.
pub const ENDPOINT_OPTION: Variable = Variable { name: "--endpoint-url", ..ENDPOINT };
const IGNORE: Variable =
    Variable { name: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", default: None, allowed: "true or false", about: "" };
const IN_PROFILE: Variable = Variable { name: "endpoint_url of the AWS profile", ..ENDPOINT };

/// An address for each service that is not AWS's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints {
    pub(crate) sqs: Option<String>,
    pub(crate) sns: Option<String>,
    pub(crate) dynamodb: Option<String>,
    /// Whether the profile names one of them.
    pub(crate) from_profile: bool,
}

impl Endpoints {
    /// Finds the addresses in the order of the AWS SDKs
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>), and a net behind them.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for one that is not allowed, with where it comes from.
    pub(crate) fn resolve(environment: &Environment, profile: &Profile) -> Result<(Self, Net), ConfigError> {
        let remote_allowed = environment.switch(&ALLOW_REMOTE_ENDPOINT)?;
        let mut found = Self::default();
        let by_option = environment.is_set(&ENDPOINT_OPTION);
        if !by_option && are_ignored(environment, profile)? {
            return Ok((found, Net { remote_allowed }));
        }
        let services = [
            ("SQS", "AWS_ENDPOINT_URL_SQS", &mut found.sqs),
            ("SNS", "AWS_ENDPOINT_URL_SNS", &mut found.sns),
            ("DynamoDB", "AWS_ENDPOINT_URL_DYNAMODB", &mut found.dynamodb),
        ];
        for (service, name, place) in services {
            let variables = [ENDPOINT_OPTION, Variable { name, ..ENDPOINT }, ENDPOINT];
            *place = if let Some(variable) = variables.iter().find(|variable| environment.is_set(variable)) {
                Some(environment.read(variable, |url| checked(url, remote_allowed))?)
            } else if let Some(url) = profile.of_service(service, "endpoint_url") {
                found.from_profile = true;
                let refused = || refused_in_profile(environment, service, &url);
                Some(checked(&url, remote_allowed).ok_or_else(refused)?)
            } else {
                None
            };
        }
        Ok((found, Net { remote_allowed }))
    }

    fn each(&self) -> [&Option<String>; 3] {
        [&self.sqs, &self.sns, &self.dynamodb]
    }

    /// Whether any service is not AWS's own.
    pub(crate) fn any(&self) -> bool {
        self.each().into_iter().any(Option::is_some)
    }

    /// Whether none is.
    pub(crate) fn all(&self) -> bool {
        self.each().into_iter().all(Option::is_some)
    }

    /// Whether all are spoken to without TLS.
    pub(crate) fn all_plain(&self) -> bool {
        self.each().into_iter().all(|url| url.as_deref().is_some_and(|url| url.starts_with("http://")))
    }
}

/// Whether what variables and the profile say of endpoints is to be passed over.
fn are_ignored(environment: &Environment, profile: &Profile) -> Result<bool, ConfigError> {
    let read = |text: &str| match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    if environment.is_set(&IGNORE) {
        return environment.read(&IGNORE, read);
    }
    Ok(profile.top("ignore_configured_endpoint_urls").is_some_and(|text| read(&text) == Some(true)))
}

/// Says where an endpoint comes from that no variable names.
fn refused_in_profile(environment: &Environment, service: &str, url: &str) -> ConfigError {
    let text = |variable| environment.text(variable).ok().flatten();
    let holds = |path: &String| std::fs::read_to_string(path).is_ok_and(|content| content.contains(url));
    let files: Vec<_> = [CONFIG_FILE, CREDENTIALS_FILE].iter().filter_map(text).collect();
    // The SDK reads two files as one; where neither can be told to hold it, it is in one of them.
    let files = files.iter().find(|path| holds(path)).cloned().unwrap_or_else(|| files.join(" or "));
    let profile = text(&PROFILE).unwrap_or_else(|| "default".to_owned());
    IN_PROFILE.error(&format!("the profile `{profile}` in {files} gives {service} a value that is not allowed"))
}

/// The address as it is used, if it may be.
fn checked(url: &str, remote_allowed: bool) -> Option<String> {
    if !is_allowed(url, remote_allowed) {
        return None;
    }
    // HTTP clients take the scheme in small letters only.
    let (scheme, rest) = url.split_once(':')?;
    Some(format!("{}:{rest}", scheme.to_ascii_lowercase()))
}

/// Whether secrets may be sent to this URL: over TLS, or on this machine, or where the user says so.
///
/// # Errors
///
/// [`ConfigError`] for a switch that is neither on nor off.
pub fn may_send_to(environment: &Environment, url: &str) -> Result<bool, ConfigError> {
    Ok(is_allowed(url, environment.switch(&ALLOW_REMOTE_ENDPOINT)?))
}

fn is_allowed(url: &str, remote_allowed: bool) -> bool {
    // The parser of the HTTP clients: what another one reads may not be what they call.
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let host = authority.host();
    if scheme.eq_ignore_ascii_case("https") {
        return !host.is_empty();
    }
    let named_alone = !host.is_empty() && !authority.as_str().contains('@');
    scheme.eq_ignore_ascii_case("http") && named_alone && (remote_allowed || is_this_machine(host))
}

/// Whether a host, as it stands in a URL, is this machine.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = address.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Refuses what is about to be sent to where it must not go, however that address came about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Net {
    remote_allowed: bool,
}

impl Intercept for Net {
    fn name(&self) -> &'static str {
        "Net"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if is_allowed(context.request().uri(), self.remote_allowed) {
            return Ok(());
        }
        Err("nothing was sent: the address is on another machine, and not over TLS".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_endpoint_is_allowed_on_this_machine_only() {
        for url in [
            "http://127.0.0.1:4566",
            "http://127.8.7.6",
            "http://localhost:4566/",
            "http://LOCALHOST:4566",
            "HTTP://localhost:4566",
            "http://localhost.:4566",
            "http://[::1]:1",
            "http://[::ffff:127.0.0.1]:1",
            "https://example.com",
            "HTTPS://example.com",
            "http://sqs.localhost:1",
        ] {
            assert!(is_allowed(url, false), "{url}");
        }
        for url in [
            "http://10.0.0.1:4566",
            "HTTP://10.0.0.1:4566",
            "http://0.0.0.0:4566",
            "http://[::ffff:10.0.0.1]:1",
            "http://[::]:1",
            "http://127.0.0.1.:4566",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://notlocalhost",
            "http://127.0.0.1@example.com",
            "http://localhost:80@example.com",
            "http://example.com\\@localhost",
            "http://user@localhost",
            "ftp://localhost",
            "localhost:4566",
            "//localhost",
            "http://",
            "http://:4566",
            "http:localhost",
            " http://localhost",
            "https://",
            "",
        ] {
            assert!(!is_allowed(url, false), "{url}");
        }
        assert!(is_allowed("http://localstack:4566", true));
        assert_eq!(checked("HTTP://LOCALHOST:4566/A", false).unwrap(), "http://LOCALHOST:4566/A");
    }
}
