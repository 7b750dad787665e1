//! The form of a fare request: every field a text, every rule named, no value ever repeated in an error.

use card::{Card, InvalidCard};
use contracts::{Event, Fare, Identifier, Money, Path, StepName, booking};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::fields::Fields;
use super::rejected::failure;

/// The fields of a fare request, all of them required.
const FIELDS: [&str; 6] = ["customerId", "fareId", "fareAmount", "cc", "expiryDate", "cvv"];

/// A request that keeps every rule.
#[expect(missing_debug_implementations, reason = "it holds a card")]
pub struct CheckedRequest {
    /// The fare.
    pub fare: Fare,
    /// The card that pays for it.
    pub card: Card,
}

/// Checks a bare request, for whoever wants to know before sending it.
///
/// # Errors
///
/// The fields and the rules that they break.
pub fn check(body: &str) -> Result<CheckedRequest, String> {
    let fields = Fields::of(body).map_err(|rule| format!("body: {rule}"))?;
    if body.len() > contracts::MAX_BODY_BYTES {
        return Err(format!("body: must be at most {} bytes", contracts::MAX_BODY_BYTES));
    }
    checked(&fields, Vec::new()).map_err(|rejected| rejected.error.message)
}

/// Checks the fields of a request that has `broken` these rules already; the error is the rejection.
pub(super) fn check_fields(fields: &Fields<'_>, broken: Vec<String>) -> Result<CheckedRequest, Box<Event>> {
    checked(fields, broken).map_err(|rejected| Box::new(Event::FareRejected(*rejected)))
}

/// The same; the rejection has as much of the fare as could be read.
fn checked(fields: &Fields<'_>, mut broken: Vec<String>) -> Result<CheckedRequest, Box<booking::FareRejected>> {
    broken.extend(fields.rule_of_unknown(&FIELDS).map(|rule| format!("body: {rule}")));
    let mut field = |name| match text_of(fields, name) {
        Ok(text) => Some(text),
        Err(rule) => {
            broken.push(format!("{name}: {rule}"));
            None
        }
    };
    let [customer_id, fare_id, fare_amount, number, expiry, cvv] = FIELDS.map(&mut field);

    let mut keep = |name: &str, rule: String| broken.push(format!("{name}: {rule}"));
    let mut id = |name, text: Option<Zeroizing<String>>| {
        let text = text?;
        Identifier::parse(&text).map_err(|rule| keep(name, rule.to_string())).ok()
    };
    let customer_id = id("customerId", customer_id);
    let fare_id = id("fareId", fare_id);
    let amount = fare_amount
        .as_deref()
        .and_then(|text| Money::parse_usd(text).map_err(|rule| keep("fareAmount", rule.to_string())).ok());
    let card = match (number, expiry, cvv) {
        (Some(number), Some(expiry), Some(cvv)) => Card::new(number, expiry, cvv)
            .map_err(|rules| rules.into_iter().for_each(|rule| keep(name_of(rule), rule.to_string())))
            .ok(),
        _ => None,
    };
    let fare_amount = fare_amount.filter(|_| amount.is_some()).map(|text| text.to_string());
    match (customer_id, fare_id, fare_amount, amount, card) {
        (Some(customer_id), Some(fare_id), Some(fare_amount), Some(amount), Some(card)) if broken.is_empty() => {
            Ok(CheckedRequest { fare: Fare { customer_id, fare_id, fare_amount, amount }, card })
        }
        (customer_id, fare_id, fare_amount, amount, _) => Err(Box::new(booking::FareRejected {
            customer_id,
            fare_id,
            fare_amount,
            amount,
            error: failure(StepName::RegisterFare, &broken),
            path: Path::default(),
        })),
    }
}

/// The text of a field, which may be card data: it is overwritten when it is dropped.
fn text_of(fields: &Fields<'_>, name: &str) -> Result<Zeroizing<String>, &'static str> {
    match fields.count(name) {
        0 => return Err("is missing"),
        1 => {}
        _ => return Err("stands twice"),
    }
    let text: Option<Zeroizing<String>> =
        fields.get(name).map(RawValue::get).and_then(|raw| serde_json::from_str(raw).ok()).map(Zeroizing::new);
    match text {
        None => Err("must be a text"),
        Some(text) if text.is_empty() => Err("must not be empty"),
        Some(text) => Ok(text),
    }
}

fn name_of(rule: InvalidCard) -> &'static str {
    match rule {
        InvalidCard::Number => "cc",
        InvalidCard::Expiry => "expiryDate",
        InvalidCard::Cvv => "cvv",
    }
}
