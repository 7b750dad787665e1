//! How the steps of a service are undone: tombstones, rounds, attempts, what stands, and the way that is told.
//!
//! **Invariant:** a step is undone once in a round, and only where it took effect. Steps that follow each other in one
//! service are undone in reverse, and one event tells of all of them, after the last.

use std::fmt::Debug;

use serde_json::Value;
use wire::{Attempt, Failure, Journey, Path, Standing, StepType, Vocabulary};

use super::contract::{Answer, Ending, Failed, Turn, Undone, is_at_work};
use super::progress::{Ended, Left, Progress, Unwinding};
use super::service::{Steps, Work};
use super::signature::{Signature, chain};
use crate::{Decision, Take, Then};

impl<V, E, R> Work<'_, V, E, R>
where
    V: Vocabulary,
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    /// An event came on which this step is undone, with those that it follows; or on which it decides whether it is.
    pub(super) fn unwind(self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let (event, round) = (&self.heard.event, self.heard.journey.round);
        let Some(step) = self.service.step(signature.step) else { return Decision::NotYet };
        let progress = self.part.steps.get(signature.step);
        let facts = progress.and_then(Progress::facts);
        let is_known = progress.is_some_and(|progress| !matches!(progress, Progress::Doing { .. }));
        if let Some(rule) = is_known.then(|| step.contradiction(facts, event)).flatten() {
            return Decision::Contradiction(rule);
        }
        let known_round = self.round(signature);
        let steps = chain(&self.service.signatures, signature.step);
        let all: Vec<&Progress<Value>> =
            steps.iter().filter_map(|signature| self.part.steps.get(signature.step)).collect();
        if all.iter().any(|progress| matches!(progress, Progress::Doing { .. })) {
            return Decision::NotYet;
        }
        if all.iter().any(|progress| matches!(progress, Progress::Undoing { .. })) {
            return match self.part.unwinding.get(signature.step.as_str()).and_then(|unwinding| unwinding.own.as_ref()) {
                // The message that began the failed step brings that to its end first.
                Some(_) => Decision::NotYet,
                // In a later round too: the call that is under way is brought to its end, under its own key.
                None if round >= known_round => self.undo(signature),
                // Of an earlier round, late.
                None => Decision::Ignore,
            };
        }
        let is_over = all.iter().any(|progress| matches!(progress, Progress::Ended(_)));
        match progress {
            // Too late: what can fail has not failed.
            Some(Progress::Done(_)) if signature.decides_on == Some(event.event_type()) => Decision::Announce,
            Some(Progress::Done(_)) => self.begin_round(signature),
            Some(_) | None if is_over && round <= known_round => Decision::Announce,
            // The event tells of what has not been heard of here yet.
            None if round == 0 && step.repeated_in(event).is_some() => Decision::NotYet,
            Some(_) | None => self.begin_round(signature),
        }
    }

    /// Begins a round of unwinding: what took effect, or stands, is to be undone, and what was not begun never will be.
    fn begin_round(mut self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let round = self.heard.journey.round;
        // From here on nothing else tells the way on which it was done.
        let way = if self.repeats(signature).is_some() { None } else { self.way(signature) };
        for step in chain(&self.service.signatures, signature.step) {
            let attempts = Vec::new();
            let progress = match self.part.steps.get(step.step).cloned() {
                Some(Progress::Done(facts)) => Progress::Undoing { facts, since: None, attempts },
                Some(Progress::Ended(Ended { left: Left::Stands, facts: Some(facts), attempts, .. })) => {
                    Progress::Undoing { facts, since: None, attempts }
                }
                Some(_) => continue,
                None => Progress::Ended(Ended::refused(self.context.now, None)),
            };
            self.set(step.step, progress);
        }
        self.part.unwinding.insert(signature.step.name(), Unwinding { round, own: None, way });
        self.is_changed = true;
        self.undo(signature)
    }

    /// The way on which the last of these steps was done that is done; or on which the next one waits.
    fn way(&self, signature: &'static Signature) -> Option<Path> {
        let path = |event: &V| event.data().path().clone();
        let chain = chain(&self.service.signatures, signature.step);
        let is_done = |step: &&&Signature| matches!(self.part.steps.get(step.step), Some(Progress::Done(_)));
        let last = chain.iter().rev().find(is_done);
        let said = last.and_then(|last| self.context.said.iter().find(|event| event.event_type() == last.done));
        let waits = |step: &&Signature| self.part.waits.get(step.step.as_str())?.heard.as_ref()?.read::<V>();
        said.map(path).or_else(|| chain.iter().rev().find_map(waits).as_ref().map(path))
    }

    /// In which round these steps are being unwound, or were last.
    fn round(&self, signature: &'static Signature) -> u32 {
        self.part.unwinding.get(signature.step.as_str()).map_or(0, |unwinding| unwinding.round)
    }

    fn repeats(&self, signature: &'static Signature) -> Option<Value> {
        self.service.step(signature.step)?.repeated_in(&self.heard.event)
    }

    /// Undoes the last step that is to be undone, or tells how that went where there is none. `signature`: the last of those
    /// that are undone together.
    pub(super) fn undo(mut self, signature: &'static Signature) -> Decision<Steps<V, E, R>> {
        let now = self.context.now;
        let steps = chain(&self.service.signatures, signature.step);
        let undoing = steps.into_iter().rev().find_map(|signature| match self.part.steps.get(signature.step)? {
            Progress::Undoing { facts, since, attempts } => {
                Some((signature.step, facts.clone(), *since, attempts.clone()))
            }
            Progress::Doing { .. } | Progress::Done(_) | Progress::Ended(_) => None,
        });
        let Some((name, facts, since, attempts)) = undoing else { return self.told(signature, Vec::new()) };
        let Some(step) = self.service.step(name) else { return Decision::NotYet };
        // An attempt is asked for when the one before it has failed.
        let asked = since.map(|since| attempts.last().map_or(since, |attempt| attempt.at.max(since)));
        let turn = Turn {
            subject: &self.heard.subject,
            answer: None,
            reply: self.reply,
            since: asked,
            fresh: asked.is_none_or(|asked| !is_at_work(asked, now)),
            failed: Attempt::count(&attempts),
            round: self.round(signature),
        };
        match step.undo(&facts, &turn, self.context) {
            Undone::Look(_) if self.is_changed => self.write(Vec::new(), Then::Continue),
            Undone::Look(effect) => Decision::Perform(effect),
            Undone::Ask(effect) if since.is_some() && !self.is_changed => Decision::Perform(effect),
            Undone::Ask(effect) => {
                self.set(name, Progress::Undoing { facts, since: since.or(Some(now)), attempts });
                self.write(Vec::new(), Then::Perform(effect))
            }
            Undone::Done(facts, given) => {
                let ended = Ended { left: Left::Undone, attempts, ..Ended::refused(now, Some(facts)) };
                self.ended(signature, name, ended, given)
            }
            Undone::Failed(failure) => self.failed_once(signature, name, (facts, since, attempts), failure),
            Undone::Contradiction(rule) => Decision::Contradiction(rule),
        }
    }

    /// An attempt failed: on record, and tried again as the policy says, or else the effect stands.
    fn failed_once(
        mut self,
        signature: &'static Signature,
        name: StepType,
        (facts, since, mut attempts): (Value, Option<jiff::Timestamp>, Vec<Attempt>),
        failure: Failure,
    ) -> Decision<Steps<V, E, R>> {
        match self.context.attempt_failed(&mut attempts, &failure.name, self.round(signature)) {
            Some(delay) => {
                self.set(name, Progress::Undoing { facts, since, attempts });
                self.write(Vec::new(), Then::Retry(delay))
            }
            None => {
                let failure = Some(failure);
                let ended =
                    Ended { left: Left::Stands, failure, attempts, ..Ended::refused(self.context.now, Some(facts)) };
                self.ended(signature, name, ended, Vec::new())
            }
        }
    }

    /// One step is undone, or stands: on to the one that took effect before it, or tell how that went.
    fn ended(
        mut self,
        signature: &'static Signature,
        name: StepType,
        ended: Ended<Value>,
        given: Vec<Take>,
    ) -> Decision<Steps<V, E, R>> {
        self.set(name, Progress::Ended(ended));
        let is_undoing =
            |signature: &Signature| matches!(self.part.steps.get(signature.step), Some(Progress::Undoing { .. }));
        if chain(&self.service.signatures, signature.step).into_iter().any(is_undoing) {
            return self.write(given, Then::Continue);
        }
        self.told(signature, given)
    }

    /// All that can be undone is undone: tells so, in one event.
    fn told(mut self, signature: &'static Signature, given: Vec<Take>) -> Decision<Steps<V, E, R>> {
        let unwinding = self.part.unwinding.remove(signature.step.as_str()).unwrap_or_default();
        let steps = chain(&self.service.signatures, signature.step);
        let Some(event) = self.answer(signature, &unwinding, &steps) else { return Decision::NotYet };
        let round = if unwinding.own.is_some() { unwinding.round } else { self.heard.journey.round };
        if round > 0 {
            self.part.unwinding.insert(signature.step.name(), Unwinding { round, own: None, way: None });
        }
        self.write(given, Then::Announce(vec![event]))
    }

    /// Why the steps are undone, and the way that led there.
    fn why(&self, signature: &'static Signature, unwinding: &Unwinding, steps: &[&'static Signature]) -> Option<Told> {
        let heard = &self.heard.journey;
        if let Some(own) = &unwinding.own {
            let (error, journey) = (own.error.clone(), heard.and(own.step.clone(), false, own.at));
            return Some(Told { error, standing: Vec::new(), journey });
        }
        let data = self.heard.event.data();
        let path = unwinding.way.as_ref().map_or_else(|| heard.path.clone(), |way| heard.path.merged(way));
        let (error, standing, journey) = (data.failure()?.clone(), data.standing().to_vec(), heard.on(path));
        let mut told = Told { error, standing, journey };
        // Only what was to come is a step that fails; another round has nothing of ours on its way.
        let refused = steps.iter().find_map(|signature| match self.part.steps.get(signature.step)? {
            Progress::Ended(Ended { left: Left::Refused, at, .. }) => Some((signature.step, *at)),
            Progress::Doing { .. } | Progress::Done(_) | Progress::Undoing { .. } | Progress::Ended(_) => None,
        });
        if let Some((step, at)) = refused.filter(|_| heard.round == 0) {
            told.journey = told.journey.and(step, false, at);
            // Whoever has a saga unwound does not know which step will be refused for that.
            if signature.decides_on == Some(self.heard.event.event_type()) {
                told.error.step = step.name();
            }
        }
        Some(told)
    }

    /// The event that tells how undoing these steps went.
    fn answer(&self, signature: &'static Signature, unwinding: &Unwinding, steps: &[&'static Signature]) -> Option<V> {
        let mut told = self.why(signature, unwinding, steps)?;
        for signature in steps.iter().rev() {
            if let Some(Progress::Ended(ended)) = self.part.steps.get(signature.step) {
                self.tell(&mut told, signature.step, ended)?;
            }
        }
        let name = match &unwinding.own {
            None => signature.step,
            Some(own) => self.service.order().find(|step| own.step == *step)?,
        };
        let Progress::Ended(ended) = self.part.steps.get(name)? else { return None };
        let Told { error, standing, journey } = told;
        let failed = Failed { error, standing };
        let ending = match (ended.left, ended.facts.clone()) {
            (Left::Undone, Some(facts)) if unwinding.own.is_none() => Ending::Undone(facts, failed),
            (Left::Stands, Some(facts)) if unwinding.own.is_none() => Ending::Stands(facts, failed),
            (Left::Refused | Left::Undone | Left::Stands, facts) => Ending::Refused(facts, failed),
        };
        self.service.step(name)?.answer(Answer { subject: self.heard.subject.clone(), journey, ending })
    }

    /// Adds to what is told how undoing one step went.
    fn tell(&self, told: &mut Told, name: StepType, ended: &Ended<Value>) -> Option<()> {
        let (Some(facts), Left::Undone | Left::Stands) = (&ended.facts, ended.left) else { return Some(()) };
        let step = self.service.step(name)?;
        if let Some(by) = step.undone_by(facts) {
            // In another round it may have been undone before; then it is only told again.
            if !told.journey.path.has(by) {
                told.journey = told.journey.and(by, ended.left == Left::Undone, ended.at);
            }
        }
        if ended.left == Left::Stands {
            told.error = ended.failure.iter().fold(told.error.clone(), |error, failure| error.and(failure.clone()));
            told.standing.extend(step.standing(facts, &self.heard.subject, self.context));
        }
        Some(())
    }

    /// The step on whose event this one is undone: the first that is, of those that follow it in this service.
    pub(super) fn unwound_with(&self, signature: &'static Signature) -> &'static Signature {
        let mut last = signature;
        while last.undone_on.is_empty() && last.decides_on.is_none() {
            let next = self.service.signatures.iter().find(|next| next.hears == last.done && next.step != last.step);
            match next {
                Some(next) => last = next,
                None => return signature,
            }
        }
        last
    }
}

/// What the event tells besides how the step ended: why the saga fails, what stands, and the way so far.
struct Told {
    error: Failure,
    standing: Vec<Standing>,
    journey: Journey,
}
