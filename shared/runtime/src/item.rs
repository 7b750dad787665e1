//! Items of `DynamoDB` tables: how one is read, how a saga's is updated, and what comes of that.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use saga::{Due, Record, Stored, Write};
use wire::compact::{Rest, compact, expand};

use crate::error::Unavailable;

/// An item of any table.
pub type Item = HashMap<String, AttributeValue>;

/// What came of a write.
#[derive(Debug)]
pub enum Written {
    /// It took place.
    Committed,
    /// Its condition failed; this is what stands there.
    Conflict(Option<Record>),
    /// The counters do not hold what was to be taken, or is being written by others; nothing was written.
    Short,
}

/// A conditional update of the saga's item, as single call and transaction take it.
pub(crate) struct Update {
    pub(crate) table: String,
    pub(crate) key: HashMap<String, AttributeValue>,
    pub(crate) update: String,
    pub(crate) condition: &'static str,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

/// What a write does to the attributes of an item besides its version, whichever way it goes.
pub(crate) struct Change {
    pub(crate) set: Vec<(&'static str, AttributeValue)>,
    pub(crate) remove: &'static [&'static str],
}

impl Change {
    /// What this write does to the item of a table; `indexed`: of one with the index of sagas that are not over.
    pub(crate) fn of(write: &Write, indexed: bool) -> Self {
        let Write { saga, to, due, at, .. } = write;
        let time = at.to_string();
        let rest = Rest { saga: *saga, time: &time, facts: &to.stored.facts };
        let announced = to.announced.iter().map(|whole| text(&compact(whole, &rest))).collect();
        let mut set = vec![
            ("state", text(&to.stored.state)),
            ("facts", text(&to.stored.facts)),
            ("announced", AttributeValue::L(announced)),
            ("updatedAt", AttributeValue::S(time)),
        ];
        // A message that was stuck before this write is not stuck any more.
        let remove: &[_] = match due {
            _ if !indexed => &["stuck"],
            Some(Due { list, kind, at }) => {
                set.push(("openShard", text(&list.shard_of(*saga))));
                set.push(("dueAt", text(&Due::text(*at))));
                set.push(("kind", text(kind.as_str())));
                &["stuck"]
            }
            None => &["stuck", "openShard", "dueAt", "kind"],
        };
        Self { set, remove }
    }
}

/// A text as an attribute.
#[must_use]
pub fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The text that an item has under this name.
#[must_use]
pub fn text_of(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

/// What stands in an item, if it is there.
pub(crate) fn stands(table: &str, item: Option<&Item>) -> Result<Option<Record>, Unavailable> {
    let Some(item) = item.filter(|item| !item.is_empty()) else {
        return Ok(None);
    };
    record_of(item).map(Some).ok_or_else(|| Unavailable::not_ours(table))
}

/// What an item of a saga holds; `None` for one that is not of our making.
#[must_use]
pub fn record_of(item: &Item) -> Option<Record> {
    let stored = Stored { state: text_of(item, "state")?, facts: text_of(item, "facts")? };
    let (saga, time) = (text_of(item, "saga")?.parse().ok()?, text_of(item, "updatedAt")?);
    let rest = Rest { saga, time: &time, facts: &stored.facts };
    let announced = item.get("announced")?.as_l().ok()?.iter();
    let announced = announced.map(|value| Some(expand(value.as_s().ok()?, &rest))).collect::<Option<_>>()?;
    Some(Record { stored, announced })
}
