//! Reads a request whole, as a type that derives `Deserialize`.

use serde::de::DeserializeOwned;
use wire::{Events, SagaKind, Vocabulary};

use super::super::contract::{Broken, Reading, Requested};
use super::fields::Fields;

/// Reads the fields of a request for a saga of this kind, all of them at once, into what the saga is about. Other fields
/// than these are refused, and so is a request that has `broken` a rule already.
///
/// # Errors
///
/// Every rule that the fields break.
pub fn whole<V: Vocabulary, T: DeserializeOwned, C>(
    fields: &Fields<'_>,
    kind: SagaKind,
    known: &[&str],
    mut broken: Vec<String>,
    subject: impl FnOnce(T) -> <V as Events>::Subject,
) -> Reading<V, C> {
    broken.extend(fields.rule_of_unknown::<V>(known).map(|rule| format!("body: {rule}")));
    if broken.is_empty() {
        match fields.parse() {
            Ok(read) => return Ok(Requested { subject: subject(read), secret: None }),
            Err(rule) => broken.push(rule),
        }
    }
    Err(Box::new(Broken { asked: V::unread(kind), rules: broken }))
}
