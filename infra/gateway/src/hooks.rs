//! The failure hooks: a customer's name that ends in markers forces refusals.
//!
//! **Invariant:** markers are read from the end and only from the end; a name with a marker inside
//! it forces nothing.

use std::iter;

use crate::faults::Operation;

/// `fail_credit` is the accounting system's: it is read only to reach the marker before it.
const MARKERS: [&str; 4] = ["fail_auth", "fail_charge", "fail_credit", "fail_refund"];

/// Whether the customer's name forces the operation to be refused.
pub(crate) fn refuses(customer: &str, operation: Operation) -> bool {
    let wanted = match operation {
        Operation::Authorize => "fail_auth",
        Operation::Capture => "fail_charge",
        Operation::Refund => "fail_refund",
        Operation::Void | Operation::Any => return false,
    };
    markers(customer).any(|marker| marker == wanted)
}

fn markers(customer: &str) -> impl Iterator<Item = &'static str> {
    let mut rest = customer;
    iter::from_fn(move || {
        let (marker, before) =
            MARKERS.iter().find_map(|marker| rest.strip_suffix(marker).map(|before| (*marker, before)))?;
        rest = before.trim_end_matches('_');
        Some(marker)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_markers_is_read_from_the_end() {
        for (customer, expected) in [
            ("3", &[][..]),
            ("", &[]),
            ("3_fail_auth", &["fail_auth"]),
            ("3fail_auth", &["fail_auth"]),
            ("_fail_charge", &["fail_charge"]),
            ("3__fail_credit", &["fail_credit"]),
            ("3_fail_credit_fail_refund", &["fail_refund", "fail_credit"]),
            ("fail_authfail_charge", &["fail_charge", "fail_auth"]),
            ("fail_auth_3", &[]),
            ("3_fail_auth_", &[]),
        ] {
            assert_eq!(markers(customer).collect::<Vec<_>>(), expected, "{customer}");
        }
    }

    #[test]
    fn each_marker_refuses_its_own_operation() {
        let customer = "3_fail_credit_fail_refund";
        assert!(refuses(customer, Operation::Refund));
        assert!(!refuses(customer, Operation::Authorize));
        assert!(!refuses(customer, Operation::Capture));
        assert!(!refuses("3_fail_auth_fail_charge_fail_refund", Operation::Void));
    }
}
