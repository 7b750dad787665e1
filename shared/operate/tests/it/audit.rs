//! The record of what operators did.

use ensemble_operate::audit::Audit;
use ensemble_operate::provision::provision;
use runtime::{Aws, Cleaning, Environment, Settings};
use saga::topology::Table;
use serde_json::json;
use tokio::task::JoinSet;

use crate::one_queue::topology;

#[tokio::test]
async fn records_are_listed_by_subject_in_the_order_in_which_they_were_added() {
    let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
    let aws = Aws::at(&endpoint.url()).await.unwrap();
    let environment: Environment = [("ENSEMBLE_OPERATOR".to_owned(), "ann".to_owned())].into_iter().collect();
    let settings = Settings::read(&environment).unwrap();
    let mut topology = topology();
    let table = Table::keyed(settings.names.audit_table(), "subject");
    topology.tables.push(Table { sort: Some("at".to_owned()), ..table });
    provision(&aws, &topology).await.unwrap();

    let audit = Audit::new(&aws, &settings, &environment, Cleaning::NOTHING).unwrap();
    for number in 0..30 {
        audit.append("queue a", "redrive", "because", &json!({ "number": number })).await.unwrap();
    }
    // At the same moment, as far as a clock can tell.
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let audit = audit.clone();
        tasks.spawn(async move { audit.append("queue b", "discard", "", &json!({})).await.unwrap() });
    }
    tasks.join_all().await;

    let listed = audit.list("queue a").await.unwrap();
    let numbers: Vec<_> = listed.iter().map(|entry| entry.detail["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..30).collect::<Vec<_>>());
    let first = listed.first().unwrap();
    assert_eq!((first.action.as_str(), first.by.as_str(), first.why.as_str()), ("redrive", "ann", "because"));
    assert_eq!(audit.list("queue b").await.unwrap().len(), 50);
    assert_eq!(audit.list("queue c").await.unwrap(), []);
    endpoint.stop();
}
