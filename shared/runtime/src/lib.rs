//! The machinery.

mod effects;
pub use effects::{EffectError, NoEffects, Perform};
