//! What fails for good, of some sagas: a persistent partial failure.
//!
//! **Invariant:** an act that is broken has an unknown outcome, each time, until the world heals; its message is set
//! aside, as SQS hides one that is given back.

use wire::SagaId;

use super::acts::{Ask, IsBroken};
use super::{Hand, World};

impl<'n> World<'n> {
    /// From now on these acts are broken.
    pub fn break_for_good(&mut self, is_broken: IsBroken<'n>) {
        self.broken.is_broken = Some(is_broken);
    }

    /// Nothing is broken any more, and what was set aside comes again.
    pub fn heal(&mut self) {
        self.broken.is_broken = None;
        self.try_again();
    }

    /// What was set aside comes again, and may meet what it met before.
    pub fn try_again(&mut self) {
        for (queue, _, message) in std::mem::take(&mut self.broken.aside) {
            self.put_back(&queue, message);
        }
    }

    /// The sagas of which a message is set aside.
    pub fn stuck(&self) -> impl Iterator<Item = SagaId> {
        self.broken.aside.iter().map(|(_, saga, _)| *saga)
    }

    /// How often a message met what is broken.
    #[must_use]
    pub fn struck(&self) -> usize {
        self.broken.struck
    }

    /// Whether the next act of a message is broken; then the message is set aside.
    pub(super) fn meets_what_is_broken(&mut self, hand: &mut Hand<'n>) -> bool {
        let Some((saga, ask)) = hand.work.asks() else { return false };
        let is_broken = self.broken.is_broken.as_ref().is_some_and(|is_broken| is_broken(&hand.queue, saga, ask));
        if is_broken && let Some(message) = hand.message.take() {
            self.broken.struck += 1;
            // An act outside may have taken place; a write or a publish has not, or its message would go on from it.
            if matches!(ask, Ask::Perform(_)) && self.broken.struck.is_multiple_of(2) {
                let now = self.now_at(&hand.queue);
                hand.work.step(now, true);
            }
            self.broken.aside.push((hand.queue.clone(), saga, message));
        }
        is_broken
    }
}
