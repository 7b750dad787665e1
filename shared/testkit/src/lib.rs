//! The adversary: what tests use against participants. Never part of a service.

pub mod fixtures;
