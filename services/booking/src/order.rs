//! The form of an order request: every rule named with its field, no value repeated, no number through a float.

use card::Card;
use contracts::order::{Item, OrderSubject, amount_of};
use contracts::{Asked, Event, Identifier, MAX_BODY_BYTES, Order, Words, kinds};
use jiff::Timestamp;
use rust_decimal::Decimal;
use saga::owner::request::schema;
use saga::owner::{Broken, Fields, Form, Reading, Requested, Stage};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The fields of an order, all of them required.
const FIELDS: [&str; 4] = ["order_id", "order_date", "customer_id", "items"];

/// The fields of an item, all of them required.
const ITEM_FIELDS: [&str; 4] = ["item_id", "qty", "description", "unit_price"];

/// Lines of an order, at most: a transaction of `DynamoDB` takes 100 items, and one of them is the saga's
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const LINES_MAX: usize = 99;

/// The items of an order, at most, in bytes of JSON as events carry them. All of them travel with every event; the rest
/// of [`MAX_BODY_BYTES`] is for what an event can hold besides, when all goes wrong that can.
const ITEMS_BYTES_MAX: usize = 40 * 1024;

/// The longest description, in bytes.
const DESCRIPTION_MAX: usize = 256;

/// Decimals of a quantity or a price, at most.
const SCALE_MAX: u32 = 9;

/// The form.
pub(crate) const FORM: Form<Event, Card> =
    Form { kind: kinds::ORDER, fields: &FIELDS, read, schema: ("OrderRequest", schema_of_fields) };

/// The status of an order at a stage of its saga, as the workshop has it.
pub(crate) fn status(stage: Stage) -> &'static str {
    match stage {
        Stage::Registered => "New",
        Stage::Completed => "Completed",
        // The order waits for its customer.
        Stage::Undone => "Pending",
    }
}

/// The order, where the request breaks no rule.
fn read(fields: &Fields<'_>, mut broken: Vec<String>) -> Reading<Event, Card> {
    broken.extend(fields.rule_of_unknown::<Event>(&FIELDS).map(|rule| format!("body: {rule}")));
    let mut keep =
        |field: &str, found: Result<String, String>| found.map_err(|rule| broken.push(format!("{field}: {rule}"))).ok();
    let order_id = keep("order_id", text(fields, "order_id").and_then(identifier));
    let order_date = keep("order_date", text(fields, "order_date").and_then(date));
    let customer_id = keep("customer_id", text(fields, "customer_id").and_then(identifier));
    let items = items(fields, &mut broken);
    let amount = match &items {
        Some(items) if broken.iter().all(|rule| !rule.starts_with("items")) => {
            amount_of(items).map_err(|rule| broken.push(format!("items: {rule}"))).ok()
        }
        Some(_) | None => None,
    };
    let id = |text: Option<String>| text.and_then(|text| Identifier::parse(&text).ok());
    match (id(order_id), order_date, id(customer_id), items, amount) {
        (Some(order_id), Some(order_date), Some(customer_id), Some(items), Some(amount)) if broken.is_empty() => {
            let order = Order { order_id, order_date, customer_id, items, amount };
            Ok(Requested { subject: order.into(), secret: None })
        }
        (order_id, _, customer_id, _, amount) => {
            let subject = OrderSubject { order_id, customer_id }.into();
            Err(Box::new(Broken { asked: Asked { subject, amount }, rules: broken }))
        }
    }
}

/// The items, those that keep the rules; what breaks one is noted.
fn items(fields: &Fields<'_>, broken: &mut Vec<String>) -> Option<Vec<Item>> {
    let raw = once(fields, "items").and_then(|raw| {
        let items: Option<Vec<&RawValue>> = serde_json::from_str(raw.get()).ok();
        items.ok_or_else(|| "must be a list".to_owned())
    });
    let raw = match raw {
        Ok(raw) if (1..=LINES_MAX).contains(&raw.len()) => raw,
        Ok(_) => {
            broken.push(format!("items: must be 1 to {LINES_MAX} items"));
            return None;
        }
        Err(rule) => {
            broken.push(format!("items: {rule}"));
            return None;
        }
    };
    let mut items = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        match Fields::of(raw.get()) {
            Ok(fields) => items.extend(item(&fields, index, broken)),
            Err(rule) => broken.push(format!("items[{index}]: {rule}")),
        }
    }
    if serde_json::to_string(&items).is_ok_and(|json| json.len() > ITEMS_BYTES_MAX) {
        broken.push(format!(
            "items: must be at most {ITEMS_BYTES_MAX} bytes, so that every event of the order has room in \
             {MAX_BODY_BYTES} bytes"
        ));
    }
    Some(items)
}

