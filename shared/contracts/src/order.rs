//! An order, and what its saga carries forward.
//!
//! **Invariant:** quantities and prices are exact decimals; what is charged is their exact sum, in whole cents, or the
//! order is refused.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::InvalidMoney;
use crate::{Currency, Identifier, Money, Words};

/// An order, in the words of the client who placed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Order {
    /// Which order; not unique: one order may be requested again and again.
    pub order_id: Identifier,
    /// When it was placed, as the client wrote it: RFC 3339.
    pub order_date: String,
    /// Who pays.
    pub customer_id: Identifier,
    /// What is ordered.
    pub items: Vec<Item>,
    /// The exact sum over all items.
    pub amount: Money,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Item {
    /// What; a row of the stock table, where it is tracked.
    pub item_id: Identifier,
    /// How much of it; a fraction is allowed.
    pub qty: Decimal,
    /// In the client's words, for people.
    pub description: Words,
    /// In dollars.
    pub unit_price: Decimal,
}

/// The status of an order, as the workshop has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderStatus {
    /// Created; its saga runs.
    New,
    /// Its saga failed and is undone; the order waits for its customer.
    Pending,
    /// Paid and reserved.
    Completed,
}

/// Why no amount can be charged for these items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// The sum is not a whole number of cents; rounding it would charge what nobody asked for.
    #[error("the sum of qty × unit_price must be a whole number of cents")]
    NotWholeCents,
    /// The sum is no amount.
    #[error("the sum of qty × unit_price {0}")]
    NotAnAmount(InvalidMoney),
}

/// The exact sum of `qty × unit_price` over these items.
///
/// # Errors
///
/// [`InvalidAmount`]: nothing is rounded.
pub fn amount_of(items: &[Item]) -> Result<Money, InvalidAmount> {
    let too_large = InvalidAmount::NotAnAmount(InvalidMoney::TooLarge);
    let mut cents = Decimal::ZERO;
    for item in items {
        let line = item.qty.checked_mul(item.unit_price).and_then(|line| line.checked_mul(Decimal::ONE_HUNDRED));
        cents = line.and_then(|line| cents.checked_add(line)).ok_or(too_large)?;
    }
    if !cents.is_integer() {
        return Err(InvalidAmount::NotWholeCents);
    }
    match i64::try_from(cents).map_err(|_err| too_large)? {
        minor if minor > 0 => Ok(Money { minor, currency: Currency::Usd }),
        _ => Err(InvalidAmount::NotAnAmount(InvalidMoney::Zero)),
    }
}

impl Order {
    /// How much of each item is wanted: lines of one item are added up. In the order of their first mention.
    #[must_use]
    pub fn wanted(&self) -> Vec<(Identifier, Decimal)> {
        let mut wanted: Vec<(Identifier, Decimal)> = Vec::new();
        for item in &self.items {
            match wanted.iter_mut().find(|(id, _)| *id == item.item_id) {
                Some((_, qty)) => *qty = qty.saturating_add(item.qty),
                None => wanted.push((item.item_id.clone(), item.qty)),
            }
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, qty: &str, unit_price: &str) -> Item {
        Item {
            item_id: Identifier::parse(id).unwrap(),
            qty: qty.parse().unwrap(),
            description: Words::default(),
            unit_price: unit_price.parse().unwrap(),
        }
    }

    fn minor(items: &[(&str, &str)]) -> Result<i64, InvalidAmount> {
        let items: Vec<Item> = items.iter().map(|(qty, price)| item("1", qty, price)).collect();
        amount_of(&items).map(|amount| amount.minor)
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(minor(&[("1.0", "199.99")]), Ok(19_999));
        assert_eq!(minor(&[("3", "0.1")]), Ok(30));
        assert_eq!(minor(&[("0.1", "0.1"), ("0.2", "0.1")]), Ok(3), "the sum counts, not the line");
        assert_eq!(minor(&[("0.25", "4")]), Ok(100));
        assert_eq!(minor(&[("0.5", "0.01")]), Err(InvalidAmount::NotWholeCents));
        assert_eq!(minor(&[("1", "0")]), Err(InvalidAmount::NotAnAmount(InvalidMoney::Zero)));
        let huge = "79228162514264337593543950335";
        assert_eq!(minor(&[(huge, huge)]), Err(InvalidAmount::NotAnAmount(InvalidMoney::TooLarge)));
        assert_eq!(minor(&[("92233720368547758.08", "1")]), Err(InvalidAmount::NotAnAmount(InvalidMoney::TooLarge)));
    }

    #[test]
    fn lines_of_one_item_are_added_up() {
        let order = Order {
            order_id: Identifier::parse("o").unwrap(),
            order_date: String::new(),
            customer_id: Identifier::parse("c").unwrap(),
            items: vec![item("a", "1.5", "1"), item("b", "1", "1"), item("a", "0.5", "2")],
            amount: Money { minor: 350, currency: Currency::Usd },
        };
        let wanted: Vec<(String, String)> =
            order.wanted().into_iter().map(|(id, qty)| (id.to_string(), qty.normalize().to_string())).collect();
        assert_eq!(wanted, [("a".to_owned(), "2".to_owned()), ("b".to_owned(), "1".to_owned())]);
    }
}
