//! Card data: held for a moment, then sealed so that only payment can open it.
//!
//! **Invariant:** [`Card`] can be neither printed nor serialised, and is overwritten when it is dropped. What leaves
//! this crate is a sealed text (HPKE, RFC 9180) that is bound to one saga.

mod keys;
mod seal;

pub use keys::{InvalidKey, PrivateKey, PublicKey, key_pair};
pub use seal::{OpenError, SealError, check, open, seal};

use zeroize::Zeroizing;

/// A payment card, in the clear.
///
/// No `Debug`, no `Display`, no `Serialize`, no `Clone`: `tests/cannot_leak` proves it.
#[expect(missing_debug_implementations, reason = "a card must not be printable")]
pub struct Card {
    number: Zeroizing<String>,
    expiry: Zeroizing<String>,
    cvv: Zeroizing<String>,
}

/// A field of a card that breaks its rule. Names both, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCard {
    /// The number.
    #[error("must be 12 to 19 digits, with single spaces or dashes between them")]
    Number,
    /// The expiry date.
    #[error("must be MM/YY or MM/YYYY")]
    Expiry,
    /// The verification value.
    #[error("must be 3 or 4 digits")]
    Cvv,
}

impl Card {
    /// Takes a card whose fields have the right form.
    ///
    /// The form only: neither the checksum nor the date is checked. Whether a card is good is the gateway's to say.
    ///
    /// # Errors
    ///
    /// Every field that breaks its rule.
    pub fn new(
        number: Zeroizing<String>,
        expiry: Zeroizing<String>,
        cvv: Zeroizing<String>,
    ) -> Result<Self, Vec<InvalidCard>> {
        let rules = [
            (Self::is_number(&number), InvalidCard::Number),
            (Self::is_expiry(&expiry), InvalidCard::Expiry),
            (Self::is_cvv(&cvv), InvalidCard::Cvv),
        ];
        let broken: Vec<_> = rules.into_iter().filter(|(kept, _)| !kept).map(|(_, rule)| rule).collect();
        if broken.is_empty() { Ok(Self { number, expiry, cvv }) } else { Err(broken) }
    }

    /// Whether a text has the form of a card number.
    #[must_use]
    pub fn is_number(text: &str) -> bool {
        let groups = text.split([' ', '-']);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (12..=19).contains(&digits) && groups.into_iter().all(|group| !group.is_empty() && all_digits(group))
    }

    /// Whether a text has the form of an expiry date.
    #[must_use]
    pub fn is_expiry(text: &str) -> bool {
        text.split_once('/').is_some_and(|(month, year)| {
            let month_exists = month.len() == 2 && all_digits(month) && ("01"..="12").contains(&month);
            month_exists && matches!(year.len(), 2 | 4) && all_digits(year)
        })
    }

    /// Whether a text has the form of a card verification value.
    #[must_use]
    pub fn is_cvv(text: &str) -> bool {
        matches!(text.len(), 3 | 4) && all_digits(text)
    }

    /// The number, in the clear: for the gateway adapter only.
    #[must_use]
    pub fn expose_number(&self) -> &str {
        &self.number
    }

    /// The expiry date, in the clear: for the gateway adapter only.
    #[must_use]
    pub fn expose_expiry(&self) -> &str {
        &self.expiry
    }

    /// The verification value, in the clear: for the gateway adapter only.
    #[must_use]
    pub fn expose_cvv(&self) -> &str {
        &self.cvv
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_checked_and_neither_checksum_nor_date() {
        for good in ["2424 2424 2424 2424", "2424242424242424", "2424-2424-2424", "1234567890123456789"] {
            assert!(Card::is_number(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "2424",
            "2424  2424 2424 2424",
            " 2424 2424 2424 2424",
            "2424 2424 2424 242x",
            "12345678901234567890",
        ] {
            assert!(!Card::is_number(bad), "{bad}");
        }
        for (text, good) in [
            ("12/22", true),
            ("01/2030", true),
            ("13/22", false),
            ("00/22", false),
            ("1/22", false),
            ("12-22", false),
            ("", false),
        ] {
            assert_eq!(Card::is_expiry(text), good, "{text}");
        }
        for (text, good) in
            [("111", true), ("1111", true), ("11", false), ("11111", false), ("abc", false), ("١٢٣", false)]
        {
            assert_eq!(Card::is_cvv(text), good, "{text}");
        }
    }
}
