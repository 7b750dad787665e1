//! A payment gateway in memory: idempotency keys, the forced failures, and a ledger of what took effect.
//!
//! **Invariant:** a key acts once and is answered as the first time. Ids derive from the saga, so that two runs of one
//! saga can be compared; without keys each call takes effect again, under a new id.

use std::collections::BTreeMap;

use contracts::SagaId;
use contracts::hooks::FareHooks;

/// What took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An amount is held.
    Hold,
    /// What was held is taken.
    Capture,
    /// What was held is let go.
    Void,
    /// What was taken is given back.
    Refund,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which saga.
    pub saga: SagaId,
    /// What.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// How much, in minor units.
    pub amount_minor: i64,
}

/// The gateway's book. A refusal is the text that its caller hears.
#[derive(Debug, Default)]
pub struct Ledger {
    customers: BTreeMap<SagaId, String>,
    answers: BTreeMap<(SagaId, Kind, usize), Result<String, String>>,
    entries: Vec<Entry>,
    /// Whether keys are ignored: broken on purpose, to see that it is noticed.
    pub keyless: bool,
    /// Whether payment takes a key that is in use for a refusal: broken on purpose.
    pub in_use_refuses: bool,
    /// Whether forced refusals of refunds are over.
    pub healed: bool,
}

impl Ledger {
    /// Everything that took effect, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How often something took effect for a saga.
    #[must_use]
    pub fn count(&self, saga: SagaId, kind: Kind) -> usize {
        self.of(saga, kind).count()
    }

    /// The sum of what took effect for a saga, in minor units.
    #[must_use]
    pub fn sum_minor(&self, saga: SagaId, kind: Kind) -> i64 {
        self.of(saga, kind).map(|entry| entry.amount_minor).sum()
    }

    /// The id of the first such effect, if there is one.
    #[must_use]
    pub fn id(&self, saga: SagaId, kind: Kind) -> Option<String> {
        self.of(saga, kind).next().map(|entry| entry.id.clone())
    }

    /// The id that an effect has if it takes place once.
    #[must_use]
    pub fn id_of(saga: SagaId, kind: Kind) -> String {
        let prefix = match kind {
            Kind::Hold => "tok",
            Kind::Capture => "ch",
            Kind::Void => "vo",
            Kind::Refund => "re",
        };
        format!("{prefix}_{}", saga.derive(&format!("fake/{kind:?}")).simple())
    }

    /// Holds an amount for a customer.
    ///
    /// # Errors
    ///
    /// The gateway says no.
    pub fn authorize(&mut self, saga: SagaId, customer: &str, amount_minor: i64) -> Result<String, String> {
        self.customers.insert(saga, customer.to_owned());
        let refused = FareHooks::of_customer(customer).fail_auth;
        let refusal = refused.then_some("Forced auth transaction failure");
        self.act(saga, Kind::Hold, 0, amount_minor, refusal)
    }

    /// Takes an amount in one step, without a hold.
    ///
    /// # Errors
    ///
    /// The gateway says no.
    pub fn debit(&mut self, saga: SagaId, amount_minor: i64) -> Result<String, String> {
        self.act(saga, Kind::Capture, 0, amount_minor, None)
    }

    /// Takes what is held.
    ///
    /// # Errors
    ///
    /// The gateway says no.
    pub fn capture(&mut self, saga: SagaId, amount_minor: i64) -> Result<String, String> {
        let refusal = if self.count(saga, Kind::Hold) == 0 {
            Some("nothing is held")
        } else if self.count(saga, Kind::Void) > 0 {
            Some("what was held is let go")
        } else {
            let refused = self.hooks(saga).fail_charge;
            refused.then_some("Forced charge transaction failure")
        };
        self.act(saga, Kind::Capture, 0, amount_minor, refusal)
    }

    /// Lets go of what is held, under its *key*-th key.
    ///
    /// # Errors
    ///
    /// The gateway says no.
    pub fn void(&mut self, saga: SagaId, key: usize) -> Result<String, String> {
        let amount_minor = self.sum_minor(saga, Kind::Hold);
        let taken = self.count(saga, Kind::Capture) > 0;
        self.act(saga, Kind::Void, key, amount_minor, taken.then_some("what was held is taken"))
    }

    /// Gives back what was taken, under its *key*-th key.
    ///
    /// # Errors
    ///
    /// The gateway says no.
    pub fn refund(&mut self, saga: SagaId, key: usize, amount_minor: i64) -> Result<String, String> {
        let refusal = if self.count(saga, Kind::Capture) == 0 {
            Some("nothing is taken")
        } else {
            let refused = self.hooks(saga).fail_refund && !self.healed;
            refused.then_some("Forced refund transaction failure")
        };
        self.act(saga, Kind::Refund, key, amount_minor, refusal)
    }

    fn act(
        &mut self,
        saga: SagaId,
        kind: Kind,
        key: usize,
        amount_minor: i64,
        refusal: Option<&str>,
    ) -> Result<String, String> {
        if !self.keyless
            && let Some(answer) = self.answers.get(&(saga, kind, key))
        {
            return answer.clone();
        }
        let again = self.count(saga, kind);
        let id = match again {
            0 => Self::id_of(saga, kind),
            _ => format!("{}_{again}", Self::id_of(saga, kind)),
        };
        let answer = refusal.map_or(Ok(id.clone()), |refusal| Err(refusal.to_owned()));
        if answer.is_ok() {
            self.entries.push(Entry { saga, kind, id, amount_minor });
        }
        self.answers.insert((saga, kind, key), answer.clone());
        answer
    }

    fn of(&self, saga: SagaId, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.saga == saga && entry.kind == kind)
    }

    fn hooks(&self, saga: SagaId) -> FareHooks {
        self.customers.get(&saga).map_or_else(FareHooks::default, |customer| FareHooks::of_customer(customer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_acts_once_and_is_answered_as_the_first_time() {
        let saga = SagaId::of_request("fare", "a");
        let mut ledger = Ledger::default();
        assert_eq!(ledger.capture(saga, 1), Err("nothing is held".to_owned()));
        let mut ledger = Ledger::default();
        let token = ledger.authorize(saga, "3", 5);
        assert_eq!(ledger.authorize(saga, "3", 5), token);
        let charge = ledger.capture(saga, 5);
        assert_eq!(ledger.capture(saga, 5), charge);
        assert!(ledger.void(saga, 0).is_err());
        assert_eq!(ledger.entries().len(), 2);
        ledger.keyless = true;
        assert_ne!(ledger.capture(saga, 5), charge);
        assert_eq!(ledger.sum_minor(saga, Kind::Capture), 10);
    }

    #[test]
    fn the_hooks_refuse_and_a_refused_capture_can_be_voided() {
        let saga = SagaId::of_request("fare", "a");
        let mut ledger = Ledger::default();
        assert!(ledger.authorize(saga, "3_fail_auth", 5).is_err());
        let mut ledger = Ledger::default();
        assert!(ledger.authorize(saga, "_fail_charge", 5).is_ok());
        assert!(ledger.capture(saga, 5).is_err());
        assert!(ledger.void(saga, 0).is_ok());
        assert!(ledger.refund(saga, 0, 5).is_err());
    }
}
