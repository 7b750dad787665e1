//! Looks for sagas whose time is up, and sends their service a message about each.
//!
//! Any instance sweeps, and none needs a lease: two sweepers send two messages, which are two copies of one.
//!
//! **Invariant:** it decides nothing and writes nothing. What is done follows from a message, like everything else, and
//! is announced however often the process dies.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use saga::{Due, List, Participant};
use wire::SagaId;

use crate::consumer::Consumer;
use crate::delays::jittered;
use crate::effects::Perform;
use crate::error::Unavailable;

/// How many sagas of a shard one look takes, at most.
const OVERDUE_MAX: i32 = 100;

impl<P: Participant, E: Perform<P>> Consumer<P, E> {
    /// Sweeps until the service stops.
    pub(crate) async fn sweep(self: Arc<Self>) {
        // A look that finds too many goes on, the next time, where it ended: those that nobody can handle hide no others.
        let mut places = BTreeMap::new();
        loop {
            if self.stopped_during(jittered(self.settings.sweep)).await {
                return;
            }
            // In an outage the next look will do.
            if self.breakers.is_polling_paused() {
                continue;
            }
            let mut owed = BTreeMap::new();
            for shard in List::Open.shards() {
                let after = places.remove(&shard);
                match self.store.overdue(&shard, Timestamp::now(), OVERDUE_MAX, after).await {
                    Ok((sagas, place)) => {
                        places.extend(place.map(|place| (shard, place)));
                        for saga in sagas {
                            if self.stop.is_cancelled() {
                                return;
                            }
                            if let Err(error) = self.expire(saga, &mut owed).await {
                                tracing::warn!(%error, %saga, "SweepFailed: the next look finds it again");
                            }
                        }
                    }
                    Err(error) => tracing::warn!(%error, shard, "SweepFailed"),
                }
            }
            // One line for each service: a metric, where logs are counted.
            for (service, sagas) in owed {
                tracing::warn!(owed_by = service, sagas, "SagasOverdue");
            }
        }
    }

    /// Has the service send itself the message that the saga's time is up, where it is.
    async fn expire(&self, saga: SagaId, owed: &mut BTreeMap<String, u64>) -> Result<(), Unavailable> {
        let record = self.store.read(saga).await?;
        let state = record.and_then(|record| self.participant.recall(&record.stored).ok());
        let is_overdue = |due: Due| due.list == List::Open && due.at <= Timestamp::now();
        let Some(state) = state.filter(|state| self.participant.due(state).is_some_and(is_overdue)) else {
            return Ok(());
        };
        if let Some(awaited) = self.participant.awaited(&state) {
            tracing::warn!(%saga, owed_by = awaited.service, %awaited, "SagaOverdue");
            *owed.entry(awaited.service).or_default() += 1;
        }
        // Crash here: nothing is done yet; the next look finds the saga again. A message too many does nothing.
        match self.participant.overdue(saga) {
            Some(body) => self.queue.send(&body).await,
            None => Ok(()),
        }
    }
}
