//! What all services have on record of one saga, understood.
//!
//! **Invariant:** what this build cannot read is passed over, never guessed at: a newer service may have written it.

use choreography::PARTICIPANTS;
use contracts::booking::Failed;
use contracts::{Action, Attempt, Envelope, Event, Events, Path, Purchase, SagaId, SagaKind, kinds};
use jiff::Timestamp;
use operate::sagas::{Kept, Stuck};
use saga::owner::{Case, State};
use saga::step::{self, Part};
use serde::de::DeserializeOwned;

/// Those who keep an item for each saga.
pub(super) fn keepers() -> Vec<&'static str> {
    PARTICIPANTS.iter().filter(|declaration| declaration.stateful).map(|declaration| declaration.name).collect()
}

/// What one service has on record.
#[derive(Debug)]
pub(super) struct Item<S> {
    /// The name of its state.
    pub(super) name: String,
    /// The state, if this build knows it.
    pub(super) state: Option<S>,
    /// What it has announced.
    pub(super) said: Vec<Envelope>,
    /// How often it was written.
    pub(super) version: u64,
    /// When it was written last.
    pub(super) updated_at: Timestamp,
    /// What a message is stuck at.
    pub(super) stuck: Option<Stuck>,
}

/// An item without its facts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) name: &'a str,
    pub(super) said: &'a [Envelope],
    pub(super) version: u64,
    pub(super) updated_at: Timestamp,
    pub(super) stuck: Option<&'a Stuck>,
}

/// A saga, as all services have it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) saga: SagaId,
    pub(super) booking: Option<Item<State<Event>>>,
    /// What the services that are lists of steps have.
    parts: Vec<(&'static str, Option<Item<step::State<Purchase>>>)>,
}

impl Known {
    /// Understands what the [`keepers`] have, in their order.
    pub(super) fn new(saga: SagaId, kept: Vec<Option<Kept>>) -> Self {
        let (mut booking, mut parts) = (None, Vec::new());
        for (service, kept) in keepers().into_iter().zip(kept) {
            if service == booking::DECLARATION.name {
                booking = kept.map(item);
            } else {
                parts.push((service, kept.map(item)));
            }
        }
        Self { saga, booking, parts }
    }

    /// Every service, with what it has, if it has anything.
    pub(super) fn rows(&self) -> Vec<(&'static str, Option<Row<'_>>)> {
        let booking = (booking::DECLARATION.name, self.booking.as_ref().map(Item::row));
        let parts = self.parts.iter().map(|(service, item)| (*service, item.as_ref().map(Item::row)));
        std::iter::once(booking).chain(parts).collect()
    }

    /// The part that a service has in the saga, if the service is a list of steps.
    pub(super) fn part(&self, service: &str) -> Option<&Part<Purchase>> {
        let (_, item) = self.parts.iter().find(|(name, _)| *name == service)?;
        item.as_ref()?.state.as_ref()?.part()
    }

    /// Everything that was announced and still stands on record.
    pub(super) fn said(&self) -> impl Iterator<Item = &Envelope> {
        self.rows().into_iter().filter_map(|(_, row)| row).flat_map(|row| row.said)
    }

    /// What messages are stuck at, and in which service.
    pub(super) fn stuck(&self) -> Vec<(&'static str, Stuck)> {
        let rows = self.rows().into_iter();
        rows.filter_map(|(service, row)| Some((service, row?.stuck?.clone()))).collect()
    }

    /// Booking's state.
    pub(super) fn booked(&self) -> Option<&State<Event>> {
        self.booking.as_ref()?.state.as_ref()
    }

    /// What booking knows of it.
    pub(super) fn case(&self) -> Option<&Case<Purchase>> {
        self.booked()?.case()
    }

    /// What it is about.
    pub(super) fn purchase(&self) -> Option<&Purchase> {
        self.case()
            .map(|case| &case.subject)
            .or_else(|| self.said().find_map(|envelope| envelope.event.data().subject()))
    }

    /// Of which kind it is.
    pub(super) fn kind(&self) -> Option<SagaKind> {
        let of_event = || self.said().find_map(|envelope| envelope.event.event_type().kind());
        self.purchase().map(Purchase::kind).or_else(of_event)
    }

    /// How it failed, as far as booking knows.
    pub(super) fn failed(&self) -> Option<&Failed> {
        if let Some(State::Undoing { failed, .. }) = self.booked() {
            return Some(failed);
        }
        // Behind an earlier outcome that it resolves, the last event counts.
        let last = self.booking.iter().flat_map(|item| &item.said).last();
        last.and_then(|envelope| envelope.event.holds())
    }

