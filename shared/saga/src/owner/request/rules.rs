//! The failure of a request that breaks rules.
//!
//! **Invariant:** it fits into an event, whatever the request breaks.

use wire::{Failure, StepType};

/// The name of the error of a request that breaks a rule.
const INVALID: &str = "InvalidRequest";

/// How much is told of the rules that a request breaks, in bytes: 99 lines can break a few each.
const RULES_BYTES_MAX: usize = Failure::MESSAGE_MAX_BYTES - AND_MORE_BYTES;

/// Room for how many rules are not told, in bytes.
const AND_MORE_BYTES: usize = 64;

/// The failure of a request that breaks these rules, which would have begun with this step.
pub(super) fn failure(step: StepType, broken: &[String]) -> Failure {
    Failure::new(INVALID, step, told(broken))
}

/// What is told of these rules.
pub(super) fn told(broken: &[String]) -> String {
    let mut message = String::new();
    for (told, rule) in broken.iter().enumerate() {
        if told > 0 {
            message.push_str("; ");
        }
        if told > 0 && message.len() + rule.len() > RULES_BYTES_MAX {
            message.push_str(&format!("and {} more", broken.len() - told));
            break;
        }
        message.push_str(rule);
    }
    message
}
