//! The `ensemble` binary as its users meet it.
//!
//! **Invariant:** tests wait for conditions; none sleeps, and none asserts a time.

#![cfg(test)]

mod clients;
mod command;
mod harness;
mod processes;
mod stage;
