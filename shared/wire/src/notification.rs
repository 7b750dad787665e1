//! What a client finds in the success or the failure queue.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Action, Failure, Outcome, Path, SagaId, Standing};

/// How a saga ended.
// `A`: what the saga was about, and what its vocabulary tells besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Notification"))]
#[serde(rename_all = "camelCase")]
pub struct Notification<A> {
    /// Identifies the notification; duplicates have the same, and the same bytes.
    pub id: Uuid,
    /// The kind of saga.
    pub saga: String,
    /// The saga.
    pub saga_id: SagaId,
    /// How it ended.
    pub outcome: Outcome,
    /// What it was about, and what was done.
    #[serde(flatten)]
    pub about: A,
    /// Why the saga failed; none when it completed.
    pub error: Option<Failure>,
    /// Effects not undone.
    pub standing: Vec<Standing>,
    /// The earlier notification, of a saga that needed attention, that this one resolves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolves: Option<Uuid>,
    /// How a person closed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Action>,
    /// The whole way.
    pub path: Path,
}
