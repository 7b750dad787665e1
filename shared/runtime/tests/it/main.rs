//! The machinery against the embedded endpoint, with a participant that does as the test says.

#![cfg(test)]

mod delivery;
mod doors;
mod outage;
mod scripted;
mod together;
