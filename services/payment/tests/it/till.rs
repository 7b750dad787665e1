//! The world outside payment: the ledger in memory, behind payment's effects.
//!
//! **Invariant:** a hold is given only for a card that opens, for its own saga, to the card of the samples.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;
use std::rc::Rc;

use card::PrivateKey;
use contracts::SagaId;
use fixtures::{Kind, Ledger};
use payment::{Effect, Known, Payment, Refusal, Reply};
use testkit::{Key, Outside};

/// The fields of the card in all samples.
pub(crate) const CARD: [&str; 3] = ["2424 2424 2424 2424", "12/22", "111"];

/// Payment's key, and what it has opened: opening is slow where nothing is optimised.
pub(crate) struct Opener {
    key: PrivateKey,
    opened: RefCell<BTreeSet<(SagaId, String)>>,
}

impl Opener {
    pub(crate) fn new(key: PrivateKey) -> Rc<Self> {
        let opened = RefCell::default();
        Rc::new(Self { key, opened })
    }

    /// Whether a sealed card opens to the card of the samples.
    pub(crate) fn opens(&self, saga: SagaId, sealed_card: &str) -> bool {
        let sealed = (saga, sealed_card.to_owned());
        if self.opened.borrow().contains(&sealed) {
            return true;
        }
        let same = card::open(sealed_card, &self.key, saga)
            .is_ok_and(|card| [card.expose_number(), card.expose_expiry(), card.expose_cvv()] == CARD);
        if same {
            self.opened.borrow_mut().insert(sealed);
        }
        same
    }
}

/// A till at which payment asks. Its clones share one ledger.
#[derive(Clone)]
pub(crate) struct Till {
    opener: Rc<Opener>,
    ledger: Rc<RefCell<Ledger>>,
}

impl Till {
    pub(crate) fn new(opener: &Rc<Opener>) -> Self {
        Self { opener: Rc::clone(opener), ledger: Rc::default() }
    }

    pub(crate) fn ledger(&self) -> RefMut<'_, Ledger> {
        self.ledger.borrow_mut()
    }
}

impl Outside<Payment> for Till {
    fn perform(&self, saga: SagaId, effect: Effect) -> Reply {
        let mut ledger = self.ledger();
        let refusal = |message| Refusal { message };
        match effect {
            Effect::LookUp => Reply::Known(Known {
                charge_token: ledger.id(saga, Kind::Hold),
                charge_id: ledger.id(saga, Kind::Capture),
                refund_id: ledger.id(saga, Kind::Refund),
            }),
            Effect::Debit { amount, .. } => match ledger.debit(saga, amount.minor) {
                Ok(charge_id) => Reply::Debited { charge_id },
                Err(message) => Reply::DebitRefused(refusal(message)),
            },
            Effect::Authorize { customer, amount, sealed_card, fresh: _ } => {
                assert!(self.opener.opens(saga, &sealed_card), "{saga}: its card does not open");
                match ledger.authorize(saga, customer.as_str(), amount.minor) {
                    Ok(charge_token) => Reply::Authorized { charge_token },
                    Err(message) => Reply::AuthorizeRefused(refusal(message)),
                }
            }
            Effect::Capture { charge_token, amount, fresh: _ } => match ledger.capture(saga, amount.minor) {
                Ok(charge_id) => Reply::Captured { charge_token, charge_id },
                Err(message) => {
                    let refusal = refusal(message);
                    Reply::CaptureRefused { charge_token, refusal }
                }
            },
            Effect::Void { round, .. } => match ledger.void(saga, key(round)) {
                Ok(_id) => Reply::Voided,
                Err(message) => Reply::VoidRefused(refusal(message)),
            },
            Effect::Refund { amount, refusals, .. } => match ledger.refund(saga, refusals, amount.minor) {
                Ok(refund_id) => Reply::Refunded { refund_id },
                Err(message) => Reply::RefundRefused(refusal(message)),
            },
        }
    }

    fn key(&self, effect: &Effect) -> Option<Key> {
        match effect {
            Effect::LookUp => None,
            Effect::Authorize { .. } => Some(("authorize", 0)),
            Effect::Capture { .. } => Some(("capture", 0)),
            Effect::Debit { .. } => Some(("debit", 0)),
            Effect::Void { round, .. } => Some(("void", key(*round))),
            Effect::Refund { refusals, .. } => Some(("refund", *refusals)),
        }
    }

    fn in_use(&self, effect: &Effect) -> Option<Reply> {
        let refusal = Refusal { message: "idempotency_key_in_use".to_owned() };
        let refused = match effect.clone() {
            Effect::LookUp => return None,
            Effect::Authorize { .. } => Reply::AuthorizeRefused(refusal),
            Effect::Capture { charge_token, .. } => Reply::CaptureRefused { charge_token, refusal },
            Effect::Debit { .. } => Reply::DebitRefused(refusal),
            Effect::Void { .. } => Reply::VoidRefused(refusal),
            Effect::Refund { .. } => Reply::RefundRefused(refusal),
        };
        self.ledger().in_use_refuses.then_some(refused)
    }

    fn effects(&self) -> Vec<String> {
        self.ledger().entries().iter().map(|entry| entry.id.clone()).collect()
    }
}

fn key(round: u32) -> usize {
    usize::try_from(round).unwrap_or(usize::MAX)
}
