//! What each service may do in AWS: exactly what it does.
//!
//! **Invariant:** nothing is granted by hand. What a service may do follows from what it declares, and
//! a test of the choreography holds that against the calls that it makes, both ways.

use saga::topology::{Channel, Names};
use saga::{Declaration, Door};

use crate::topology::channel_of;

/// Actions on one resource, as IAM names them.
///
/// See <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
/// A batch is authorised as the calls in it, and so is a transaction. A statement of a batch is authorised by its verb
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// On what.
    pub resource: Resource,
    /// Which actions.
    pub actions: Vec<&'static str>,
}

/// A resource, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A queue.
    Queue(String),
    /// A topic.
    Topic(String),
    /// A table.
    Table(String),
    /// The index `open` of the table of this name.
    Index(String),
}

/// What the service of this declaration may do: nothing that creates, lists, scans or purges.
///
/// # Examples
///
/// ```
/// use ensemble_map::{Resource, permissions};
/// use saga::topology::Names;
///
/// let may = permissions(&parcel::COURIERS, &Names::default());
/// let topic = may.iter().find(|permission| permission.resource == Resource::Topic("ensemble-couriers-events".to_owned()));
/// assert_eq!(topic.unwrap().actions, ["sns:Publish"]);
/// ```
#[must_use]
pub fn permissions(declaration: &Declaration, names: &Names) -> Vec<Permission> {
    let of = |resource, actions: &[&'static str]| Permission { resource, actions: actions.to_vec() };
    let table = names.of_service(declaration.name);
    let mut permissions = Vec::new();
    for door in declaration.doors() {
        let queue = declaration.queue(door);
        let mut own = vec!["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"];
        // What is overdue is told to the service by a message of its own, as anybody may ask for it.
        own.extend((declaration.deadlines && door == Door::Clients).then_some("sqs:SendMessage"));
        permissions.push(Permission { resource: Resource::Queue(names.of_service(&queue)), actions: own });
        permissions.push(of(Resource::Queue(names.dlq(&queue)), &["sqs:SendMessage"]));
    }
    let topics = published(declaration).into_iter().map(|channel| Resource::Topic(names.topic(channel)));
    permissions.extend(topics.map(|topic| of(topic, &["sns:Publish"])));
    if declaration.stateful {
        let look = declaration.looks.then_some("dynamodb:GetItem");
        let writes = ["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem"];
        let actions = look.into_iter().chain(writes).collect();
        permissions.push(Permission { resource: Resource::Table(table.clone()), actions });
    }
    if declaration.deadlines {
        permissions.push(of(Resource::Index(table), &["dynamodb:Query"]));
    }
    if let Some(counters) = declaration.counters {
        let counters = Resource::Table(names.of_service(counters));
        permissions.push(of(counters, &["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]));
    }
    permissions
}

/// The channels that a participant publishes to, each once.
fn published(declaration: &Declaration) -> Vec<Channel> {
    if declaration.tells_clients() {
        return vec![Channel::Notifications];
    }
    let mut channels = Vec::new();
    let answers = declaration.reactions.iter().flat_map(|reaction| reaction.answers);
    for channel in answers.copied().filter_map(|event| channel_of(declaration.lexicon, event)) {
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_do_what_its_declaration_needs_and_nothing_else() {
        let names = Names::default();
        let notifier: Vec<_> = permissions(&notifier::DECLARATION, &names);
        let expected = [
            (Resource::Queue("ensemble-notifier".to_owned()), 3),
            (Resource::Queue("ensemble-notifier-dlq".to_owned()), 1),
            (Resource::Topic("ensemble-notifications".to_owned()), 1),
        ];
        let counted: Vec<_> = notifier.into_iter().map(|one| (one.resource, one.actions.len())).collect();
        assert_eq!(counted, expected);
        for declaration in &crate::tests::map().participants {
            for permission in permissions(declaration, &names) {
                for action in permission.actions {
                    let verb = action.split_once(':').unwrap().1;
                    assert!(!["Create", "List", "Scan", "Purge", "*"].iter().any(|bad| verb.contains(bad)), "{action}");
                }
            }
        }
    }
}
