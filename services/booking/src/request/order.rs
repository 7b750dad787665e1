//! The form of an order request: every rule named with its field, no value repeated, no number through a float.

use contracts::booking::OrderRejected;
use contracts::order::{Item, amount_of};
use contracts::{Event, Identifier, MAX_BODY_BYTES, Order, Path, SagaKind, StepName, Words};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::fields::Fields;
use super::rejected::failure;

/// The fields of an order, all of them required.
const FIELDS: [&str; 4] = ["order_id", "order_date", "customer_id", "items"];

/// The fields of an item, all of them required.
const ITEM_FIELDS: [&str; 4] = ["item_id", "qty", "description", "unit_price"];

/// Lines of an order, at most: a transaction of `DynamoDB` takes 100 items, and one of them is the saga's
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub(super) const LINES_MAX: usize = 99;

/// The items of an order, at most, in bytes of JSON as events carry them. All of them travel with every event; the rest
/// of [`MAX_BODY_BYTES`] is for what an event can hold besides, when all goes wrong that can.
pub(super) const ITEMS_BYTES_MAX: usize = 40 * 1024;

/// The longest description, in bytes.
pub(super) const DESCRIPTION_MAX: usize = 256;

/// Decimals of a quantity or a price, at most.
const SCALE_MAX: u32 = 9;

/// The kind of a bare request that came by no topic, by the fields that it has.
pub(super) fn kind_of(fields: &Fields<'_>) -> SagaKind {
    if fields.names().any(|name| FIELDS.contains(&name)) { SagaKind::Order } else { SagaKind::Fare }
}

/// Checks a bare request, for whoever wants to know before sending it.
///
/// # Errors
///
/// The fields and the rules that they break.
pub fn check_order(body: &str) -> Result<Order, String> {
    let fields = Fields::of(body).map_err(|rule| format!("body: {rule}"))?;
    if body.len() > MAX_BODY_BYTES {
        return Err(format!("body: must be at most {MAX_BODY_BYTES} bytes"));
    }
    checked(&fields, Vec::new()).map_err(|rejected| rejected.error.message)
}

/// Checks the fields of a request that has `broken` these rules already; the error is the rejection.
pub(super) fn check_fields(fields: &Fields<'_>, broken: Vec<String>) -> Result<Order, Box<Event>> {
    checked(fields, broken).map_err(|rejected| Box::new(Event::OrderRejected(*rejected)))
}

/// The same; the rejection has as much of the order as could be read.
fn checked(fields: &Fields<'_>, mut broken: Vec<String>) -> Result<Order, Box<OrderRejected>> {
    broken.extend(fields.rule_of_unknown(&FIELDS).map(|rule| format!("body: {rule}")));
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
            Ok(Order { order_id, order_date, customer_id, items, amount })
        }
        (order_id, _, customer_id, _, amount) => Err(Box::new(OrderRejected {
            customer_id,
            order_id,
            amount,
            error: failure(StepName::ProcessOrder, &broken),
            path: Path::default(),
        })),
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
    broken.extend(fields.rule_of_unknown(&ITEM_FIELDS).map(|rule| format!("items[{index}]: {rule}")));
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
