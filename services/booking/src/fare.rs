//! The form of a fare request: every field a text, every rule named, no value ever repeated in an error.

use card::{Card, InvalidCard};
use contracts::fare::FareSubject;
use contracts::{Asked, Event, Fare, Identifier, Money, kinds};
use saga::owner::request::schema;
use saga::owner::{Broken, Fields, Form, Reading, Requested};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// The fields of a fare request, all of them required.
const FIELDS: [&str; 6] = ["customerId", "fareId", "fareAmount", "cc", "expiryDate", "cvv"];

/// The form.
pub(crate) const FORM: Form<Event, Card> =
    Form { kind: kinds::FARE, fields: &FIELDS, read, schema: ("FareRequest", schema_of_fields) };

/// The fare and the card, where the request breaks no rule.
fn read(fields: &Fields<'_>, mut broken: Vec<String>) -> Reading<Event, Card> {
    broken.extend(fields.rule_of_unknown::<Event>(&FIELDS).map(|rule| format!("body: {rule}")));
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
            let fare = Fare { customer_id, fare_id, fare_amount, amount };
            Ok(Requested { subject: fare.into(), secret: Some(card) })
        }
        (customer_id, fare_id, fare_amount, amount, _) => {
            let subject = FareSubject { customer_id, fare_id, fare_amount }.into();
            Err(Box::new(Broken { asked: Asked { subject, amount }, rules: broken }))
        }
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

/// A field of a card: taken in, never given out.
fn of_card(pattern: &str, description: &str) -> Value {
    let description = format!("{description}. Sealed to payment's key at first touch, and stored nowhere.");
    json!({ "type": "string", "pattern": pattern, "writeOnly": true, "description": description })
}

fn schema_of_fields() -> Value {
    json!({
        "description": "A fare, and the card that pays for it. At most 64 KiB; no field may stand there twice.",
        "type": "object",
        "additionalProperties": false,
        "required": ["customerId", "fareId", "fareAmount", "cc", "expiryDate", "cvv"],
        "properties": {
            "customerId": schema::identifier(),
            "fareId": schema::identifier(),
            "fareAmount": {
                "type": "string", "pattern": Money::PATTERN_USD, "maxLength": Money::MAX_LEN,
                "description": "In US dollars; more than zero, and at most $92,233,720,368,547,758.07.",
            },
            "cc": of_card("^([0-9][ -]?){11,18}[0-9]$", "The number: 12 to 19 digits, with single spaces or dashes"),
            "expiryDate": of_card("^(0[1-9]|1[0-2])/([0-9]{2}|[0-9]{4})$", "MM/YY or MM/YYYY; the date is not checked"),
            "cvv": of_card("^[0-9]{3,4}$", "The verification value"),
        },
    })
}
