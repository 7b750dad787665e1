//! The acts that can be broken for good, and the messages that met one.

use wire::SagaId;

use crate::Message;

/// The next act of a message in hand, as far as it can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What stands is read.
    Look,
    /// The state is written.
    Write,
    /// The world outside is asked for this.
    Perform(&'static str),
    /// Events are published.
    Publish,
}

/// Whether an act is broken: of which service's queue, for which saga, and which.
pub type IsBroken<'n> = Box<dyn Fn(&str, SagaId, Ask) -> bool + 'n>;

/// What is broken, and the messages that met it.
#[derive(Default)]
pub(super) struct Broken<'n> {
    pub(super) is_broken: Option<IsBroken<'n>>,
    pub(super) aside: Vec<(String, SagaId, Message)>,
    pub(super) struck: usize,
}
