//! What a step hears.

use contracts::{Event, Journey, Purchase};

/// An event that a service hears, and the sealed card that came beside it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The event.
    pub event: Event,
    /// The sealed card.
    pub sealed_card: Option<String>,
    /// What the event is about.
    pub purchase: Purchase,
    /// The way so far.
    pub journey: Journey,
}

impl Heard {
    /// An event and the sealed card that came beside it; `None` for an event that tells no journey.
    #[must_use]
    pub fn new(event: Event, sealed_card: Option<String>) -> Option<Self> {
        let (purchase, journey) = (event.purchase()?.clone(), event.data().journey()?.clone());
        Some(Self { event, sealed_card, purchase, journey })
    }
}
