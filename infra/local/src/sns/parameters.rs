//! What operations need of their parameters.

use crate::query::Params;
use crate::sns::error::Error;

/// A parameter that must be there.
pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, Error> {
    params.get(name).filter(|value| !value.is_empty()).ok_or_else(|| Error::missing(name))
}
