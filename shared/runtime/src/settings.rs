//! Settings, from the environment, read once.
//!
//! **Invariant:** a bad value stops the program at its start, with the variable's name and what is allowed; the value
//! itself is not printed, because it may be a key. A variable that nobody asks for is not looked at.

mod variables;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use saga::topology::Names;

pub use crate::aws::ENDPOINT_OPTION;
pub use crate::settings::variables::VARIABLES;

/// An environment variable, for the reader and for the documentation.
///
/// # Examples
///
/// A service reads its own settings the same way, and the text of an error is made of what stands here:
///
/// ```
/// use ensemble_runtime::{Environment, Variable};
///
/// const VANS: Variable = Variable {
///     name: "PARCEL_VANS",
///     default: Some("3"),
///     allowed: "a whole number from 1 to 9",
///     about: "how many vans there are",
/// };
/// let environment = Environment::default();
/// assert_eq!(environment.number(&VANS, 1..=9), Ok(3));
///
/// let error = environment.with(&VANS, "many").number(&VANS, 1..=9).unwrap_err();
/// assert_eq!(error.to_string(), "PARCEL_VANS: has a value that is not allowed: allowed is a whole number from 1 to 9");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds when it is not set; `None`: nothing, see `about`.
    pub default: Option<&'static str>,
    /// What is allowed.
    pub allowed: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// A variable that is missing or breaks its rule.
///
/// # Examples
///
/// See the example of [`Variable`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}: allowed is {allowed}")]
pub struct ConfigError {
    /// Which variable.
    pub variable: &'static str,
    /// What is wrong; never the value.
    pub problem: String,
    /// What is allowed.
    pub allowed: &'static str,
}

/// The exit code for a bad setting: `EX_CONFIG` of `sysexits.h`.
pub const EX_CONFIG: u8 = 78;

/// Where settings come from: variables that are given, and those of this process.
///
/// # Examples
///
/// A program reads [that of its process](Environment::of_process). A test gives what it wants, and nothing else counts:
///
/// ```
/// use ensemble_runtime::{Environment, Settings, settings::PREFIX};
///
/// let settings = Settings::read(&Environment::default().with(&PREFIX, "test"))?;
/// assert_eq!(settings.names.of_service("vans"), "test-vans");
/// # Ok::<(), ensemble_runtime::ConfigError>(())
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    given: BTreeMap<String, String>,
    process: bool,
}

impl std::fmt::Debug for Environment {
    /// The names only: a value may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

impl Environment {
    /// The environment of this process. A variable that is set to nothing counts as not set.
    #[must_use]
    pub fn of_process() -> Self {
        Self { given: BTreeMap::new(), process: true }
    }

    /// The same, with one variable set.
    #[must_use]
    pub fn with(mut self, variable: &Variable, value: &str) -> Self {
        self.given.insert(variable.name.to_owned(), value.to_owned());
        self
    }

    /// Whether a variable is set, rather than at its default.
    #[must_use]
    pub fn is_set(&self, variable: &Variable) -> bool {
        self.value(variable).is_some()
    }

