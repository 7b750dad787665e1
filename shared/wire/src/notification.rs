//! What a client finds in the success or the failure queue.
//!
//! # Examples
//!
//! A client reads it out of the success or the failure queue:
//!
//! ```
//! use ensemble_wire::{Notification, Outcome};
//! use parcel::Asked;
//!
//! let body = r#"{
//!     "id": "8c0f5b0e-3d5d-5a53-9b55-1f4d8b1d6a52",
//!     "saga": "parcel",
//!     "sagaId": "5f1c8c1e-4f57-5a2c-8a1c-0e2b9d2b7f10",
//!     "outcome": "compensated",
//!     "parcel": { "address": "nowhere" },
//!     "error": { "name": "NobodyThere", "step": "Deliver", "message": "nobody took it" },
//!     "standing": [],
//!     "path": [{ "step": "Deliver", "ok": false, "at": "2026-01-01T00:00:00Z" }]
//! }"#;
//! let told: Notification<Asked> = serde_json::from_str(body)?;
//! assert_eq!(told.outcome, Outcome::Compensated);
//! assert_eq!(told.about.parcel.unwrap().address.as_str(), "nowhere");
//! # Ok::<(), serde_json::Error>(())
//! ```

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
