//! What the sections of the document are drawn from.

use saga::topology::{Names, Topology};
use serde_json::Value;

use crate::Map;

/// What the sections are drawn from.
pub(super) struct Document<'a> {
    pub(super) map: &'a Map,
    pub(super) names: &'a Names,
    pub(super) topology: Topology,
}

/// An object without the fields that are not there.
pub(super) fn present(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}
