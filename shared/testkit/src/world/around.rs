//! What can be seen of a world, and what can happen to it besides that messages are handled: time, clocks that differ,
//! services that stop.
//!
//! **Invariant:** two worlds with one fingerprint go on alike, times apart.

use jiff::Timestamp;
use saga::Announcement;
use wire::SagaId;

use super::{DeadLetter, World};
use crate::message::{timeless_body, timeless_facts};
use crate::{Message, NOW, Service};

impl<'n> World<'n> {
    /// The notifications in the success or the failure queue.
    #[must_use]
    pub fn notifications(&self, successful: bool) -> &[Message] {
        self.queues.get(&self.names.outcomes(successful)).map_or(&[], Vec::as_slice)
    }

    /// Everything that was ever announced, in order.
    #[must_use]
    pub fn announcements(&self) -> &[Announcement] {
        &self.announcements
    }

    /// Every message that was ever put on a service's queue, in order.
    #[must_use]
    pub fn delivered(&self) -> &[(String, Message)] {
        &self.delivered
    }

    /// What could not be handled.
    #[must_use]
    pub fn dead(&self) -> &[DeadLetter] {
        &self.dead
    }

    /// A service, by name.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn service(&self, name: &str) -> &'n dyn Service {
        let found = self.services.get(name).copied();
        found.unwrap_or_else(|| panic!("no service is called {name}"))
    }

    /// Every service.
    pub fn services(&self) -> impl Iterator<Item = &'n dyn Service> {
        self.services.values().copied()
    }

    /// The calls of a run that take effect: which delivery, and which act of it.
    #[must_use]
    pub fn calls(&self) -> &[(usize, usize)] {
        &self.calls
    }

    /// The kinds of the calls that were turned away, because one under their key was at work.
    #[must_use]
    pub fn turned_away(&self) -> Vec<&'static str> {
        self.services.values().flat_map(|service| service.turned_away()).collect()
    }

    /// A service stops: what is sent to it waits.
    pub fn stop(&mut self, service: &str) {
        self.stopped.insert(service.to_owned());
    }

    /// A service that was stopped goes on.
    pub fn start(&mut self, service: &str) {
        self.stopped.remove(service);
    }

    /// A service's clock is ahead of the others', or behind.
    pub fn skew(&mut self, service: &str, secs: i64) {
        self.skews.insert(service.to_owned(), secs * 1_000);
    }

    /// Everything that decides what can follow, times apart: two worlds that are alike go on alike.
    ///
    /// What is outside the services, such as a ledger, is not in it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let records = self.services.iter().flat_map(|(name, service)| {
            let store = service.store();
            let records = store.records().iter();
            let of = |record: &saga::Record| {
                let announced: Vec<String> = record.announced.iter().map(|body| timeless_body(body)).collect();
                format!("{} {announced:?}", timeless_facts(&record.stored))
            };
            records.map(|(saga, record)| format!("{name} {saga} {}", of(record))).collect::<Vec<_>>()
        });
        let mut waiting: Vec<String> = self
            .queues
            .iter()
            .flat_map(|(queue, messages)| {
                messages.iter().map(move |one| format!("{queue} {}", timeless_body(&one.body)))
            })
            .collect();
        waiting.sort();
        records.chain(waiting).collect::<Vec<_>>().join("\n")
    }

    /// Time passes.
    pub fn pass(&mut self, secs: u32) {
        self.ticks += i64::from(secs) * 1_000;
    }

    /// Every service looks for sagas whose time is up, once, and sends itself a message about each; answers with how
    /// many it found.
    pub fn sweep(&mut self) -> usize {
        let mut found = Vec::new();
        let services: Vec<&'n dyn Service> = self.services.values().copied().collect();
        for service in services {
            let name = service.declaration().name;
            let now = self.now_at(name);
            let sagas: Vec<SagaId> = service.store().records().keys().copied().collect();
            found.extend(sagas.into_iter().filter_map(|saga| Some((name, service.overdue(saga, now)?))));
        }
        for (name, body) in &found {
            self.send(name, body);
        }
        found.len()
    }

    /// Every message that could be handled next: its queue and its place there.
    #[must_use]
    pub fn choices(&self) -> Vec<(String, usize)> {
        let waiting = self.waiting_queues();
        waiting.flat_map(|(queue, messages)| (0..messages).map(|index| (queue.clone(), index))).collect()
    }

    /// Time passes, no two acts happen at the same; and a service's clock may be ahead.
    pub(super) fn now_at(&mut self, service: &str) -> Timestamp {
        self.ticks += 1_001;
        let skew = self.skews.get(service).copied().unwrap_or_default();
        let millisecond = NOW.as_millisecond() + self.ticks + skew;
        Timestamp::from_millisecond(millisecond).unwrap_or(NOW)
    }
}
