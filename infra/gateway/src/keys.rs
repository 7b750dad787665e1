//! The keys that are being worked on: from the moment a request is read until it is answered.
//!
//! **Invariant:** a key is worked on by one request at a time, and is free again when nobody works on it or waits for
//! its answer any more.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The keys in use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Arc<Mutex<HashSet<String>>>);

impl Keys {
    /// Takes a key; `None` where somebody has it. The key is free again when the last clone is dropped.
    pub(crate) fn begin(&self, key: &str) -> Option<Arc<AtWork>> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        taken.then(|| Arc::new(AtWork { keys: self.clone(), key: key.to_owned() }))
    }
}

/// A key that is being worked on.
#[derive(Debug)]
pub(crate) struct AtWork {
    keys: Keys,
    key: String,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
