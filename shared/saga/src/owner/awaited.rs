//! For what a saga waits, as far as its owner can know.

use wire::{EventType, SagaKind, Subject, Vocabulary};

use super::incoming::Meaning;
use super::reactions::first_step;
use super::state::State;
use crate::{Awaited, Declaration, Door};

/// What a saga in this state waits for, as its owner declares that it hears it. The operator's command looks further.
pub(super) fn awaited<V: Vocabulary>(declaration: &Declaration, state: &State<V>) -> Option<Awaited> {
    let heard = |kind: SagaKind, wanted: Meaning| -> Vec<EventType> {
        let of_services = declaration.reactions.iter().filter(|reaction| Door::of(reaction.to) == Door::Services);
        let of_kind = of_services.filter(|reaction| reaction.to.is_of(kind));
        of_kind.filter(|reaction| Meaning::of(reaction) == wanted).map(|reaction| reaction.to).collect()
    };
    let [done, refusals, failures] =
        [Meaning::Done, Meaning::Refused, Meaning::Failed].map(|meaning| move |kind| heard(kind, meaning));
    match state {
        State::Registered(case) => {
            let kind = case.subject.kind();
            let (_, registered) = first_step(declaration, kind)?;
            Some(Awaited::of(&[failures(kind), done(kind)].concat(), registered))
        }
        State::Unwinding { case, refused: false, .. } => {
            let kind = case.subject.kind();
            Some(Awaited::of(&[refusals(kind), done(kind)].concat(), V::LEXICON.unwinding()?))
        }
        State::Unwinding { case, refused: true, .. } => {
            let kind = case.subject.kind();
            Some(Awaited::of(&failures(kind), *refusals(kind).first()?))
        }
        State::NeedsAttention { awaits, .. } => awaits.clone(),
        State::Unseen
        | State::Withdrawn { .. }
        | State::Rejected
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::Resolved(_) => None,
    }
}
