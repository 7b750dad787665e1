//! The ledger file: one JSON line for each call, written and flushed before the call is answered.
//!
//! **Invariant:** a line is in the file whole or not at all. Only the end of the file may be torn,
//! by a process that died while writing; nobody was answered on the strength of that line, so it is
//! cut off.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::StartError;
use crate::payments::Payments;
use crate::record::Record;

/// Where lines go.
#[derive(Debug, Default)]
pub(crate) enum Journal {
    /// Nowhere: the ledger lives in memory only.
    #[default]
    Memory,
    /// To a file, locked against other gateways, with `length` bytes of whole lines.
    File { file: File, length: u64 },
    /// Nowhere any more: the gateway has stopped, or the file could not be repaired.
    Closed,
}

impl Journal {
    /// Opens or creates the file, cuts a torn end off, and reads the payments that its lines tell of.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Payments), StartError> {
        match File::options().read(true).append(true).create(true).open(&path) {
            Ok(file) => Self::read(file, &path),
            Err(source) => Err(Unusable::Io(source)),
        }
        .map_err(|unusable| match unusable {
            Unusable::Io(source) => StartError::Ledger { path, source },
            Unusable::Held => StartError::InUse { path },
            Unusable::Line { line, reason } => StartError::Corrupt { path, line, reason },
        })
    }

    fn read(mut file: File, path: &Path) -> Result<(Self, Payments), Unusable> {
        file.try_lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut payments = Payments::default();
        let mut length = 0;
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if !line.ends_with(b"\n") {
                tracing::warn!(ledger = %path.display(), line = index + 1, "cut off a torn last line");
                file.set_len(length)?;
                file.sync_data()?;
                break;
            }
            let corrupt = |reason| Unusable::Line { line: index + 1, reason };
            let Ok(record) = serde_json::from_slice::<Record>(line) else {
                return Err(corrupt("is not a ledger line"));
            };
            if !payments.apply(record) {
                return Err(corrupt("does not follow from the lines before it"));
            }
            length += line.len() as u64;
        }
        Ok((Self::File { file, length }, payments))
    }

    /// Makes a record durable, as a line.
    pub(crate) fn append(&mut self, record: &Record) -> io::Result<()> {
        match self {
            Self::Memory => Ok(()),
            Self::Closed => Err(io::Error::other("the ledger is closed")),
            Self::File { file, length } => {
                let mut bytes = serde_json::to_vec(record)?;
                bytes.push(b'\n');
                // Crash here: the line may be torn, and the next start cuts it off; or it is whole,
                // and the caller's retry with the same key finds it.
                let written = file.write_all(&bytes).and_then(|()| file.sync_data());
                if written.is_ok() {
                    *length += bytes.len() as u64;
                } else if file.set_len(*length).and_then(|()| file.sync_data()).is_err() {
                    // The caller is told that nothing happened, but a part of the line may remain.
                    *self = Self::Closed;
                }
                written
            }
        }
    }
}

enum Unusable {
    Io(io::Error),
    Held,
    Line { line: usize, reason: &'static str },
}

impl From<io::Error> for Unusable {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

impl From<TryLockError> for Unusable {
    fn from(error: TryLockError) -> Self {
        match error {
            TryLockError::WouldBlock => Self::Held,
            TryLockError::Error(source) => Self::Io(source),
        }
    }
}
