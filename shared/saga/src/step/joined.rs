//! A step that waits for two events: the one on which it begins, and an answer. They come in either order.
//!
//! **Invariant:** whichever comes first is on record before its message is deleted, and the step begins once, when both
//! have come.

use std::fmt::Debug;

use wire::Vocabulary;

use super::heard::Heard;
use super::progress::Progress;
use super::service::{Steps, Work};
use super::signature::Signature;
use super::waits::{Kept, Waits};
use crate::{Decision, Then};

impl<V, E, R> Work<'_, V, E, R>
where
    V: Vocabulary,
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    /// One of the two events came for which this step waits.
    pub(super) fn join(mut self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let waits = self.part.waits.entry(signature.step.name()).or_default();
        let is_answer = signature.awaits == Some(self.heard.event.event_type());
        let place = if is_answer { &mut waits.answer } else { &mut waits.heard };
        let is_new = place.is_none();
        let _ = place.get_or_insert_with(|| Kept::of(&self.heard.event));
        let Waits { heard: Some(heard), answer: Some(answer) } = waits else {
            return match self.part.steps.get(signature.step) {
                // It was unwound before it began.
                Some(Progress::Doing { .. } | Progress::Done(_) | Progress::Undoing { .. } | Progress::Ended(_)) => {
                    self.forward(signature)
                }
                // Of the step before, the event may not have been announced yet.
                None if is_new => self.write(Vec::new(), Then::AnnounceBeside(Vec::new())),
                // Nothing followed from it. What is on record is announced by the messages that led to it.
                None => Decision::Ignore,
            };
        };
        // Another build wrote it: the message is given back, to that build.
        let (Some(heard), Some(answer)) = (heard.read::<V>(), answer.read::<V>()) else { return Decision::NotYet };
        let Some(mut heard) = Heard::new(heard, None) else { return Decision::NotYet };
        heard.journey = heard.journey.on(heard.journey.path.merged(answer.data().path()));
        let Self { service, heard: _, reply, context, answer: _, part, is_changed } = self;
        let work = Work { service, heard: &heard, reply, context, answer: Some(&answer), part, is_changed };
        work.forward(signature)
    }
}
