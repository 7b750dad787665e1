//! An order, and what its saga carries forward.
//!
//! **Invariant:** quantities and prices are exact decimals; each line is rounded to cents once, and the sum of what is
//! rounded is charged.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Words;
use crate::purchased::{Named, Purchased};
use wire::money::InvalidMoney;
use wire::{Currency, Identifier, Money};

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
    /// The sum over all items, each of them rounded to cents.
    pub amount: Money,
}

impl Purchased for Order {
    fn amount(&self) -> Money {
        self.amount
    }

    fn customer_id(&self) -> &Identifier {
        &self.customer_id
    }

    fn id(&self) -> &Identifier {
        &self.order_id
    }
}

/// What clients are told of an order; nothing where a rejected request did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderSubject {
    /// The order. The field is there in any case: it tells an order from another subject.
    #[serde(deserialize_with = "Option::deserialize")]
    pub order_id: Option<Identifier>,
    /// The customer.
    pub customer_id: Option<Identifier>,
}

impl From<&Order> for OrderSubject {
    fn from(order: &Order) -> Self {
        let Order { order_id, customer_id, .. } = order.clone();
        Self { order_id: Some(order_id), customer_id: Some(customer_id) }
    }
}

impl Named for OrderSubject {
    fn customer_id(&self) -> Option<&Identifier> {
        self.customer_id.as_ref()
    }

    fn id(&self) -> Option<&Identifier> {
        self.order_id.as_ref()
    }
}

/// What an `OrderRejected` event says of an order; nothing that could not be read. Events spell names in their own way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RejectedOrder {
    /// The customer.
    pub customer_id: Option<Identifier>,
    /// The order.
    pub order_id: Option<Identifier>,
}

impl From<OrderSubject> for RejectedOrder {
    fn from(OrderSubject { order_id, customer_id }: OrderSubject) -> Self {
        Self { customer_id, order_id }
    }
}

impl From<RejectedOrder> for OrderSubject {
    fn from(RejectedOrder { customer_id, order_id }: RejectedOrder) -> Self {
        Self { order_id, customer_id }
    }
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

/// Why no amount can be charged for these items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// A line has a price, and nothing would be charged for it.
    #[error("qty × unit_price must not be rounded to zero")]
    RoundsToZero,
    /// A line is no amount.
    #[error("qty × unit_price {0}")]
    Line(InvalidMoney),
    /// The sum is no amount.
    #[error("the sum of qty × unit_price {0}")]
    Sum(InvalidMoney),
}

impl Item {
    /// What is charged for this line, in cents: rounded half away from zero, as tills do. A line without a price is
    /// free.
    ///
    /// # Errors
    ///
    /// [`InvalidAmount`].
    pub fn amount(&self) -> Result<i64, InvalidAmount> {
        let too_large = InvalidAmount::Line(InvalidMoney::TooLarge);
        // In whole numbers: a decimal would round a product that is too long for it, and so a line twice.
        let product = self.qty.mantissa().checked_mul(self.unit_price.mantissa()).ok_or(too_large)?;
        let scale = self.qty.scale() + self.unit_price.scale();
        let cents = match scale.checked_sub(2) {
            None => product.checked_mul(10_i128.pow(2 - scale)).ok_or(too_large)?,
            Some(scale) => rounded(product, scale),
        };
        match i64::try_from(cents).map_err(|_err| too_large)? {
            0 if product != 0 => Err(InvalidAmount::RoundsToZero),
            minor => Ok(minor),
        }
    }
}

/// So many units of ten to the power of minus `scale`, as a whole number, half away from zero.
fn rounded(units: i128, scale: u32) -> i128 {
    // Of a scale that no `i128` reaches, nothing is left.
    let Some(unit) = 10_i128.checked_pow(scale) else {
        return 0;
    };
    let (whole, rest) = (units / unit, units % unit);
    if rest.abs() >= unit - rest.abs() { whole + rest.signum() } else { whole }
}

