//! The operator's command of another choreography: of the trips in `examples/trip`.
//!
//! **Invariant:** tests wait for conditions; none sleeps for its own sake, and none asserts a time.

#![cfg(test)]

mod given;
mod harness;
mod offline;
mod story;
mod up;
