//! The tables in a data folder.
//!
//! **Invariant:** a folder belongs to one endpoint at a time, and a file that cannot be read is left as it is.

use std::fs::{File, TryLockError};
use std::path::Path;

use dynoxide::Database;

/// The file that holds the tables.
const FILE: &str = "dynamodb.sqlite";

/// The file that is locked. Not the one with the tables: `SQLite` locks parts of that by itself.
const LOCK: &str = "lock";

/// Opens the tables in this folder, which is made if need be; or says what is wrong, and what to do.
pub(super) fn open(folder: &Path) -> Result<(Database, Option<File>), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let held = File::options().write(true).create(true).truncate(false).open(folder.join(LOCK));
    let held = held.map_err(|error| format!("its file `{LOCK}`: {error}"))?;
    held.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            "another embedded endpoint has them open: stop that one, or choose another folder".to_owned()
        }
        TryLockError::Error(error) => format!("its file `{LOCK}` cannot be locked: {error}"),
    })?;
    let path = folder.join(FILE);
    let name = path.to_str().ok_or_else(|| "its name is not UTF-8".to_owned())?;
    let tables = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    tables.map_err(|error| format!("{FILE}: {error}"))?;
    let database = Database::new(name).map_err(|error| match error.to_string() {
        // What the library advises here, another way to call it, is of no use to whoever started this program.
        text if text.contains("SQLite database") || text.contains("malformed") => format!(
            "{FILE} is damaged, or is no SQLite database: put a copy in its place, or move it away to begin without \
             tables"
        ),
        text => format!("{FILE}: {text}"),
    })?;
    Ok((database, Some(held)))
}