    /// A variable's text, or its default.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when it is not text.
    pub fn text(&self, variable: &Variable) -> Result<Option<String>, ConfigError> {
        match self.value(variable) {
            Some(value) => value.into_string().map(Some).map_err(|_bytes| variable.error("is not UTF-8")),
            None => Ok(variable.default.map(str::to_owned)),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn value(&self, variable: &Variable) -> Option<OsString> {
        let of_process = || self.process.then(|| std::env::var_os(variable.name)).flatten();
        let given = self.given.get(variable.name).map(OsString::from);
        given.or_else(|| of_process().filter(|value| !value.is_empty()))
    }

    /// A variable, or its default, read by `read`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when it is missing, or `read` does not take it.
    pub fn read<T>(&self, variable: &Variable, read: impl FnOnce(&str) -> Option<T>) -> Result<T, ConfigError> {
        let text = self.text(variable)?.ok_or_else(|| variable.error("is not set"))?;
        read(&text).ok_or_else(|| variable.error("has a value that is not allowed"))
    }

    /// A whole number within a range.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn number(&self, variable: &Variable, range: std::ops::RangeInclusive<u64>) -> Result<u64, ConfigError> {
        self.read(variable, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// `on` or `off`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn switch(&self, variable: &Variable) -> Result<bool, ConfigError> {
        self.read(variable, |text| match text {
            "on" | "true" => Some(true),
            "off" | "false" => Some(false),
            _ => None,
        })
    }

    /// A secret: in the variable, or in the file that the other variable names.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when neither is set, both are, or the file cannot be read.
    pub fn secret(&self, variable: &Variable, file: &Variable) -> Result<String, ConfigError> {
        match (self.text(variable)?, self.text(file)?) {
            (Some(_), Some(_)) => Err(variable.error(&format!("is set, and so is {}; set one of them", file.name))),
            (Some(secret), None) => Ok(secret),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|error| file.error(&format!("names a file that cannot be read ({error})"))),
            (None, None) => Err(variable.error(&format!("is not set, nor is {}", file.name))),
        }
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let given = variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Self { given, process: false }
    }
}

impl Variable {
    /// An error about this variable.
    #[must_use]
    pub fn error(&self, problem: &str) -> ConfigError {
        ConfigError { variable: self.name, problem: problem.to_owned(), allowed: self.allowed }
    }
}

/// What the names of all topics, queues and tables begin with.
pub const PREFIX: Variable = Variable {
    name: "ENSEMBLE_PREFIX",
    default: Some("ensemble"),
    allowed: "1 to 40 characters of A-Z a-z 0-9 _ -",
    about: "prefixes the name of every topic, queue and table",
};
const CONCURRENCY: Variable = Variable {
    name: "ENSEMBLE_CONCURRENCY",
    default: Some("64"),
    allowed: "a whole number from 1 to 1000",
    about: "messages that one service handles at a time, of each of its queues; of those that take more than a second, four times as many beside",
};
const POLLERS: Variable = Variable {
    name: "ENSEMBLE_POLLERS",
    default: Some("2"),
    allowed: "a whole number from 1 to 16",
    about: "receive calls that one service has under way at a time, at each of its queues",
};
const WAIT: Variable = Variable {
    name: "ENSEMBLE_WAIT_SECS",
    default: Some("20"),
    allowed: "a whole number from 1 to 20",
    about: "how long a receive call waits for a message (SQS long polling)",
};
const VISIBILITY: Variable = Variable {
    name: "ENSEMBLE_VISIBILITY_SECS",
    default: Some("30"),
    allowed: "a whole number from 3 to 3600",
    about: "how long a message stays invisible without a heartbeat; after a crash it comes back as late as this",
};
const GRACE: Variable = Variable {
    name: "ENSEMBLE_GRACE_SECS",
    default: Some("6"),
    allowed: "a whole number from 0 to 600",
    about: "how long messages at work may go on after SIGTERM before they are given back",
};

const SWEEP: Variable = Variable {
    name: "ENSEMBLE_SWEEP_SECS",
    default: Some("15"),
    allowed: "a whole number from 1 to 3600",
    about: "how often the service that owns sagas looks for those whose time is up",
};

/// The machinery's settings.
///
/// # Examples
///
/// See the example of [`Environment`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names in AWS.
    pub names: Names,
    /// Messages handled at a time, by each service, of each of its queues.
    pub concurrency: usize,
    /// Receive calls under way at a time, by each service, at each of its queues.
    pub pollers: usize,
    /// How long a receive call waits.
    pub wait: Duration,
    /// How long a message stays invisible without a heartbeat.
    pub visibility: Duration,
    /// How long messages at work may go on after a stop.
    pub grace: Duration,
    /// How often sagas whose time is up are looked for.
    pub sweep: Duration,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first variable that breaks its rule.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let count = |variable, most| {
            environment.number(variable, 1..=most).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
        };
        let secs = |variable, range| environment.number(variable, range).map(Duration::from_secs);
        Ok(Self {
            names: environment.read(&PREFIX, |text| Names::new(text).ok())?,
            concurrency: count(&CONCURRENCY, 1000)?,
            pollers: count(&POLLERS, 16)?,
            wait: secs(&WAIT, 1..=20)?,
            visibility: secs(&VISIBILITY, 3..=3600)?,
            grace: secs(&GRACE, 0..=600)?,
            sweep: secs(&SWEEP, 1..=3600)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_empty_environment_gives_the_defaults_that_are_documented() {
        let settings = Settings::read(&environment(&[("ENSEMBLE_PREFIX", "")])).unwrap();
        assert_eq!(settings.names, Names::default());
        assert_eq!((settings.concurrency, settings.pollers), (64, 2));
        assert_eq!(settings.visibility, Duration::from_secs(30));
    }

    #[test]
    fn a_bad_value_is_refused_by_name_and_rule_and_never_repeated() {
        let cases = [
            ("ENSEMBLE_PREFIX", "a/b"),
            ("ENSEMBLE_CONCURRENCY", "0"),
            ("ENSEMBLE_CONCURRENCY", "sixty"),
            ("ENSEMBLE_POLLERS", "17"),
            ("ENSEMBLE_WAIT_SECS", "21"),
            ("ENSEMBLE_VISIBILITY_SECS", "-30"),
            ("ENSEMBLE_GRACE_SECS", "601"),
        ];
        for (name, value) in cases {
            let error = Settings::read(&environment(&[(name, value)])).unwrap_err();
            assert_eq!(error.variable, name);
            let allowed = error.allowed;
            assert_eq!(error.to_string(), format!("{name}: has a value that is not allowed: allowed is {allowed}"));
        }
    }

    #[test]
    fn a_secret_comes_from_one_place() {
        let [variable, file] =
            ["SECRET", "SECRET_FILE"].map(|name| Variable { name, default: None, allowed: "a key", about: "" });
        let read =
            |variables: &[(&str, &str)]| environment(variables).secret(&variable, &file).map_err(|e| e.to_string());
        assert_eq!(read(&[("SECRET", "s")]), Ok("s".to_owned()));
        assert!(read(&[]).unwrap_err().contains("is not set, nor is SECRET_FILE"));
        assert!(read(&[("SECRET", "s"), ("SECRET_FILE", "f")]).unwrap_err().contains("set one of them"));
        assert!(read(&[("SECRET_FILE", "/does/not/exist")]).unwrap_err().contains("cannot be read"));
    }
}
