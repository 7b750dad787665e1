//! Amounts: integer minor units with a currency.
//!
//! **Invariant:** no float and no rounding. A text that is not exactly an amount is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The currency of an amount (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Currency {
    /// US dollar, two decimals: the currency of every `$` amount.
    #[serde(rename = "USD")]
    Usd,
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Money {
    /// Minor units: cents.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// Why a text is not an amount that can be charged. Names the rule, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Outside the grammar of [`Money::parse_usd`].
    #[error("must be an amount such as $20.00, $1,234.50, 20 or 20.5: no sign, no exponent, at most two decimals")]
    NotMoney,
    /// Longer than [`Money::MAX_LEN`]: leading zeros could go on for ever.
    #[error("must be at most 64 characters")]
    TooLong,
    /// More minor units than an `i64` holds.
    #[error("must not be larger than $92,233,720,368,547,758.07")]
    TooLarge,
    /// Nothing.
    #[error("must be more than zero")]
    Zero,
}

impl Money {
    /// The longest text that is an amount, in bytes.
    pub const MAX_LEN: usize = 64;

    /// The grammar of [`Money::parse_usd`], as a schema says it; that an amount is neither zero nor too large is not in
    /// it.
    pub const PATTERN_USD: &str = r"^\$?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,2})?$";

    /// Reads a positive amount in US dollars.
    ///
    /// The grammar: an optional `$`; digits, plain or in groups of three behind commas; optionally a point and one or
    /// two digits. No sign, no exponent, no white space.
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_wire::money::{InvalidMoney, Money};
    ///
    /// let postage = Money::parse_usd("$1,234.50")?;
    /// assert_eq!(postage.minor, 123_450);
    /// assert_eq!(postage.to_string(), "$1,234.50");
    /// assert_eq!(Money::parse_usd("$-5"), Err(InvalidMoney::NotMoney));
    /// # Ok::<(), InvalidMoney>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidMoney`] names the rule that the text breaks.
    pub fn parse_usd(text: &str) -> Result<Self, InvalidMoney> {
        if text.len() > Self::MAX_LEN {
            return Err(InvalidMoney::TooLong);
        }
        let text = text.strip_prefix('$').unwrap_or(text);
        let (whole, cents) = match text.split_once('.') {
            Some((whole, cents)) => (whole, cents_of(cents)?),
            None => (text, 0),
        };
        let mut minor: i64 = 0;
        for digit in digits_of(whole)? {
            minor = minor.checked_mul(10).and_then(|n| n.checked_add(digit)).ok_or(InvalidMoney::TooLarge)?;
        }
        let minor = minor.checked_mul(100).and_then(|n| n.checked_add(cents)).ok_or(InvalidMoney::TooLarge)?;
        if minor == 0 {
            return Err(InvalidMoney::Zero);
        }
        Ok(Self { minor, currency: Currency::Usd })
    }
}

/// The digits before the point, in `1234` or `1,234` form.
fn digits_of(whole: &str) -> Result<Vec<i64>, InvalidMoney> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = first.len() < whole.len();
    let well_grouped = (!grouped || first.len() <= 3) && groups.all(|group| group.len() == 3);
    if first.is_empty() || !well_grouped {
        return Err(InvalidMoney::NotMoney);
    }
    whole.bytes().filter(|byte| *byte != b',').map(digit_of).collect()
}

/// One or two digits behind the point, as cents.
fn cents_of(text: &str) -> Result<i64, InvalidMoney> {
    match *text.as_bytes() {
        [tenths] => Ok(digit_of(tenths)? * 10),
        [tenths, hundredths] => Ok(digit_of(tenths)? * 10 + digit_of(hundredths)?),
        _ => Err(InvalidMoney::NotMoney),
    }
}

fn digit_of(byte: u8) -> Result<i64, InvalidMoney> {
    if byte.is_ascii_digit() { Ok(i64::from(byte - b'0')) } else { Err(InvalidMoney::NotMoney) }
}

impl fmt::Display for Money {
    /// `$1,234.50`: what [`Money::parse_usd`] reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = (self.minor / 100).to_string();
        let mut grouped = String::new();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        write!(f, "${grouped}.{:02}", self.minor % 100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_is_read_exactly() {
        let cases = [
            ("$20.00", 2_000),
            ("$1,234.50", 123_450),
            ("20", 2_000),
            ("20.5", 2_050),
            ("$0.01", 1),
            ("$1,000,000", 100_000_000),
            ("1234567.89", 123_456_789),
            ("92233720368547758.07", i64::MAX),
        ];
        for (text, minor) in cases {
            assert_eq!(Money::parse_usd(text), Ok(Money { minor, currency: Currency::Usd }), "{text}");
        }
    }

    #[test]
    fn what_is_not_money_is_refused() {
        let not_money = [
            "", "$", "$-5", "-5", "+5", "$0.001", "1e9", "$1,00", "1,0000", ",100", "1,,000", "1,000,", "1000,000",
            ".5", "5.", "$ 5", " 5", "5 ", "$$5", "0x10", "NaN", "inf", "١٢", "5.0.0", "€5", "5\n", "1,23.00", "1 000",
        ];
        for text in not_money {
            assert_eq!(Money::parse_usd(text), Err(InvalidMoney::NotMoney), "{text:?}");
        }
        for text in ["92233720368547758.08", "99999999999999999999", "$92,233,720,368,547,758.08"] {
            assert_eq!(Money::parse_usd(text), Err(InvalidMoney::TooLarge), "{text}");
        }
        assert_eq!(Money::parse_usd("$0.00"), Err(InvalidMoney::Zero));
        assert!(Money::parse_usd(&format!("{:0>64}", 1)).is_ok());
        assert_eq!(Money::parse_usd(&format!("{:0>65}", 1)), Err(InvalidMoney::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(minor in 1..=i64::MAX) {
            let money = Money { minor, currency: Currency::Usd };
            prop_assert_eq!(Money::parse_usd(&money.to_string()), Ok(money));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,40}") {
            if let Ok(money) = Money::parse_usd(&text) {
                prop_assert_eq!(Money::parse_usd(&money.to_string()), Ok(money));
            }
        }
    }
}
