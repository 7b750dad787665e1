//! What people, or the deadline, did to a saga.
//!
//! **Invariant:** however often something is done, the record has an end; and whatever was asked lately is recognised
//! when it is asked once more.

use serde::{Deserialize, Serialize};
use wire::journey::is_zero;
use wire::{Action, SagaId};

/// How many actions are kept in full, the first ones: with these it began.
const FIRST: usize = 4;

/// How many of the last ones. Each has up to 4 KiB of words, and a table takes items of 400 KB.
const LAST: usize = 12;

/// By how many requests that led to the others those are recognised, the last ones.
const RECOGNISED: usize = 1_000;

/// What was done: the first actions and the last ones, and what is left of those between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actions {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
    /// How many are left out between the first and the last.
    #[serde(default, skip_serializing_if = "is_zero")]
    left_out: u32,
    /// The digests of the ids of their requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    asked: Vec<String>,
}

impl Actions {
    /// Puts another one on record.
    pub(super) fn push(&mut self, action: Action) {
        self.actions.push(action);
        while self.actions.len() > FIRST + LAST {
            let action = self.actions.remove(FIRST);
            self.left_out = self.left_out.saturating_add(1);
            self.asked.extend(action.request.as_deref().map(digest));
        }
        let old = self.asked.len().saturating_sub(RECOGNISED);
        self.asked.drain(..old);
    }

    /// Whether the request with this id led to one of them.
    pub(super) fn is_known(&self, request: &str) -> bool {
        let in_full = self.actions.iter().any(|action| action.request.as_deref() == Some(request));
        in_full || self.asked.contains(&digest(request))
    }

    /// Those that are kept in full, in order.
    pub fn in_full(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter()
    }

    /// How many are not, behind how many of those that are; `None` where there is none.
    #[must_use]
    pub fn left_out(&self) -> Option<(usize, u32)> {
        (self.left_out > 0).then_some((FIRST, self.left_out))
    }
}

/// As good as the id, and shorter.
fn digest(request: &str) -> String {
    let id = SagaId::of_request("asked", request).uuid().simple().to_string();
    id.chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use wire::ActionKind;

    use super::*;

    fn retry(nth: usize) -> Action {
        let text = "ä".repeat(500);
        let (by, reason) = (text.clone(), text);
        Action {
            what: ActionKind::Retry,
            by,
            reason,
            at: jiff::Timestamp::UNIX_EPOCH,
            request: Some(format!("retry-{nth}")),
        }
    }

    #[test]
    fn however_often_something_is_done_the_record_has_an_end_and_knows_what_was_asked() {
        let mut actions = Actions::default();
        (0..5_000).for_each(|nth| actions.push(retry(nth)));
        let written = serde_json::to_string(&actions).unwrap();
        assert!(written.len() < 64 * 1024, "{} bytes", written.len());
        assert_eq!(serde_json::from_str::<Actions>(&written).unwrap(), actions);
        let names: Vec<_> = actions.in_full().filter_map(|action| action.request.clone()).collect();
        assert_eq!((names[0].as_str(), names[3].as_str(), names[4].as_str()), ("retry-0", "retry-3", "retry-4988"));
        assert_eq!(actions.left_out(), Some((4, 4_984)));
        let known = |nth: usize| actions.is_known(&format!("retry-{nth}"));
        assert!(known(0) && known(4_999) && known(4_987) && known(3_988), "the first and the last are known");
        assert!(!known(5_000) && !known(3_987), "one that was never asked, and one of long ago");
    }

    #[test]
    fn what_an_older_build_put_on_record_is_read() {
        let actions: Vec<Action> = (0..20).map(retry).collect();
        let mut read: Actions = serde_json::from_value(serde_json::json!({ "actions": actions })).unwrap();
        assert_eq!((read.in_full().count(), read.left_out()), (20, None));
        read.push(retry(20));
        assert_eq!((read.in_full().count(), read.left_out()), (16, Some((4, 5))));
        assert!((0..=20).all(|nth| read.is_known(&format!("retry-{nth}"))));
    }
}
