//! The forced failures of the two workshops, for demos and tests.
//!
//! **Invariant:** nothing here is honoured unless the hooks are switched on, and the program refuses to start with
//! them on beside a live payment gateway.

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
}