/// The sum over these items, each of them rounded to cents.
///
/// # Errors
///
/// [`InvalidAmount`].
pub fn amount_of(items: &[Item]) -> Result<Money, InvalidAmount> {
    let mut minor: i64 = 0;
    for item in items {
        minor = minor.checked_add(item.amount()?).ok_or(InvalidAmount::Sum(InvalidMoney::TooLarge))?;
    }
    match minor {
        1.. => Ok(Money { minor, currency: Currency::Usd }),
        ..=0 => Err(InvalidAmount::Sum(InvalidMoney::Zero)),
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
    use proptest::prelude::*;

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
    fn each_line_is_rounded_half_away_from_zero_and_the_sum_is_charged() {
        assert_eq!(minor(&[("1.0", "199.99")]), Ok(19_999));
        assert_eq!(minor(&[("3", "0.1")]), Ok(30));
        assert_eq!(minor(&[("0.1", "0.1"), ("0.2", "0.1")]), Ok(3));
        assert_eq!(minor(&[("0.25", "4")]), Ok(100));
        assert_eq!(minor(&[("0.333", "3.00")]), Ok(100));
        assert_eq!(minor(&[("0.005", "1")]), Ok(1));
        assert_eq!(minor(&[("0.5", "0.01"), ("0.5", "0.01")]), Ok(2), "the line counts, not the sum");
        assert_eq!(minor(&[("0.0149999999", "1")]), Ok(1));
        assert_eq!(minor(&[("0.004999999", "1"), ("1", "1")]), Err(InvalidAmount::RoundsToZero));
        assert_eq!(minor(&[("1", "0"), ("1", "1")]), Ok(100), "what has no price is free");
        assert_eq!(minor(&[("1", "0")]), Err(InvalidAmount::Sum(InvalidMoney::Zero)));
        // Just below half a cent, and more digits than a decimal has: it would round the line twice.
        assert_eq!(minor(&[("0.000000009", "66666666666667222222.222222222")]), Ok(60_000_000_000_000));
        let huge = "79228162514264337593543950335";
        assert_eq!(minor(&[(huge, huge)]), Err(InvalidAmount::Line(InvalidMoney::TooLarge)));
        assert_eq!(minor(&[("92233720368547758.08", "1")]), Err(InvalidAmount::Line(InvalidMoney::TooLarge)));
        let most = ("92233720368547758.07", "1");
        assert_eq!(minor(&[most]), Ok(i64::MAX));
        assert_eq!(minor(&[most, ("1", "0.01")]), Err(InvalidAmount::Sum(InvalidMoney::TooLarge)));
    }

    /// A line in cents as one does it by hand: digit by digit, in units of 10⁻¹⁸ dollars.
    fn by_hand(qty: (u64, usize), price: (u64, usize)) -> u128 {
        let padded = |(digits, decimals): (u64, usize)| format!("{digits}{}", "0".repeat(9 - decimals));
        let whole = |text: String| text.parse::<u128>().unwrap();
        let digits = format!("{:0>40}", whole(padded(qty)) * whole(padded(price)));
        let (cents, rest) = digits.split_at(digits.len() - 16);
        whole(cents.to_owned()) + u128::from(rest.as_bytes()[0] >= b'5')
    }

    fn written((digits, decimals): (u64, usize)) -> String {
        let text = format!("{digits:0>10}");
        let (whole, rest) = text.split_at(text.len() - decimals);
        if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
    }

    proptest! {
        #[test]
        fn lines_are_rounded_as_one_does_it_by_hand(
            lines in prop::collection::vec(((1..10_000_000_000_u64, 0..=9_usize), (1..10_000_000_000_u64, 0..=9_usize)), 1..5)
        ) {
            let texts: Vec<_> = lines.iter().map(|(qty, price)| (written(*qty), written(*price))).collect();
            let items: Vec<_> = texts.iter().map(|(qty, price)| (qty.as_str(), price.as_str())).collect();
            let cents: Vec<u128> = lines.iter().map(|(qty, price)| by_hand(*qty, *price)).collect();
            let sum = i64::try_from(cents.iter().sum::<u128>());
            match minor(&items) {
                Ok(minor) => {
                    prop_assert!(!cents.contains(&0));
                    prop_assert_eq!(Ok(minor), sum);
                }
                Err(InvalidAmount::RoundsToZero) => prop_assert!(cents.contains(&0)),
                Err(InvalidAmount::Line(_) | InvalidAmount::Sum(_)) => prop_assert!(sum.is_err()),
            }
        }
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
