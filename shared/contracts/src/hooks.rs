//! The forced failures of the two workshops, for demos and tests.
//!
//! **Invariant:** nothing here is honoured unless the hooks are switched on, and the program refuses to start with
//! them on beside a live payment gateway.

use crate::Purchase;
use crate::steps::{
    CREDIT_CUSTOMER_ACCOUNT, PROCESS_ORDER, PROCESS_PAYMENT, PROCESS_REFUND, RELEASE_INVENTORY, RESERVE_INVENTORY,
    UPDATE_ORDER_STATUS,
};
use wire::{Failure, StepType};

/// The failures that a fare's `customerId` asks for by its suffix.
///
/// Suffixes chain, so that a run can fail twice: `3_fail_credit_fail_refund` fails the credit and then the refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FareHooks {
    /// `fail_auth`: the pre-authorisation is refused.
    pub fail_auth: bool,
    /// `fail_charge`: the capture is refused.
    pub fail_charge: bool,
    /// `fail_credit`: the customer's account is not credited.
    pub fail_credit: bool,
    /// `fail_refund`: the refund is refused.
    pub fail_refund: bool,
}

impl FareHooks {
    /// Reads the chain of suffixes from its end; underscores before each are optional.
    #[must_use]
    pub fn of_customer(customer_id: &str) -> Self {
        let mut hooks = Self::default();
        let mut rest = customer_id;
        loop {
            let (flag, shorter) = if let Some(head) = rest.strip_suffix("fail_auth") {
                (&mut hooks.fail_auth, head)
            } else if let Some(head) = rest.strip_suffix("fail_charge") {
                (&mut hooks.fail_charge, head)
            } else if let Some(head) = rest.strip_suffix("fail_credit") {
                (&mut hooks.fail_credit, head)
            } else if let Some(head) = rest.strip_suffix("fail_refund") {
                (&mut hooks.fail_refund, head)
            } else {
                return hooks;
            };
            *flag = true;
            rest = shorter.trim_end_matches('_');
        }
    }
}

/// The failures that an order asks for by the first characters of its `order_id`: `1`, `2` or `3` fail a step, and the
/// same digit twice fails its compensation too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderHooks {
    /// `1`: the order is not processed.
    pub fail_order: bool,
    /// `11`: and its status cannot be set.
    pub fail_status: bool,
    /// `2`: the payment is not processed.
    pub fail_payment: bool,
    /// `22`: and it cannot be given back.
    pub fail_refund: bool,
    /// `3`: the inventory is not reserved.
    pub fail_reserve: bool,
    /// `33`: and it cannot be released.
    pub fail_release: bool,
}

impl OrderHooks {
    /// Reads the first characters of an id.
    #[must_use]
    pub fn of_order(order_id: &str) -> Self {
        Self {
            fail_order: order_id.starts_with('1'),
            fail_status: order_id.starts_with("11"),
            fail_payment: order_id.starts_with('2'),
            fail_refund: order_id.starts_with("22"),
            fail_reserve: order_id.starts_with('3'),
            fail_release: order_id.starts_with("33"),
        }
    }
}

/// The failure that a fare or an order asks for of a step, if it asks for one.
#[must_use]
pub fn forced(step: StepType, purchase: &Purchase) -> Option<Failure> {
    let (fare, order) =
        (FareHooks::of_customer(purchase.customer_id().as_str()), OrderHooks::of_order(purchase.id().as_str()));
    let table = [
        (
            fare.fail_credit,
            CREDIT_CUSTOMER_ACCOUNT,
            "AccountCreditException",
            "Forced account credit transaction failure",
        ),
        (order.fail_order, PROCESS_ORDER, "ErrProcessOrder", "Forced order failure"),
        (order.fail_status, UPDATE_ORDER_STATUS, "ErrUpdateOrderStatus", "Forced order status failure"),
        (order.fail_payment, PROCESS_PAYMENT, "ErrProcessPayment", "Forced payment failure"),
        (order.fail_refund, PROCESS_REFUND, "ErrProcessRefund", "Forced refund failure"),
        (order.fail_reserve, RESERVE_INVENTORY, "ErrReserveInventory", "Forced reservation failure"),
        (order.fail_release, RELEASE_INVENTORY, "ErrReleaseInventory", "Forced release failure"),
    ];
    let asked = table.into_iter().find(|(asked, of, ..)| *asked && *of == step)?;
    Some(Failure::new(asked.2, step, asked.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_read_with_and_without_underscores_and_in_chains() {
        let none = FareHooks::default();
        assert_eq!(FareHooks::of_customer("3"), none);
        assert_eq!(FareHooks::of_customer("fail_auth_3"), none);
        assert_eq!(FareHooks::of_customer("3_fail_auth"), FareHooks { fail_auth: true, ..none });
        assert_eq!(FareHooks::of_customer("3fail_auth"), FareHooks { fail_auth: true, ..none });
        assert_eq!(FareHooks::of_customer("_fail_charge"), FareHooks { fail_charge: true, ..none });
        assert_eq!(FareHooks::of_customer("3__fail_credit"), FareHooks { fail_credit: true, ..none });
        let both = FareHooks { fail_credit: true, fail_refund: true, ..none };
        assert_eq!(FareHooks::of_customer("3_fail_credit_fail_refund"), both);
        assert_eq!(FareHooks::of_customer("3_fail_refund_fail_credit"), both);
    }

    #[test]
    fn the_first_characters_of_an_order_are_read() {
        let none = OrderHooks::default();
        for plain in ["40063fe3-56d9-4c51-b91f-71929834ce03", "a1", "0", "F", "x", ""] {
            assert_eq!(OrderHooks::of_order(plain), none, "{plain}");
        }
        assert_eq!(OrderHooks::of_order("1"), OrderHooks { fail_order: true, ..none });
        assert_eq!(OrderHooks::of_order("11"), OrderHooks { fail_order: true, fail_status: true, ..none });
        assert_eq!(OrderHooks::of_order("2a"), OrderHooks { fail_payment: true, ..none });
        assert_eq!(OrderHooks::of_order("22-2"), OrderHooks { fail_payment: true, fail_refund: true, ..none });
        assert_eq!(OrderHooks::of_order("31"), OrderHooks { fail_reserve: true, ..none });
        assert_eq!(OrderHooks::of_order("333"), OrderHooks { fail_reserve: true, fail_release: true, ..none });
    }
}