    /// What people, or the deadline, did to it.
    pub(super) fn actions(&self) -> Vec<&Action> {
        match self.booked() {
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
        let of_booking = match self.booked() {
            Some(State::Unwinding { path, .. }) => Some(path),
            Some(_) | None => self.failed().map(|failed| &failed.path),
        };
        let paths = self.said().map(|envelope| envelope.event.data().path()).chain(of_booking);
        paths.fold(Path::default(), |merged, path| merged.merged(path))
    }

    /// Attempts at compensations that failed: of which service, at which step.
    pub(super) fn attempts(&self) -> Vec<(&'static str, &str, &[Attempt])> {
        let booking = &booking::DECLARATION;
        let kind = self.kind().unwrap_or(kinds::ORDER);
        let of_booking =
            self.case().and_then(|case| Some((booking.name, booking.undoing(kind)?.as_str(), &case.attempts[..])));
        let parts = self.parts.iter().filter_map(|(service, _)| Some((*service, self.part(service)?)));
        let of_parts = parts.flat_map(|(service, part)| {
            part.steps.iter().map(move |(name, progress)| {
                let step = Event::LEXICON.step(name.as_str()).and_then(|step| Event::LEXICON.undone_by(step));
                (service, step.map_or(name.as_str(), |step| step.as_str()), progress.attempts())
            })
        });
        of_booking.into_iter().chain(of_parts).collect()
    }
}

impl<S> Item<S> {
    fn row(&self) -> Row<'_> {
        Row {
            name: &self.name,
            said: &self.said,
            version: self.version,
            updated_at: self.updated_at,
            stuck: self.stuck.as_ref(),
        }
    }
}

fn item<S: DeserializeOwned>(kept: Kept) -> Item<S> {
    let Kept { record, version, updated_at, stuck } = kept;
    let said = record.announced.iter().filter_map(|stored| Envelope::read(stored).ok()).collect();
    Item { state: record.stored.read().ok(), name: record.stored.state, said, version, updated_at, stuck }
}

#[cfg(test)]
pub(super) mod tests {
    use saga::step::Progress;
    use saga::{Record, Stored};
    use serde::Serialize;
    use serde_json::Value;

    use super::*;

    /// The saga of these tests.
    pub(crate) fn saga() -> SagaId {
        SagaId::of_request("test", "r")
    }

    /// A moment.
    pub(crate) fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An item with a state and what it announced: event, cause, second.
    pub(crate) fn kept<S: Serialize>(state: &S, said: &[(Event, &str, i64)], updated_at: i64) -> Kept {
        let envelope = |(event, cause, at): &(Event, &str, i64)| {
            Envelope::new(event.clone(), saga(), cause, None, second(*at)).to_json()
        };
        let record = Record { stored: Stored::of(state), announced: said.iter().map(envelope).collect() };
        Kept { record, version: 1, updated_at: second(updated_at), stuck: None }
    }

    /// What a service that is a list of steps has on record of one step.
    pub(crate) fn part(
        purchase: impl Into<Purchase>,
        step: contracts::StepType,
        progress: &Progress<Value>,
    ) -> step::State<Purchase> {
        let part = serde_json::json!({ "steps": { step.as_str(): progress } });
        let mut part: Part<Value> = serde_json::from_value(part).unwrap();
        let steps = std::mem::take(&mut part.steps);
        step::State::Known(Part { steps, unwinding: part.unwinding, ..Part::new(purchase.into()) })
    }

    /// A saga of which the services have these.
    pub(crate) fn known(kept: [Option<Kept>; 3]) -> Known {
        Known::new(saga(), kept.into())
    }

    #[test]
    fn what_a_newer_build_wrote_is_shown_by_its_name() {
        let stored = Stored { state: "Teleported".to_owned(), facts: r#"{"to":"Mars"}"#.to_owned() };
        let record = Record { stored, announced: vec!["{}".to_owned()] };
        let known = known([Some(Kept { record, version: 3, updated_at: second(1), stuck: None }), None, None]);
        assert!(known.booked().is_none() && known.kind().is_none());
        let [(service, Some(row)), ..] = known.rows()[..] else { panic!("no row") };
        assert_eq!((service, row.name, row.version, row.said.len()), ("booking", "Teleported", 3, 0));
    }
}
