//! Provisioning: idempotent, and it brings into line what differs.

use ensemble_operate::provision::{Did, provision};
use runtime::Aws;
use runtime::tools::clients;
use saga::topology::{Index, Queue, Subscription, Table, Topology};

use crate::one_queue::topology;

#[tokio::test]
async fn what_is_missing_is_created_what_differs_is_updated_and_a_second_run_changes_nothing() {
    let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
    let aws = Aws::at(&endpoint.url()).await.unwrap();
    let mut topology = topology();
    topology.subscriptions.push(Subscription {
        topic: "ensemble-booking-events".to_owned(),
        queue: "ensemble-scripted".to_owned(),
        raw: true,
        filter: Some(("type".to_owned(), vec!["fare_registered".to_owned()])),
        undelivered: "ensemble-scripted-undelivered".to_owned(),
    });
    let dids = |changes: Vec<ensemble_operate::provision::Change>| {
        changes.into_iter().map(|change| (change.kind, change.did)).collect::<Vec<_>>()
    };

    let first = dids(provision(&aws, &topology).await.unwrap());
    assert_eq!(first.len(), 6);
    assert!(first.iter().all(|(_, did)| *did == Did::Created), "{first:?}");
    let second = dids(provision(&aws, &topology).await.unwrap());
    assert!(second.iter().all(|(_, did)| *did == Did::Found), "{second:?}");

    topology.subscriptions[0].filter =
        Some(("type".to_owned(), vec!["fare_registered".to_owned(), "fare_completed".to_owned()]));
    topology.queues[0].visibility_timeout_secs = 60;
    let third = dids(provision(&aws, &topology).await.unwrap());
    let updated: Vec<_> = third.iter().filter(|(_, did)| *did == Did::Updated).map(|(kind, _)| *kind).collect();
    assert_eq!(updated, ["queue", "subscription"], "{third:?}");
    topology.subscriptions[0].filter = None;
    let fourth = dids(provision(&aws, &topology).await.unwrap());
    assert_eq!(fourth.iter().filter(|(_, did)| *did == Did::Updated).count(), 1, "{fourth:?}");
    let fifth = dids(provision(&aws, &topology).await.unwrap());
    assert!(fifth.iter().all(|(_, did)| *did == Did::Found), "{fifth:?}");

    let sqs = &clients(&aws).sqs;
    let url = aws.queue_url("ensemble-scripted");
    let attributes = sqs.get_queue_attributes().queue_url(url).attribute_names("All".into()).send().await.unwrap();
    let attributes = attributes.attributes.unwrap();
    assert_eq!(attributes[&"VisibilityTimeout".into()], "60");
    assert!(attributes[&"RedrivePolicy".into()].contains("ensemble-scripted-dlq"));
    assert!(attributes[&"Policy".into()].contains("aws:SourceArn"));
    let url = aws.queue_url("ensemble-scripted-undelivered");
    let attributes = sqs.get_queue_attributes().queue_url(url).attribute_names("All".into()).send().await.unwrap();
    let attributes = attributes.attributes.unwrap();
    assert_eq!(attributes[&"MessageRetentionPeriod".into()], "1209600");
    assert!(attributes[&"Policy".into()].contains(&aws.topic_arn("ensemble-booking-events")), "{attributes:?}");
    endpoint.stop();
}

#[tokio::test]
async fn what_an_earlier_version_had_subscribed_is_removed_and_what_somebody_else_has_is_left() {
    let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
    let aws = Aws::at(&endpoint.url()).await.unwrap();
    let mut topology = topology();
    let hears = |queue: &str| Subscription {
        topic: "ensemble-booking-events".to_owned(),
        queue: queue.to_owned(),
        raw: true,
        filter: None,
        undelivered: format!("{queue}-undelivered"),
    };
    topology.subscriptions.push(hears("ensemble-scripted"));
    provision(&aws, &topology).await.unwrap();
    let theirs = Topology {
        queues: vec![Queue { name: "theirs".to_owned(), dlq: None, ..topology.queues[0].clone() }],
        subscriptions: vec![hears("theirs")],
        tables: Vec::new(),
        ..topology.clone()
    };
    provision(&aws, &theirs).await.unwrap();

    let moved = Queue { name: "ensemble-scripted-answers".to_owned(), dlq: None, ..topology.queues[0].clone() };
    topology.subscriptions = vec![hears(&moved.name)];
    topology.queues.push(moved);
    let changed: Vec<_> = provision(&aws, &topology).await.unwrap();
    let changed: Vec<_> = changed.iter().filter(|change| change.did != Did::Found).collect();
    let last: Vec<_> = changed[changed.len() - 2..].iter().map(|change| (change.did, change.name.as_str())).collect();
    let [made, removed] =
        ["ensemble-scripted-answers", "ensemble-scripted"].map(|queue| format!("ensemble-booking-events → {queue}"));
    assert_eq!(last, [(Did::Created, &*made), (Did::Removed, &*removed)], "none is missed between the two");
    let again = provision(&aws, &topology).await.unwrap();
    assert!(again.iter().all(|change| change.did == Did::Found), "{again:?}");

    let listed = clients(&aws)
        .sns
        .list_subscriptions_by_topic()
        .topic_arn(aws.topic_arn("ensemble-booking-events"))
        .send()
        .await;
    let mut heard: Vec<_> =
        listed.unwrap().subscriptions().iter().map(|one| one.endpoint().unwrap().to_owned()).collect();
    heard.sort();
    assert_eq!(heard, ["ensemble-scripted-answers", "theirs"].map(|queue| aws.queue_arn(queue)));
    endpoint.stop();
}

#[tokio::test]
async fn an_index_is_added_to_a_table_that_lacks_it_and_a_key_is_never_changed() {
    let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
    let aws = Aws::at(&endpoint.url()).await.unwrap();
    let mut topology = topology();
    topology.queues.clear();
    topology.topics.clear();
    let did = async |topology: &Topology| {
        let changes = provision(&aws, topology).await?;
        Ok::<_, runtime::Unavailable>(changes.into_iter().map(|change| change.did).collect::<Vec<_>>())
    };
    assert_eq!(did(&topology).await.unwrap(), [Did::Created]);
    let index = Index {
        name: "open".to_owned(),
        key: "openShard".to_owned(),
        sort: "dueAt".to_owned(),
        includes: vec!["state".to_owned()],
    };
    topology.tables[0].index = Some(index);
    topology.tables.push(Table { sort: Some("at".to_owned()), ..Table::keyed("sorted".to_owned(), "subject") });
    let with_index = Table { name: "other".to_owned(), ..topology.tables[0].clone() };
    topology.tables.push(with_index);
    assert_eq!(did(&topology).await.unwrap(), [Did::Updated, Did::Created, Did::Created]);
    assert_eq!(did(&topology).await.unwrap(), [Did::Found; 3]);

    topology.tables[1].sort = None;
    let error = did(&topology).await.unwrap_err().to_string();
    assert!(error.contains("table sorted: the key of the table is (subject, at) and must be (subject)"), "{error}");
    topology.tables.remove(1);
    topology.tables[0].index.as_mut().unwrap().sort = "other".to_owned();
    let error = did(&topology).await.unwrap_err().to_string();
    assert!(error.contains("index open is (openShard, dueAt) and must be (openShard, other)"), "{error}");
    endpoint.stop();
}
