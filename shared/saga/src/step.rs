//! A step of a saga: what takes effect in one service, and below it, how that is undone.
//!
//! A step says only what is its own: what it hears and what it answers (its [`Signature`]), how it takes effect
//! ([`Step::act`]), how it is undone ([`Step::undo`]). A service is the list of its steps, [`Steps`]; everything that
//! steps have in common is written once, there.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`contract`], [`heard`] | the trait of a step, and how a step answers; what a step hears |
//! | [`signature`] | what a step says of itself as data, and the [`Declaration`](crate::Declaration) of a list of steps |
//! | [`progress`] | what stands on record of the steps of a saga |
//! | [`service`] | [`Steps`]: a service as the list of its steps |
//! | `forward` | a step that begins, goes on after a crash, comes too late or fails |
//! | [`waits`], `joined` | a step that waits for an answer |
//! | `undoing` | how steps are undone: tombstones, rounds, attempts, what stands |
//! | `erased` | steps with facts of different types in one list |
//! | [`forced`] | failures that are forced upon a step |

pub mod contract;
mod erased;
pub mod forced;
mod forward;
pub mod heard;
mod joined;
pub mod progress;
pub mod service;
pub mod signature;
mod undoing;
pub mod waits;

pub use contract::{AT_WORK_MAX, Acted, Answer, Ending, Failed, Step, Turn, Undone, is_at_work};
pub use forced::Forced;
pub use heard::Heard;
pub use progress::{Ended, Left, Part, Progress, State};
pub use service::{StepList, Steps};
pub use signature::Signature;
