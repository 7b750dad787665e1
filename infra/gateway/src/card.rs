//! The card of an authorisation: its form is checked, and it is dropped.
//!
//! **Invariant:** card data cannot be printed, copied or written, and is wiped when dropped. The
//! read buffer of the connection is the HTTP library's and is out of reach.

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::request::{Invalid, require};

/// A card as it arrives.
///
/// It implements neither `Debug` nor `Clone` nor `Serialize`, on purpose.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Card {
    number: Secret,
    expiry: Secret,
    cvv: Secret,
}

impl Card {
    /// Checks the form and nothing else: no checksum, and no look at the calendar.
    pub(crate) fn check(self) -> Result<(), Invalid> {
        require(is_number(&self.number.0), "card.number", "must be 12 to 19 digits, with spaces or dashes")?;
        require(is_expiry(&self.expiry.0), "card.expiry", "must be MM/YY or MM/YYYY")?;
        require(is_cvv(&self.cvv.0), "card.cvv", "must be 3 or 4 digits")
    }
}

/// One field of a card, wiped when dropped, also where reading the next field fails.
#[derive(Default)]
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let separators = text.bytes().filter(|byte| matches!(byte, b' ' | b'-')).count();
    (12..=19).contains(&digits) && digits + separators == text.len()
}

fn is_expiry(text: &str) -> bool {
    text.split_once('/').is_some_and(|(month, year)| {
        all_digits(year)
            && matches!(year.len(), 2 | 4)
            && all_digits(month)
            && month.len() == 2
            && matches!(month.parse(), Ok(1..=12))
    })
}

fn is_cvv(text: &str) -> bool {
    all_digits(text) && matches!(text.len(), 3 | 4)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};

    use serde::Serialize;

    use super::*;

    /// Does not compile once the type implements the trait: then there are two candidates.
    macro_rules! never {
        ($type:ty: $($forbidden:path),+) => {$({
            trait Candidate<Which> {
                fn found() {}
            }
            struct Forbidden;
            impl<T> Candidate<()> for T {}
            impl<T: $forbidden> Candidate<Forbidden> for T {}
            <$type as Candidate<_>>::found();
        })+};
    }

    #[test]
    fn a_card_cannot_be_printed_copied_or_written() {
        never!(Card: Debug, Display, Clone, Serialize);
        never!(Secret: Debug, Display, Clone, Serialize);
    }

    #[test]
    fn a_number_is_checked_for_form_and_not_for_its_checksum() {
        for good in ["2424 2424 2424 2424", "4111-1111-1111-1112", "123456789012", "1234567890123456789"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "12345678901", "12345678901234567890", "4111.1111.1111.1111", "４１１１１１１１１１１１"]
        {
            assert!(!is_number(bad), "{bad}");
        }
    }

    #[test]
    fn an_expiry_has_a_month_and_may_have_passed() {
        for good in ["12/22", "01/2031", "12/1999"] {
            assert!(is_expiry(good), "{good}");
        }
        for bad in ["", "/", "13/22", "00/22", "1/22", "+1/22", "12/222", "12-22", "12/22/22"] {
            assert!(!is_expiry(bad), "{bad}");
        }
    }

    #[test]
    fn a_cvv_has_three_or_four_digits() {
        assert!(is_cvv("111") && is_cvv("1234"));
        assert!(!is_cvv("") && !is_cvv("12") && !is_cvv("12345") && !is_cvv("12a"));
    }
}
