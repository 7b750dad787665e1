//! Topics, queues, subscriptions and tables, as one value: what is provisioned, drawn and rendered.

use std::fmt;

use serde::Serialize;
use wire::{Publisher, SagaKind};

/// Prefixes every name that a user sees in AWS; `ensemble` unless configured.
///
/// # Examples
///
/// ```
/// use ensemble_saga::topology::{Channel, Names};
/// use parcel::vocabulary::kinds;
///
/// let names = Names::new("test")?;
/// assert_eq!(names.of_service("vans"), "test-vans");
/// assert_eq!(names.topic(Channel::Requests(kinds::PARCEL)), "test-parcel-requests");
/// # Ok::<(), ensemble_saga::topology::InvalidPrefix>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

/// Why a text is not a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPrefix;

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1 to 40 characters of A-Z a-z 0-9 _ -")
    }
}

impl Names {
    /// Names under this prefix.
    ///
    /// # Errors
    ///
    /// [`InvalidPrefix`]: SQS allows 80 characters of letters, digits, `-` and `_` in a queue's name
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>); half is ours.
    pub fn new(prefix: &str) -> Result<Self, InvalidPrefix> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=40).contains(&prefix.len()) && prefix.bytes().all(allowed) {
            Ok(Self { prefix: prefix.to_owned() })
        } else {
            Err(InvalidPrefix)
        }
    }

    /// Names in a template: the prefix is the parameter of this name, which `Fn::Sub` fills in where it is deployed
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html>).
    #[must_use]
    pub fn in_template(parameter: &str) -> Self {
        Self { prefix: format!("${{{parameter}}}") }
    }

    /// The topic of a channel.
    #[must_use]
    pub fn topic(&self, channel: Channel) -> String {
        match channel {
            Channel::Requests(kind) => format!("{}-{kind}-requests", self.prefix),
            Channel::Events(publisher) => format!("{}-{}-events", self.prefix, publisher.as_str()),
            Channel::Notifications => format!("{}-notifications", self.prefix),
        }
    }

    /// A queue, the table of a service, or a table of counters.
    #[must_use]
    pub fn of_service(&self, service: &str) -> String {
        format!("{}-{service}", self.prefix)
    }

    /// The dead-letter queue of a queue.
    #[must_use]
    pub fn dlq(&self, queue: &str) -> String {
        format!("{}-{queue}-dlq", self.prefix)
    }

    /// The queue for what SNS could not deliver to a queue: to that of a service, to `success` or to `failure`.
    #[must_use]
    pub fn undelivered(&self, queue: &str) -> String {
        format!("{}-{queue}-undelivered", self.prefix)
    }

    /// The table of what operators did.
    #[must_use]
    pub fn audit_table(&self) -> String {
        format!("{}-audit", self.prefix)
    }

    /// A name without the prefix: what a person types. One that does not have the prefix is given as it is.
    #[must_use]
    pub fn short<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name)
    }

    /// The queue that a client watches.
    #[must_use]
    pub fn outcomes(&self, successful: bool) -> String {
        format!("{}-{}", self.prefix, if successful { "success" } else { "failure" })
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { prefix: "ensemble".to_owned() }
    }
}

/// A topic, by what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Clients' requests for one kind of saga.
    Requests(SagaKind),
    /// The events of one publisher.
    Events(Publisher),
    /// Notifications to clients.
    Notifications,
}

/// How long a dead letter is kept, in seconds: 14 days, the longest that SQS keeps anything
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>).
pub const DLQ_RETENTION_SECS: u32 = 14 * 24 * 3600;

/// A queue with its dead-letter queue, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Its dead-letter queue; `None` for a queue that clients read.
    pub dlq: Option<String>,
    /// Receives after which SQS itself moves a message to the dead-letter queue.
    pub receives_max: u32,
    /// How long a received message stays invisible, in seconds.
    pub visibility_timeout_secs: u32,
    /// How long a message is kept, in seconds.
    pub retention_secs: u32,
}

/// A queue's subscription to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The queue.
    pub queue: String,
    /// Whether the body is delivered as it was published, without the SNS envelope.
    pub raw: bool,
    /// The filter: message attribute and the values that pass; `None` lets all pass.
    pub filter: Option<(String, Vec<String>)>,
    /// The queue for what SNS could not deliver; each queue has one of its own.
    pub undelivered: String,
}

impl Subscription {
    /// The filter as SNS takes it (<https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html>).
    #[must_use]
    pub fn filter_policy(&self) -> Option<String> {
        self.filter.as_ref().map(|(attribute, values)| serde_json::json!({ attribute: values }).to_string())
    }
}

/// A table. All attributes of its keys are strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The attribute that is its partition key.
    pub key: String,
    /// The attribute that is its sort key, if it has one.
    pub sort: Option<String>,
    /// Its index, if it has one.
    pub index: Option<Index>,
}

impl Table {
    /// A table with this partition key and nothing more.
    #[must_use]
    pub fn keyed(name: String, key: &str) -> Self {
        Self { name, key: key.to_owned(), sort: None, index: None }
    }
}

/// A global secondary index: finds the items that have its keys, by them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The attribute that is its partition key.
    pub key: String,
    /// The attribute that is its sort key.
    pub sort: String,
    /// What it holds of an item besides keys; a later change would mean to build it anew.
    pub includes: Vec<String>,
}

/// Everything that has to exist in AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// Topics, by name.
    pub topics: Vec<String>,
    /// Queues; dead-letter queues are named by the queue that they serve.
    pub queues: Vec<Queue>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Tables.
    pub tables: Vec<Table>,
}

impl Topology {
    /// The queue for what SNS could not deliver to this queue; `None` if nothing is subscribed to it.
    #[must_use]
    pub fn undelivered(&self, queue: &str) -> Option<&str> {
        let subscription = self.subscriptions.iter().find(|subscription| subscription.queue == queue);
        subscription.map(|subscription| subscription.undelivered.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_what_stands_behind_the_prefix() {
        let names = Names::new("a").unwrap();
        assert_eq!(names.short(&names.dlq("hotels")), "hotels-dlq");
        assert_eq!(names.short("audit"), "audit");
        assert_eq!(names.short("b-hotels"), "b-hotels");
    }
}
