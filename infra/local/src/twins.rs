//! Deduplication: what was accepted under a key during the last five minutes.
//!
//! **Invariant:** a key is forgotten five minutes after it was first seen, however often it is asked for.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// The same for FIFO queues and FIFO topics.
const REMEMBERED: Duration = Duration::from_secs(300);

/// What was accepted lately, by key.
#[derive(Debug)]
pub(crate) struct Twins<T> {
    by_key: HashMap<String, T>,
    by_age: VecDeque<(Instant, String)>,
}

impl<T> Default for Twins<T> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), by_age: VecDeque::new() }
    }
}

impl<T: Clone> Twins<T> {
    /// What was accepted under this key.
    pub(crate) fn find(&mut self, key: &str) -> Option<T> {
        while let Some((_, old)) = self.by_age.pop_front_if(|(at, _)| at.elapsed() >= REMEMBERED) {
            self.by_key.remove(&old);
        }
        self.by_key.get(key).cloned()
    }

    /// Remembers what was accepted under a key that [`find`](Self::find) did not find.
    pub(crate) fn remember(&mut self, key: String, accepted: T) {
        self.by_age.push_back((Instant::now(), key.clone()));
        self.by_key.insert(key, accepted);
    }
}

/// The key of a message that is told apart by its content: attributes do not count.
pub(crate) fn of_content(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    digest.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a `String` does not fail.
        write!(hex, "{byte:02x}").unwrap_or_default();
        hex
    })
}
