//! The grammar from outside: what every service that is a list of steps can rely on.

#![cfg(test)]

mod together;
