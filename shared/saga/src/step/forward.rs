//! A step that begins, that goes on after a crash, that comes too late, and that fails.
//!
//! **Invariant:** the world outside is asked for nothing before the intent stands on record, and a step whose intent
//! stood already is told so.

use std::fmt::Debug;

use serde_json::Value;
use wire::{Failure, StepType, Vocabulary};

use super::contract::{Acted, Answer, Ending, Turn, is_at_work};
use super::progress::{Ended, OwnFailure, Progress, State, Unwinding};
use super::service::{Steps, Work};
use super::signature::{Signature, chain};
use crate::{Decision, Take, Then};

impl<V, E, R> Work<'_, V, E, R>
where
    V: Vocabulary,
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    /// An event came on which this step begins.
    pub(super) fn forward(self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let (step, heard) = (signature.step, self.heard);
        match self.part.steps.get(step) {
            None => match self.before(signature) {
                Some(Progress::Done(_)) => self.begin(signature),
                Some(Progress::Undoing { .. } | Progress::Ended(_)) => Decision::Announce,
                Some(Progress::Doing { .. }) => Decision::NotYet,
                None if chain(&self.service.signatures, step).len() > 1 => Decision::NotYet,
                None => self.begin(signature),
            },
            Some(Progress::Doing { .. }) => self.act(signature),
            Some(progress @ (Progress::Done(_) | Progress::Undoing { .. } | Progress::Ended(_))) => {
                let known = self.service.step(step);
                match known.and_then(|known| known.contradiction(progress.facts(), &heard.event)) {
                    Some(rule) => Decision::Contradiction(rule),
                    // This is the message by which the step's own failure is brought to its end.
                    None if self.is_unwound_by(signature) => self.withdraw(signature),
                    None => Decision::Announce,
                }
            }
        }
    }

    /// How far the step is that this one follows in the same service, if it follows one that was begun.
    fn before(&self, signature: &'static Signature) -> Option<&Progress<Value>> {
        match chain(&self.service.signatures, signature.step).as_slice() {
            [.., before, _] => self.part.steps.get(before.step),
            _ => None,
        }
    }

    fn begin(self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let journey = &self.heard.journey;
        // A step that cannot be refused is never too late: what it follows is not undone any more.
        if signature.refused.is_none() || !journey.is_late(self.context.now) {
            return self.act(signature);
        }
        let message = format!("{} heard of it after {}", self.service.name(), journey.deadline);
        self.refuse(signature, Failure::new("DeadlineExceeded", signature.step, message), None)
    }

    /// Has the step act, or go on with what the world outside has answered.
    fn act(mut self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let (name, now) = (signature.step, self.context.now);
        let Some(step) = self.service.step(name) else { return Decision::NotYet };
        let since = match self.part.steps.get(name) {
            Some(Progress::Doing { since }) => Some(*since),
            Some(Progress::Done(_) | Progress::Undoing { .. } | Progress::Ended(_)) | None => None,
        };
        let fresh = since.is_none_or(|since| !is_at_work(since, now));
        let (subject, answer) = (&self.heard.subject, self.answer);
        let turn = Turn { subject, answer, reply: self.reply, since, fresh, failed: 0, round: 0 };
        match step.act(self.heard, &turn, self.context) {
            Acted::Look(effect) => Decision::Perform(effect),
            Acted::Ask(effect) if since.is_some() => Decision::Perform(effect),
            Acted::Ask(effect) => {
                self.set(name, Progress::Doing { since: now });
                self.write(Vec::new(), Then::Perform(effect))
            }
            Acted::Done(facts, takes) => {
                let heard = &self.heard.journey;
                let journey = if step.is_left_out(&facts) { heard.clone() } else { heard.and(name, true, now) };
                let subject = self.heard.subject.clone();
                self.set(name, Progress::Done(facts.clone()));
                match step.answer(Answer { subject, journey, ending: Ending::Done(facts) }) {
                    Some(event) => self.write(takes, Then::Announce(vec![event])),
                    None => Decision::NotYet,
                }
            }
            Acted::Refused(error, facts) => self.refuse(signature, error, facts),
            Acted::Failed(error, facts, takes) => {
                self.set(name, Progress::Undoing { facts, since: None, attempts: Vec::new() });
                self.fail(signature, error);
                // What takes effect by being written has to stand before it is undone.
                if takes.is_empty() { self.withdraw(signature) } else { self.write(takes, Then::Continue) }
            }
            Acted::Contradiction(rule) => Decision::Contradiction(rule),
        }
    }

    /// The step did not take effect. What took effect before it in this service is undone.
    fn refuse(
        mut self,
        signature: &'static Signature,
        error: Failure,
        facts: Option<Value>,
    ) -> Decision<Steps<V, E, R>> {
        let facts = facts.or_else(|| self.service.step(signature.step)?.begun_with(self.heard));
        self.set(signature.step, Progress::Ended(Ended::refused(self.context.now, facts)));
        self.fail(signature, error);
        self.withdraw(signature)
    }

    /// Undoes what took effect before this step, which failed by itself.
    fn withdraw(self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let last = self.unwound_with(signature);
        self.undo(last)
    }

    /// Puts the service's own failure on record, and that what took effect before it is to be undone.
    fn fail(&mut self, signature: &'static Signature, error: Failure) {
        let own = Some(OwnFailure { step: signature.step.name(), error, at: self.context.now });
        self.part.unwinding.insert(self.unwound_with(signature).step.name(), Unwinding { own, ..Unwinding::default() });
        for before in chain(&self.service.signatures, signature.step) {
            if let Some(Progress::Done(facts)) = self.part.steps.get(before.step).cloned() {
                self.set(before.step, Progress::Undoing { facts, since: None, attempts: Vec::new() });
            }
        }
        // What was answered was answered to the step that failed.
        self.reply = None;
    }

    /// Whether the steps up to this one are being undone because this one failed by itself.
    fn is_unwound_by(&self, signature: &'static Signature) -> bool {
        let own = self
            .part
            .unwinding
            .get(self.unwound_with(signature).step.as_str())
            .and_then(|unwinding| unwinding.own.as_ref());
        own.is_some_and(|own| own.step == signature.step)
    }

    pub(super) fn set(&mut self, step: StepType, progress: Progress<Value>) {
        self.part.steps.insert(step, progress);
        self.part.steps.sort(&self.service.order());
        self.is_changed = true;
    }

    /// Writes the part, with what is taken from counters.
    pub(super) fn write(self, takes: Vec<Take>, then: Then<Steps<V, E, R>>) -> Decision<Steps<V, E, R>> {
        let state = State::Known(self.part);
        if takes.is_empty() { Decision::Commit(state, then) } else { Decision::Transact(state, takes, then) }
    }
}
