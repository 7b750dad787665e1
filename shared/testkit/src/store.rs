//! A table in memory: one item per saga, one conditional write.
//!
//! **Invariant:** a write takes place only if what it expects is what stands there, state and facts; if not, it gives
//! back what does stand there, and changes nothing.

use std::collections::BTreeMap;

use contracts::SagaId;
use saga::{Record, Write};

/// The table of one service.
#[derive(Debug, Default)]
pub struct Store {
    records: BTreeMap<SagaId, Record>,
    writes: Vec<Write>,
    /// Whether the condition is ignored: broken on purpose, to see that it is noticed.
    pub blind: bool,
}

impl Store {
    /// The conditional write.
    ///
    /// # Errors
    ///
    /// The record that stands there, when it is not the one that was expected.
    pub fn write(&mut self, write: Write) -> Result<(), Option<Record>> {
        let found = self.records.get(&write.saga);
        if !self.blind && found.map(|record| &record.stored) != write.expected.as_ref() {
            return Err(found.cloned());
        }
        self.records.insert(write.saga, write.to.clone());
        self.writes.push(write);
        Ok(())
    }

    /// What stands there now.
    #[must_use]
    pub fn records(&self) -> &BTreeMap<SagaId, Record> {
        &self.records
    }

    /// The name of a saga's state, if it has one.
    #[must_use]
    pub fn state_of(&self, saga: SagaId) -> Option<&str> {
        self.records.get(&saga).map(|record| record.stored.state.as_str())
    }

    /// Every write that took place, in order.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }
}

#[cfg(test)]
mod tests {
    use saga::Stored;

    use super::*;
    use crate::fixtures::NOW;

    fn record(state: &str, facts: &str) -> Record {
        let stored = Stored { state: state.to_owned(), facts: facts.to_owned() };
        Record { stored, announced: Vec::new() }
    }

    #[test]
    fn a_write_takes_place_only_on_what_it_expects_and_gives_back_what_stands() {
        let mut store = Store::default();
        let write = |expected: Option<&Record>, to: &Record| Write {
            saga: SagaId::of_request("fare", "a"),
            expected: expected.map(|record| record.stored.clone()),
            to: to.clone(),
            at: NOW,
        };
        let (one, other, two) = (record("One", "1"), record("One", "2"), record("Two", "1"));
        assert_eq!(store.write(write(Some(&one), &two)), Err(None));
        assert_eq!(store.write(write(None, &one)), Ok(()));
        assert_eq!(store.write(write(None, &two)), Err(Some(one.clone())));
        assert_eq!(store.write(write(Some(&other), &two)), Err(Some(one.clone())));
        assert_eq!(store.write(write(Some(&one), &two)), Ok(()));
        assert_eq!(store.writes().len(), 2);
    }
}
