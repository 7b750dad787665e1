//! What a deployment on AWS needs besides what the map says: of a choreography's own.
//!
//! **Invariant:** nothing here is needed. A choreography without secrets, settings and helpers is deployed as the map
//! says.

use saga::Declaration;
use serde_json::{Map as Fields, Value};

/// What a deployment needs besides what the map says.
///
/// # Examples
///
/// Couriers reads a setting of its own:
///
/// ```
/// use ensemble_map::cloudformation::{Deployment, OfService, Stack, cloudformation};
/// # use ensemble_map::Map;
///
/// let of_service = |declaration: &saga::Declaration| match declaration.name {
///     "couriers" => OfService { environment: vec![("PARCEL_CITY".to_owned(), "Lisbon".into())], ..OfService::default() },
///     _ => OfService::default(),
/// };
/// let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
/// let map = Map { deployment: Deployment { of_service, ..Deployment::default() }, ..map };
/// assert!(cloudformation(&map, Stack::Services).contains("PARCEL_CITY"));
/// ```
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Further parameters of the services' template.
    pub parameters: Fields<String, Value>,
    /// Which of them do not go together: rules of the services' template.
    pub rules: Fields<String, Value>,
    /// Further conditions of the services' template.
    pub conditions: Fields<String, Value>,
    /// Secrets that the topology's stack holds, without values.
    pub secrets: Vec<Secret>,
    /// The condition under which one task of each service is enough.
    pub small_if: Option<&'static str>,
    /// What each service needs.
    pub of_service: fn(&Declaration) -> OfService,
}

impl Default for Deployment {
    /// Nothing besides what the map says.
    fn default() -> Self {
        Self {
            parameters: Fields::new(),
            rules: Fields::new(),
            conditions: Fields::new(),
            secrets: Vec::new(),
            small_if: None,
            of_service: |_| OfService::default(),
        }
    }
}

/// A secret in AWS Secrets Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its logical id.
    pub id: &'static str,
    /// Its name, behind the prefix.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// What one service needs.
#[derive(Clone, Debug, Default)]
pub struct OfService {
    /// Settings, by the names of their variables.
    pub environment: Vec<(String, Value)>,
    /// Secrets, by the names of their variables; each by its logical id.
    pub secrets: Vec<(&'static str, &'static str)>,
    /// What runs beside the service in its task.
    pub helper: Option<Helper>,
}

/// A container that runs beside a service, in one task, from the same image. It has what the task has, so there is one
/// task where there is a helper.
#[derive(Clone, Debug)]
pub struct Helper {
    /// Its name.
    pub name: &'static str,
    /// Its command.
    pub command: &'static [&'static str],
    /// Its settings, by the names of their variables.
    pub environment: Vec<(String, Value)>,
    /// The condition under which it runs.
    pub only_if: &'static str,
}
