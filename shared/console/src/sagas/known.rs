//! What all services have on record of one saga, understood.
//!
//! **Invariant:** what this build cannot read is passed over, never guessed at: a newer service may have written it.

use std::marker::PhantomData;

use jiff::Timestamp;
use map::Map;
use operate::sagas::{Kept, Stuck};
use saga::Declaration;
use saga::owner::{Case, State};
use saga::step::{self, Part};
use serde::de::DeserializeOwned;
use wire::told::Failed;
use wire::{Action, Attempt, Envelope, Events, Path, SagaId, SagaKind, Subject, Vocabulary};

use crate::Error;
use crate::console::Console;

/// Where sagas are on record, and who owns them.
#[derive(Debug)]
pub(super) struct Records<'a, V> {
    pub(super) map: &'a Map,
    pub(super) owner: Declaration,
    vocabulary: PhantomData<fn() -> V>,
}

impl<'a, V: Vocabulary> Records<'a, V> {
    /// The records of a choreography, one of whose services owns the sagas.
    pub(super) fn of(console: &'a Console<V>) -> Result<Self, Error> {
        Ok(Self { map: &console.map, owner: *console.owner()?, vocabulary: PhantomData })
    }

    /// Those who keep an item for each saga.
    pub(super) fn keepers(&self) -> Vec<&'static str> {
        let stateful = self.map.participants.iter().filter(|declaration| declaration.stateful);
        stateful.map(|declaration| declaration.name).collect()
    }

    /// Understands what the keepers have, in their order.
    pub(super) fn known(&self, saga: SagaId, kept: Vec<Option<Kept>>) -> Known<V> {
        let (mut owned, mut parts) = (None, Vec::new());
        for (service, kept) in self.keepers().into_iter().zip(kept) {
            if service == self.owner.name {
                owned = kept.map(item);
            } else {
                parts.push((service, kept.map(item)));
            }
        }
        Known { saga, owner: self.owner, owned, parts }
    }
}

/// What one service has on record.
#[derive(Debug)]
pub(super) struct Item<V, S> {
    /// The name of its state.
    pub(super) name: String,
    /// The state, if this build knows it.
    pub(super) state: Option<S>,
    /// What it has announced.
    pub(super) said: Vec<Envelope<V>>,
    /// How often it was written.
    pub(super) version: u64,
    /// When it was written last.
    pub(super) updated_at: Timestamp,
    /// What a message is stuck at.
    pub(super) stuck: Option<Stuck>,
}

/// An item without its facts.
#[derive(Debug)]
pub(super) struct Row<'a, V> {
    pub(super) name: &'a str,
    pub(super) said: &'a [Envelope<V>],
    pub(super) version: u64,
    pub(super) updated_at: Timestamp,
    pub(super) stuck: Option<&'a Stuck>,
}

impl<V> Clone for Row<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Row<'_, V> {}

/// What a service that is a list of steps has on record.
type PartOf<V> = Item<V, step::State<<V as Events>::Subject>>;

/// A saga, as all services have it.
#[derive(Debug)]
pub(super) struct Known<V: Vocabulary> {
    pub(super) saga: SagaId,
    /// Who owns it.
    pub(super) owner: Declaration,
    owned: Option<Item<V, State<V>>>,
    /// What the services that are lists of steps have.
    parts: Vec<(&'static str, Option<PartOf<V>>)>,
}

impl<V: Vocabulary> Known<V> {
    /// What the owner has.
    pub(super) fn item(&self) -> Option<&Item<V, State<V>>> {
        self.owned.as_ref()
    }

    /// Every service, with what it has, if it has anything; the owner first.
    pub(super) fn rows(&self) -> Vec<(&'static str, Option<Row<'_, V>>)> {
        let owned = (self.owner.name, self.owned.as_ref().map(Item::row));
        let parts = self.parts.iter().map(|(service, item)| (*service, item.as_ref().map(Item::row)));
        std::iter::once(owned).chain(parts).collect()
    }

    /// The part that a service has in the saga, if the service is a list of steps.
    pub(super) fn part(&self, service: &str) -> Option<&Part<V::Subject>> {
        let (_, item) = self.parts.iter().find(|(name, _)| *name == service)?;
        item.as_ref()?.state.as_ref()?.part()
    }

