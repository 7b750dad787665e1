//! The contract of the embedded AWS endpoint, through the real SDK.
//!
//! Each test starts an endpoint of its own. Waiting is for a condition, with a deadline; nothing is timed.

#![expect(clippy::disallowed_methods, reason = "what the AWS calls do here is what is tested")]
#![cfg(test)]

mod door;
mod dynamodb;
mod dynamodb_failures;
mod dynamodb_indexes;
mod dynamodb_transactions;
mod endpoint;
mod load;
mod permissions;
mod sns;
mod sns_dead_letters;
mod sns_fifo;
mod sns_limits;
mod sns_topics;
mod sqs;
mod sqs_dead_letters;
mod sqs_limits;
mod sqs_query;
mod sqs_queues;
mod traces;
mod world;
