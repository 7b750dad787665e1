//! What came of each saga.
//!
//! **Invariant:** each outcome is held to its row when it arrives. What the gateway did is asked for at the end, so that
//! asking costs the run nothing.

use std::collections::HashMap;
use std::time::Duration;

use contracts::{Notification, SagaId};
use tokio::time::Instant;
use uuid::Uuid;

use crate::judge;
use crate::rows::Row;

/// A saga that was asked for.
#[derive(Debug)]
struct Asked {
    row: &'static Row,
    /// When its request was accepted: SNS may deliver it, and its outcome arrive, before the publisher is answered.
    accepted: Option<Instant>,
    told: Option<(Instant, Uuid)>,
}

/// All sagas.
#[derive(Debug)]
pub(super) struct Tally {
    began: Instant,
    sagas: HashMap<SagaId, Asked>,
    /// When each outcome arrived, since the beginning; in order.
    pub(super) ends: Vec<Duration>,
    /// From the acceptance of the request to the outcome, of each saga.
    pub(super) latencies: Vec<Duration>,
    pub(super) last_accepted: Duration,
    pub(super) open_most: usize,
    /// The steps of all paths together.
    pub(super) steps: usize,
    /// What the rows want of the gateway, all together.
    pub(super) ledger: [u64; 4],
    /// What is not as it should be.
    pub(super) problems: Vec<String>,
}

impl Tally {
    pub(super) fn new(began: Instant) -> Self {
        Self {
            began,
            sagas: HashMap::new(),
            ends: Vec::new(),
            latencies: Vec::new(),
            last_accepted: Duration::ZERO,
            open_most: 0,
            steps: 0,
            ledger: [0; 4],
            problems: Vec::new(),
        }
    }

    /// How many sagas are asked for and not over.
    pub(super) fn open(&self) -> usize {
        self.sagas.len() - self.ends.len()
    }

    /// Every saga, with its row.
    pub(super) fn rows(&self) -> impl Iterator<Item = (SagaId, &'static Row)> {
        self.sagas.iter().map(|(saga, asked)| (*saga, asked.row))
    }

    /// A saga is asked for.
    pub(super) fn asked(&mut self, saga: SagaId, row: &'static Row) {
        self.sagas.insert(saga, Asked { row, accepted: None, told: None });
        for (sum, more) in self.ledger.iter_mut().zip(row.ledger) {
            *sum += more;
        }
        self.open_most = self.open_most.max(self.open());
    }

    /// Its request was accepted.
    pub(super) fn accepted(&mut self, saga: SagaId, at: Instant) {
        self.last_accepted = self.last_accepted.max(at.duration_since(self.began));
        if let Some(asked) = self.sagas.get_mut(&saga) {
            asked.accepted = Some(at);
            self.latencies.extend(asked.told.map(|(told, _)| told.duration_since(at)));
        }
    }

    /// An outcome arrived.
    pub(super) fn told(&mut self, notification: &Notification, at: Instant) {
        let saga = notification.saga_id;
        let Some(asked) = self.sagas.get_mut(&saga) else {
            self.problems.push(format!("saga {saga}: nobody asked for it"));
            return;
        };
        match asked.told {
            None => asked.told = Some((at, notification.id)),
            // Queues may deliver twice.
            Some((_, first)) if first == notification.id => return,
            Some(_) => {
                self.problems.push(format!("saga {saga}: a second outcome came"));
                return;
            }
        }
        self.ends.push(at.duration_since(self.began));
        self.latencies.extend(asked.accepted.map(|accepted| at.duration_since(accepted)));
        self.steps += notification.path.steps().len();
        let row = asked.row;
        let problems = judge::problems(row, Some(notification));
        self.problems
            .extend(problems.iter().map(|problem| format!("{} {}, saga {saga}: {problem}", row.kind, row.name)));
    }
}
