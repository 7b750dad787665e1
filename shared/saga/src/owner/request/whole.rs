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
///
/// # Examples
///
/// A label is all of a request for a delivery:
///
/// ```
/// use std::convert::Infallible;
///
/// use ensemble_saga::owner::request::whole;
/// use ensemble_saga::owner::{Fields, Reading};
/// use parcel::vocabulary::{Label, kinds};
/// use parcel::{Event, Parcel};
///
/// fn read(fields: &Fields<'_>, broken: Vec<String>) -> Reading<Event, Infallible> {
///     whole(fields, kinds::PARCEL, &["address"], broken, |label: Label| Parcel { parcel: label })
/// }
///
/// let asked = Fields::of(r#"{"address":"Elm.Street","colour":"red"}"#)?;
/// let broken = read(&asked, Vec::new()).err().unwrap();
/// assert_eq!(broken.rules, [r#"body: a field is none of address: "colour""#]);
/// # Ok::<(), String>(())
/// ```
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
