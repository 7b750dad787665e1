//! What a step hears.

use wire::{Events, Journey};

/// An event that a service hears, and the text that came beside it.
///
/// # Examples
///
/// ```
/// use ensemble_saga::step::Heard;
/// use parcel::{Event, parcel};
/// use wire::{Journey, told::Done};
///
/// let event = Event::ParcelLoaded(Done { subject: parcel("Elm.Street"), journey: Journey::until(jiff::Timestamp::MAX) });
/// let heard = Heard::new(event, None).unwrap();
/// assert_eq!(heard.subject, parcel("Elm.Street"));
/// ```
#[derive(Clone, Debug)]
pub struct Heard<V: Events> {
    /// The event.
    pub event: V,
    /// The text of the extension attribute beside it.
    pub beside: Option<String>,
    /// What the event is about.
    pub subject: V::Subject,
    /// The way so far.
    pub journey: Journey,
}

impl<V: Events> Heard<V> {
    /// An event and the text that came beside it; `None` for an event that tells no journey.
    #[must_use]
    pub fn new(event: V, beside: Option<String>) -> Option<Self> {
        let (subject, journey) = (event.data().subject()?.clone(), event.data().journey()?.clone());
        Some(Self { event, beside, subject, journey })
    }
}
