//! A table in memory: one item per saga, one conditional write; and the counters that a write may take from.
//!
//! **Invariant:** a write takes place only if what it expects is what stands there, state and facts, and if the counters
//! hold all that it takes; if not, it says what does stand there, and changes nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rust_decimal::Decimal;
use saga::{Record, Take, Write};
use wire::SagaId;

/// Counters: what is available of each item that is tracked. Their clones are the same counters.
#[derive(Clone, Debug, Default)]
pub struct Counters(Rc<RefCell<BTreeMap<String, Decimal>>>);

impl Counters {
    /// Tracks an item, with so much of it.
    pub fn set(&self, item: &str, available: Decimal) {
        self.0.borrow_mut().insert(item.to_owned(), available);
    }

    /// How much there is of an item, if it is tracked.
    #[must_use]
    pub fn get(&self, item: &str) -> Option<Decimal> {
        self.0.borrow().get(item).copied()
    }

    /// How much there is of those of these items that are tracked.
    #[must_use]
    pub fn count(&self, items: &[String]) -> Vec<(String, Decimal)> {
        items.iter().filter_map(|item| Some((item.clone(), self.get(item)?))).collect()
    }

    /// Takes all of these, or nothing.
    fn take(&self, takes: &[Take]) -> bool {
        let holds = |take: &Take| self.get(&take.item).is_some_and(|there| there >= take.quantity);
        let all = takes.iter().all(holds);
        if all {
            let mut rows = self.0.borrow_mut();
            for take in takes {
                rows.entry(take.item.clone()).and_modify(|there| *there -= take.quantity);
            }
        }
        all
    }
}

/// Why a write did not take place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// This stands there, if anything, and not what was expected.
    Differs(Option<Record>),
    /// The counters do not hold what was to be taken.
    Short,
}

/// The table of one service.
#[derive(Debug, Default)]
pub struct Store {
    records: BTreeMap<SagaId, Record>,
    writes: Vec<Write>,
    counters: Counters,
    /// Whether the condition is ignored: broken on purpose, to see that it is noticed.
    pub blind: bool,
}

impl Store {
    /// An empty table beside these counters.
    #[must_use]
    pub fn beside(counters: Counters) -> Self {
        Self { counters, ..Self::default() }
    }

    /// The conditional write.
    ///
    /// # Errors
    ///
    /// [`Refused`], and nothing is changed.
    pub fn write(&mut self, write: Write) -> Result<(), Refused> {
        let found = self.records.get(&write.saga);
        if !self.blind && found.map(|record| &record.stored) != write.expected.as_ref() {
            return Err(Refused::Differs(found.cloned()));
        }
        if !self.counters.take(&write.takes) {
            return Err(Refused::Short);
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
    use crate::NOW;

    fn record(state: &str, facts: &str) -> Record {
        let stored = Stored { state: state.to_owned(), facts: facts.to_owned() };
        Record { stored, announced: Vec::new() }
    }

    #[test]
    fn a_write_takes_place_only_on_what_it_expects_and_gives_back_what_stands() {
        let mut store = Store::default();
        let write = |expected: Option<&Record>, to: &Record| Write {
            saga: SagaId::of_request("trip", "a"),
            expected: expected.map(|record| record.stored.clone()),
            to: to.clone(),
            takes: Vec::new(),
            due: None,
            at: NOW,
        };
        let (one, other, two) = (record("One", "1"), record("One", "2"), record("Two", "1"));
        assert_eq!(store.write(write(Some(&one), &two)), Err(Refused::Differs(None)));
        assert_eq!(store.write(write(None, &one)), Ok(()));
        assert_eq!(store.write(write(None, &two)), Err(Refused::Differs(Some(one.clone()))));
        assert_eq!(store.write(write(Some(&other), &two)), Err(Refused::Differs(Some(one.clone()))));
        assert_eq!(store.write(write(Some(&one), &two)), Ok(()));
        assert_eq!(store.writes().len(), 2);
    }

    #[test]
    fn a_write_takes_all_that_it_takes_from_counters_or_does_not_take_place() {
        let counters = Counters::default();
        counters.set("a", Decimal::ONE);
        let mut store = Store::beside(counters.clone());
        let take = |item: &str, quantity| Take { item: item.to_owned(), quantity };
        let write = |takes| Write {
            saga: SagaId::of_request("trip", "a"),
            expected: None,
            to: record("One", "1"),
            takes,
            due: None,
            at: NOW,
        };
        assert_eq!(store.write(write(vec![take("a", Decimal::ONE), take("b", Decimal::ONE)])), Err(Refused::Short));
        assert_eq!(store.write(write(vec![take("a", Decimal::TWO)])), Err(Refused::Short));
        assert_eq!(counters.get("a"), Some(Decimal::ONE));
        assert_eq!(store.write(write(vec![take("a", Decimal::ONE)])), Ok(()));
        assert_eq!(counters.get("a"), Some(Decimal::ZERO));
    }
}
