//! The notifier tells every sender how the saga ended.

use std::sync::LazyLock;

use saga::Declaration;
use saga::notifier::{self, Notifier};

use crate::vocabulary::Event;

/// What the notifier says of itself.
pub static NOTIFIER: LazyLock<Declaration> =
    LazyLock::new(|| notifier::declaration::<Event>("notifier", "tells senders how their parcels fared"));

/// The notifier service.
#[must_use]
pub fn notifier() -> Notifier<Event> {
    Notifier::new(&NOTIFIER)
}
