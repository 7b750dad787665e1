//! Options of `stock`.

use clap::{Args, Subcommand};
use console::JsonOption;
use contracts::{Identifier, Words};
use rust_decimal::Decimal;

/// Decimals of an amount: as many as orders have.
const DECIMALS_MAX: usize = 9;

/// Digits before them: with nine decimals, whatever is added or taken fits the 28 digits of a [`Decimal`].
const WHOLE_DIGITS_MAX: usize = 15;

/// What to do with the stock.
#[derive(Debug, Subcommand)]
pub enum Stock {
    /// Show how much is available of items; of all that are tracked, unless some are named.
    Show(ShowOptions),
    /// Set how much is available of an item. Leaves a record before and after.
    ///
    /// What orders have reserved is not counted in it. An item that was never set is not tracked, and any amount of it
    /// can be ordered.
    Set(SetOptions),
}

/// Options of `stock show`.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The items, by the `item_id` of orders.
    #[arg(value_name = "ITEM", value_parser = Identifier::parse)]
    pub items: Vec<Identifier>,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// Options of `stock set`.
#[derive(Debug, Args)]
pub struct SetOptions {
    /// The item, by the `item_id` of orders.
    #[arg(value_name = "ITEM", value_parser = Identifier::parse)]
    pub item: Identifier,
    /// How much is available: an exact decimal, such as 5 or 0.25.
    #[arg(
        value_name = "QTY",
        value_parser = quantity,
        allow_negative_numbers = true,
        required_unless_present = "untracked",
        conflicts_with = "untracked"
    )]
    pub quantity: Option<Decimal>,
    /// Track the item no more: any amount of it can be ordered.
    #[arg(long)]
    pub untracked: bool,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub why: Words,
    /// For a program to read.
    #[command(flatten)]
    pub output: JsonOption,
}

/// An exact amount that is not negative; what orders take from it, and give back, is exact too.
fn quantity(text: &str) -> Result<Decimal, String> {
    if text.starts_with('-') {
        return Err("must not be negative".to_owned());
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_short = whole.len() <= WHOLE_DIGITS_MAX && decimals.len() <= DECIMALS_MAX;
    let exact = Decimal::from_str_exact(text).ok().filter(|_| is_decimal && is_short);
    exact.ok_or_else(|| {
        format!("must be a decimal such as 5 or 0.25: at most {WHOLE_DIGITS_MAX} digits and {DECIMALS_MAX} decimals")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_exact_and_not_negative() {
        for good in ["0", "5", "0.25", "999999999999999.999999999"] {
            assert_eq!(quantity(good).unwrap().to_string(), good);
        }
        for bad in ["", ".", "-1", "-0", "1e3", "1_000", "+5", "five", "0.0000000001", "1000000000000000", "1 "] {
            assert!(quantity(bad).is_err(), "{bad}");
        }
    }
}
