//! The list of all variables, for the documentation.

use crate::settings::{CONCURRENCY, GRACE, POLLERS, PREFIX, SWEEP, VISIBILITY, Variable, WAIT};
use crate::{aws, telemetry};

/// Every variable of the machinery.
pub const VARIABLES: &[&Variable] = &[
    &PREFIX,
    &CONCURRENCY,
    &POLLERS,
    &WAIT,
    &VISIBILITY,
    &GRACE,
    &SWEEP,
    &aws::ENDPOINT,
    &aws::REGION,
    &aws::ACCOUNT,
    &aws::ALLOW_REMOTE_ENDPOINT,
    &telemetry::LOG,
    &telemetry::LOG_FORMAT,
];
