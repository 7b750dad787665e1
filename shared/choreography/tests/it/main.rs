//! The whole choreography, without AWS: the map against what is committed, and the services against an adversary.

#![cfg(test)]

mod cancel;
mod cast;
mod deadlines;
mod deployed;
mod documented;
mod doors;
mod explore;
mod faults;
mod golden;
mod import_cycles;
mod law;
mod operator;
mod oracle;
mod partial;
mod requests;
mod rows;
mod sequence;
mod stock;
mod storm;
mod story_lines;
#[path = "../../../../services/payment/tests/it/till.rs"]
mod till;
mod together;
mod too_large;
mod tutorial;
mod written;
