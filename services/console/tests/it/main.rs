//! The `ensemble` binary as its users meet it.
//!
//! **Invariant:** tests wait for conditions; none sleeps, and none asserts a time.

#![cfg(test)]

mod bad_input;
mod bench;
mod canary;
mod cancelled;
mod check;
mod clients;
mod command;
mod configuration;
mod counts;
mod demo;
mod deployed;
mod doors;
mod emulator;
mod endpoints;
mod gateway_tls;
mod granted;
mod guard;
mod harness;
mod hidden;
mod image;
mod keys;
mod new;
mod orders;
mod outage;
mod parked;
mod probe;
mod processes;
mod queues;
mod redriven;
mod render;
mod rows;
mod runbook;
mod sagas;
mod sagas_listed;
mod sagas_unwound;
mod service_processes;
mod sizes;
mod stacks;
mod stock;
mod story;
mod surroundings;
mod system;
mod world;
