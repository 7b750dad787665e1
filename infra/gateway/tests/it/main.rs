//! The gateway, driven over HTTP.
//!
//! **Invariant:** tests wait for conditions; none sleeps, and none asserts a time.

mod card_data;
mod client;
mod debits;
mod door;
mod faults;
mod ledger_file;
mod protocol;
mod refusals;
