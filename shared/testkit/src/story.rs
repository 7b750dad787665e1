//! What a participant is tried with.

use wire::SagaId;

use crate::{Message, Node};

/// Messages of one saga, each of which follows from those before it.
///
/// # Examples
///
/// See the example of [`Conformance`].
#[derive(Clone, Debug)]
pub struct Story {
    /// What happens in it.
    pub name: &'static str,
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether they end the same in any order. A cancellation does not: before the request it ends otherwise than
    /// after it.
    pub any_order: bool,
}

impl Story {
    /// A story that ends the same in whichever order its messages come.
    #[must_use]
    pub fn new(name: &'static str, messages: Vec<Message>) -> Self {
        Self { name, messages, any_order: true }
    }

    /// A story of which the end depends on the order.
    #[must_use]
    pub fn in_order(name: &'static str, messages: Vec<Message>) -> Self {
        Self { name, messages, any_order: false }
    }
}

/// A participant, and what is needed to try it.
///
/// # Examples
///
/// Couriers hears that a parcel is loaded, that a saga is to be unwound, and both in each order:
///
/// ```
/// use ensemble_testkit::{Conformance, Message, NOW, Node, Nothing, Story};
/// use parcel::{Event, parcel, vocabulary::steps};
/// use wire::{Failure, Journey, SagaId, told::Done, told::UnwindingStarted};
///
/// let journey = Journey::until(NOW + std::time::Duration::from_secs(900));
/// let loaded = |address| Event::ParcelLoaded(Done { subject: parcel(address), journey: journey.clone() });
/// let error = Failure::new("Cancelled", steps::ACCEPT, "the sender wants it back");
/// let unwinding =
///     Event::UnwindingStarted(UnwindingStarted { subject: parcel("Elm.Street"), error, journey: journey.clone() });
/// let story = |name: &'static str, events: Vec<Event>| {
///     let saga = SagaId::of_request("parcel", name);
///     Story::in_order(name, events.into_iter().map(|event| Message::of_event(saga, event, None)).collect())
/// };
///
/// let stories = vec![
///     story("delivered", vec![loaded("Elm.Street")]),
///     story("nobody there", vec![loaded("nowhere")]),
///     story("too late", vec![loaded("Elm.Street"), unwinding.clone()]),
///     story("called back", vec![unwinding, loaded("Elm.Street")]),
/// ];
/// let node = || Node::new(parcel::couriers(), Nothing);
/// // A deadline may be absent; and a struct of one field can be read from a list of one.
/// let tolerates = &["data.deadline", "data.parcel"];
/// let report = Conformance { node: &node, stories, secrets: &[], opens: &|_, _| true, tolerates }.check();
/// assert!(report.faults > 0 && report.hostile > 0);
/// ```
#[expect(missing_debug_implementations, reason = "it holds closures")]
pub struct Conformance<'a, P, W> {
    /// Makes the service anew, with nothing on record and nothing done outside.
    pub node: &'a dyn Fn() -> Node<P, W>,
    /// Together they make the participant announce everything that it declares.
    pub stories: Vec<Story>,
    /// The secrets in the stories: texts that may stand nowhere in the clear.
    pub secrets: &'a [&'a str],
    /// Whether a sealed text opens to the secrets in the stories.
    pub opens: &'a dyn Fn(SagaId, &str) -> bool,
    /// Fields that may be absent or of any type: `data.` and such before the names of inner ones.
    pub tolerates: &'a [&'a str],
}

/// How much was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Orders in which messages came, duplicates included.
    pub orders: usize,
    /// Faults that struck, each at an act of its own.
    pub faults: usize,
    /// Interleavings of two workers on one message.
    pub interleavings: usize,
    /// Calls that were turned away, because one under their key was at work.
    pub turned_away: usize,
    /// Hostile messages.
    pub hostile: usize,
}
