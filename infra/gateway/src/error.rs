//! Why a gateway did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("the payment gateway cannot listen on {addr}: {source}")]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The ledger file cannot be opened, read or repaired.
    #[error("the ledger {} cannot be used: {source}", path.display())]
    Ledger {
        /// The ledger file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another gateway holds the ledger file.
    #[error("the ledger {} is in use by another gateway", path.display())]
    InUse {
        /// The ledger file.
        path: PathBuf,
    },
    /// A line of the ledger file cannot be believed.
    #[error("line {line} of the ledger {} {reason}", path.display())]
    Corrupt {
        /// The ledger file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it; its content is not quoted.
        reason: &'static str,
    },
}
