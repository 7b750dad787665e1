//! The card of an authorisation: its form is checked, and it is dropped.
//!
//! **Invariant:** nothing here can be printed, copied or written, and all of it is wiped when dropped. The read buffer
//! of the connection is the HTTP library's and is out of reach.

use card::InvalidCard;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::invalid::{Invalid, require};

/// A card as it arrives, its form unchecked.
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
        let Err(broken) = card::Card::new(self.number.0, self.expiry.0, self.cvv.0) else { return Ok(()) };
        let keeps = |field| !broken.contains(&field);
        require(keeps(InvalidCard::Number), "card.number", "must be 12 to 19 digits, with single spaces or dashes")?;
        require(keeps(InvalidCard::Expiry), "card.expiry", "must be MM/YY or MM/YYYY")?;
        require(keeps(InvalidCard::Cvv), "card.cvv", "must be 3 or 4 digits")
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
