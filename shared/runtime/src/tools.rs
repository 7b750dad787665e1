//! For crates that operate what services run: the calls, batches and items that the services themselves rely on. No
//! service needs it.

pub use crate::announcer::{Announcer, publish_batch};
pub use crate::aws::{Clients, clients};
pub use crate::batch::{Batcher, ENTRIES_MAX, Gone};
pub use crate::error::explain;
pub use crate::item::{Item, Written, record_of, text, text_of};
pub use crate::queue::{Deletes, Queue, REQUEST_ID, Received, SettleError, change, delete, receive};
pub use crate::store::{OPEN, Store};
pub use crate::stuck::Stuck;
