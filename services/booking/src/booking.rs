//! The service, as a value.

use card::PublicKey;
use saga::owner::Deadlines;
use saga::topology::Names;

/// The booking service.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Payment's key, to which cards are sealed.
    pub key: PublicKey,
    /// The names of the topics whose SNS envelopes carry requests.
    pub names: Names,
    /// How long sagas may take.
    pub deadlines: Deadlines,
    /// Whether the forced failures of [`contracts::hooks`] are honoured.
    pub hooks: bool,
}

impl Booking {
    /// The service on the topics of these names, that seals cards to this key, with the default deadlines and without
    /// forced failures.
    #[must_use]
    pub fn new(key: PublicKey, names: &Names) -> Self {
        Self { key, names: names.clone(), deadlines: Deadlines::default(), hooks: false }
    }
}
