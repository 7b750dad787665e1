//! The whole choreography, without AWS: the map against what is committed, and the services against an adversary.

mod cast;
mod faults;
mod golden;
mod law;
mod oracle;
mod rows;
mod storm;
#[path = "../../../../services/payment/tests/it/till.rs"]
mod till;