    /// Everything that was announced and still stands on record.
    pub(super) fn said(&self) -> impl Iterator<Item = &Envelope<V>> {
        self.rows().into_iter().filter_map(|(_, row)| row).flat_map(|row| row.said)
    }

    /// What messages are stuck at, and in which service.
    pub(super) fn stuck(&self) -> Vec<(&'static str, Stuck)> {
        let rows = self.rows().into_iter();
        rows.filter_map(|(service, row)| Some((service, row?.stuck?.clone()))).collect()
    }

    /// The owner's state.
    pub(super) fn owned(&self) -> Option<&State<V>> {
        self.owned.as_ref()?.state.as_ref()
    }

    /// What the owner knows of it.
    pub(super) fn case(&self) -> Option<&Case<V::Subject>> {
        self.owned()?.case()
    }

    /// What it is about.
    pub(super) fn subject(&self) -> Option<&V::Subject> {
        self.case()
            .map(|case| &case.subject)
            .or_else(|| self.said().find_map(|envelope| envelope.event.data().subject()))
    }

    /// Of which kind it is.
    pub(super) fn kind(&self) -> Option<SagaKind> {
        let of_event = || self.said().find_map(|envelope| envelope.event.event_type().kind());
        self.subject().map(Subject::kind).or_else(of_event)
    }

    /// How it failed, as far as the owner knows.
    pub(super) fn failed(&self) -> Option<&Failed<V::Subject, V::Details>> {
        if let Some(State::Undoing { failed, .. }) = self.owned() {
            return Some(failed);
        }
        // Behind an earlier outcome that it resolves, the last event counts.
        let last = self.owned.iter().flat_map(|item| &item.said).last();
        last.and_then(|envelope| envelope.event.holds())
    }

    /// What people, or the deadline, did to it.
    pub(super) fn actions(&self) -> Vec<&Action> {
        match self.owned() {
            Some(State::Withdrawn { action }) => vec![action],
            Some(_) | None => self.case().into_iter().flat_map(|case| case.actions.in_full()).collect(),
        }
    }

    /// How many actions are on record by their number alone, behind how many of the others.
    pub(super) fn actions_left_out(&self) -> Option<(usize, u32)> {
        self.case()?.actions.left_out()
    }

    /// The whole way, as far as it is on record.
    pub(super) fn path(&self) -> Path {
        let of_owner = match self.owned() {
            Some(State::Unwinding { path, .. }) => Some(path),
            Some(_) | None => self.failed().map(|failed| &failed.path),
        };
        let paths = self.said().map(|envelope| envelope.event.data().path()).chain(of_owner);
        paths.fold(Path::default(), |merged, path| merged.merged(path))
    }

    /// Attempts at compensations that failed: of which service, at which step.
    pub(super) fn attempts(&self) -> Vec<(&'static str, &str, &[Attempt])> {
        let of_owner = self.case().and_then(|case| {
            Some((self.owner.name, self.owner.undoing(case.subject.kind())?.as_str(), &case.attempts[..]))
        });
        let parts = self.parts.iter().filter_map(|(service, _)| Some((*service, self.part(service)?)));
        let of_parts = parts.flat_map(|(service, part)| {
            part.steps.iter().map(move |(name, progress)| {
                let step = V::LEXICON.step(name.as_str()).and_then(|step| V::LEXICON.undone_by(step));
                (service, step.map_or(name.as_str(), |step| step.as_str()), progress.attempts())
            })
        });
        of_owner.into_iter().chain(of_parts).collect()
    }
}

impl<V, S> Item<V, S> {
    fn row(&self) -> Row<'_, V> {
        Row {
            name: &self.name,
            said: &self.said,
            version: self.version,
            updated_at: self.updated_at,
            stuck: self.stuck.as_ref(),
        }
    }
}

fn item<V: Events, S: DeserializeOwned>(kept: Kept) -> Item<V, S> {
    let Kept { record, version, updated_at, stuck } = kept;
    let said = record.announced.iter().filter_map(|stored| Envelope::read(stored).ok()).collect();
    Item { state: record.stored.read().ok(), name: record.stored.state, said, version, updated_at, stuck }
}

#[cfg(test)]
pub(super) mod tests;
