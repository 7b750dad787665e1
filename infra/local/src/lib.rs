#![doc = include_str!("../README.md")]
//!
//! ## What it does
//!
//! Every region is accepted, the account is `000000000000`, names are given out for `us-east-1`, and URLs of queues for the
//! host by which they were asked for.
//!
//! | Service | Engine | Wire |
//! |---|---|---|
//! | `DynamoDB` | `dynoxide`: `SQLite` in memory, or a file in a data folder | JSON, `X-Amz-Target: DynamoDB_20120810.*` |
//! | SQS | [`sqs`]: a queue of our own over `rustack`'s wire model, attribute rules and digests | JSON, `X-Amz-Target: AmazonSQS.*`; query for older clients |
//! | SNS | [`sns`]: a fan-out of our own, straight into the queues | query, `Action=`, XML answers |
//!
//! **Invariant:** a request is answered by this process alone.
//!
//! ## What it does not do
//!
//! - Queues, topics and subscriptions live in memory. With [`Options::data`] the tables persist and nothing else does,
//!   so whoever provisions must do so at each start; every creating call is idempotent.
//! - It never raises `TransactionConflict` and never throttles, unless [`Endpoint::fail_next`] asks for it, and its
//!   indexes are consistent at once.
//! - Signatures, policies and encryption settings are stored at most, never enforced.
//! - FIFO topics have no archive and no replay.
//! - Messages are not dropped at the end of their retention period, and items not at the end of their time to live.

mod answer;
mod caller;
mod calls;
mod carried;
mod dynamodb;
mod endpoint;
mod policy;
mod query;
mod router;
mod shutdown;
mod sns;
mod sqs;
mod sync;
mod twins;
mod xml;

pub use calls::Calls;
pub use dynamodb::FailWith;
pub use endpoint::{Endpoint, Options, StartError};

/// The account that owns everything here.
const ACCOUNT: &str = "000000000000";

/// The region in the names given out.
const REGION: &str = "us-east-1";
