//! The `ensemble` binary as its users meet it.
//!
//! **Invariant:** tests wait for conditions; none sleeps, and none asserts a time.

#![cfg(test)]

mod bad_input;
mod canary;
mod clients;
mod command;
mod configuration;
mod counts;
mod harness;
mod processes;
mod stacks;
mod stage;
mod story;
mod world;
