//! What operators do, against the embedded endpoint.

#![cfg(test)]

mod audit;
mod one_queue;
mod provision;