fn item(fields: &Fields<'_>, index: usize, broken: &mut Vec<String>) -> Option<Item> {
    broken.extend(fields.rule_of_unknown::<Event>(&ITEM_FIELDS).map(|rule| format!("items[{index}]: {rule}")));
    let mut keep = |field: &str, rule: String| broken.push(format!("items[{index}].{field}: {rule}"));
    let item_id = text(fields, "item_id").and_then(identifier).map_err(|rule| keep("item_id", rule)).ok();
    let positive = |qty: Decimal| if qty > Decimal::ZERO { Ok(qty) } else { Err("must be more than zero".to_owned()) };
    let qty = number(fields, "qty").and_then(positive).map_err(|rule| keep("qty", rule)).ok();
    let description = once(fields, "description").and_then(description).map_err(|rule| keep("description", rule)).ok();
    let unit_price = number(fields, "unit_price").map_err(|rule| keep("unit_price", rule)).ok();
    let item_id = item_id.and_then(|text| Identifier::parse(&text).ok())?;
    let item = Item { item_id, qty: qty?, description: description?, unit_price: unit_price? };
    if let Err(rule) = item.amount() {
        broken.push(format!("items[{index}]: {rule}"));
    }
    Some(item)
}

fn once<'a>(fields: &Fields<'a>, name: &str) -> Result<&'a RawValue, String> {
    match fields.count(name) {
        0 => Err("is missing".to_owned()),
        1 => fields.get(name).ok_or_else(|| "is missing".to_owned()),
        _ => Err("stands twice".to_owned()),
    }
}

fn text(fields: &Fields<'_>, name: &str) -> Result<String, String> {
    serde_json::from_str(once(fields, name)?.get()).map_err(|_err| "must be a text".to_owned())
}

fn identifier(text: String) -> Result<String, String> {
    Identifier::parse(&text).map(|_id| text).map_err(|rule| rule.to_string())
}

fn date(text: String) -> Result<String, String> {
    let rule = "must be a date and time with its offset, such as 2018-10-19T10:50:16+08:00";
    let good = text.len() <= 64 && text.parse::<Timestamp>().is_ok();
    if good { Ok(text) } else { Err(rule.to_owned()) }
}

/// A description.
fn description(raw: &RawValue) -> Result<Words, String> {
    let text: String = serde_json::from_str(raw.get()).map_err(|_err| "must be a text".to_owned())?;
    if text.len() > DESCRIPTION_MAX || text.chars().any(char::is_control) {
        return Err(format!("must be at most {DESCRIPTION_MAX} bytes, without control characters"));
    }
    Ok(text.into())
}

/// A number as it is written, digit by digit.
fn number(fields: &Fields<'_>, name: &str) -> Result<Decimal, String> {
    let rule = || format!("must be a number such as 199.99: no sign, no exponent, at most {SCALE_MAX} decimals");
    let raw = once(fields, name)?.get();
    let plain = raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let decimal = plain.then(|| Decimal::from_str_exact(raw).ok()).flatten();
    decimal.filter(|decimal| decimal.scale() <= SCALE_MAX).ok_or_else(rule)
}

/// No control character: of what Unicode calls `Cc`.
const NO_CONTROL: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

fn schema_of_fields() -> Value {
    let number = "Written as digits and a point, at most 9 of them behind it: no sign, no exponent.";
    json!({
        "description": format!("An order. At most 64 KiB, of which the items take at most {ITEMS_BYTES_MAX} bytes, \
            written without white space and each number as a text; no field may stand there twice. What is charged is the sum \
            over the lines of qty × unit_price, each rounded to whole cents, half away from zero; a line with a price is not \
            rounded to zero, and the sum is more than zero and at most $92,233,720,368,547,758.07."),
        "type": "object",
        "additionalProperties": false,
        "required": ["order_id", "order_date", "customer_id", "items"],
        "properties": {
            "order_id": schema::identifier(),
            "order_date": {
                "type": "string", "format": "date-time", "maxLength": 64,
                "description": "When it was placed, with the offset from UTC.",
            },
            "customer_id": schema::identifier(),
            "items": {
                "type": "array", "minItems": 1, "maxItems": LINES_MAX,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["item_id", "qty", "description", "unit_price"],
                    "properties": {
                        "item_id": schema::identifier(),
                        "qty": { "type": "number", "exclusiveMinimum": 0, "description": number },
                        "description": {
                            "type": "string", "maxLength": DESCRIPTION_MAX, "pattern": NO_CONTROL,
                            "description": format!("In the client's words; at most {DESCRIPTION_MAX} bytes."),
                        },
                        "unit_price": { "type": "number", "minimum": 0, "description": format!("In US dollars. {number}") },
                    },
                },
            },
        },
    })
}
