//! Client request tokens of transactions.
//!
//! **Invariant:** a token is remembered for ten minutes after its transaction succeeded, and each call does a constant
//! amount of work on average: expired tokens leave from the front of a queue.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sync::lock;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const REMEMBERED: Duration = Duration::from_secs(600);

/// What is known about a token.
pub(super) enum Claim<'a> {
    /// Nothing: execute the transaction, then settle the claim.
    New(Claimed<'a>),
    /// The same transaction succeeded before.
    Done,
    /// The same transaction is being executed.
    Running,
    /// It belongs to another transaction.
    Differs,
}

/// A token whose transaction is being executed. Forgotten when dropped without [`Claimed::settle`].
pub(super) struct Claimed<'a> {
    tokens: &'a Tokens,
    token: String,
    succeeded: bool,
}

impl Claimed<'_> {
    /// Remembers the token if the transaction succeeded; else the next attempt is a new one.
    pub(super) fn settle(mut self, succeeded: bool) {
        self.succeeded = succeeded;
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        let mut known = lock(&self.tokens.0);
        if self.succeeded {
            if let Some(slot) = known.slots.get_mut(&self.token) {
                slot.running = false;
            }
            known.by_age.push_back((Instant::now(), std::mem::take(&mut self.token)));
        } else {
            known.slots.remove(&self.token);
        }
    }
}

/// The tokens of the last ten minutes.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Known>);

#[derive(Default)]
struct Known {
    slots: HashMap<String, Slot>,
    /// Tokens of transactions that succeeded, the oldest first.
    by_age: VecDeque<(Instant, String)>,
}

struct Slot {
    fingerprint: u64,
    running: bool,
}

impl Tokens {
    /// Claims the token for a transaction with this content.
    pub(super) fn claim(&self, token: &str, fingerprint: u64) -> Claim<'_> {
        let mut known = lock(&self.0);
        while let Some((_, expired)) = known.by_age.pop_front_if(|(since, _)| since.elapsed() >= REMEMBERED) {
            known.slots.remove(&expired);
        }
        match known.slots.get(token) {
            Some(slot) if slot.fingerprint != fingerprint => Claim::Differs,
            Some(slot) if slot.running => Claim::Running,
            Some(_) => Claim::Done,
            None => {
                known.slots.insert(token.to_owned(), Slot { fingerprint, running: true });
                Claim::New(Claimed { tokens: self, token: token.to_owned(), succeeded: false })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_executed_once_and_bound_to_its_content() {
        let tokens = Tokens::default();
        let Claim::New(claimed) = tokens.claim("t", 1) else { panic!("it is new") };
        assert!(matches!(tokens.claim("t", 1), Claim::Running));
        assert!(matches!(tokens.claim("t", 2), Claim::Differs));
        claimed.settle(true);
        assert!(matches!(tokens.claim("t", 1), Claim::Done));
        assert!(matches!(tokens.claim("t", 2), Claim::Differs));
    }

    #[test]
    fn a_token_of_a_failed_transaction_is_forgotten() {
        let tokens = Tokens::default();
        let Claim::New(claimed) = tokens.claim("t", 1) else { panic!("it is new") };
        claimed.settle(false);
        assert!(matches!(tokens.claim("t", 2), Claim::New(_)));
    }
}
