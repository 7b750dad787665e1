//! What each service's role grants is what the service does: nothing less, or it could not work; and nothing more.

use std::collections::BTreeSet;

use choreography::{PARTICIPANTS, Resource, permissions};
use saga::topology::Names;
use serde_json::{Value, json};

use crate::bad_input::declined;
use crate::deployed::{aws, deploy};
use crate::emulator::Emulator;
use crate::guard::{Grant, Grants, Guard, arn};
use crate::harness::{PATIENCE, wait_for, within};
use crate::rows::one_of_each;
use crate::service_processes::ServiceProcesses;
use crate::world::saga_of;

/// How many more sagas are asked for at a time.
const CROWD: usize = 50;

/// What the declarations grant, on an emulator.
fn declared(names: &Names) -> Grants {
    let granted = |permission: choreography::Permission| {
        let (service, name) = match permission.resource {
            Resource::Queue(name) => ("sqs", name),
            Resource::Topic(name) => ("sns", name),
            Resource::Table(name) => ("dynamodb", format!("table/{name}")),
            Resource::Index(table) => ("dynamodb", format!("table/{table}/index/open")),
        };
        let arn = arn(service, &name);
        permission.actions.into_iter().map(move |action| (action.to_owned(), arn.clone()))
    };
    let of_service = |declaration| permissions(declaration, names).into_iter().flat_map(granted).collect();
    PARTICIPANTS.iter().map(|declaration| (declaration.name.to_owned(), of_service(declaration))).collect()
}

/// Has every service do all that it ever does, through a guard; holds what it did to what it was granted, both ways.
async fn granted_is_used(mut services: ServiceProcesses, granted: Grants) {
    let guard = Guard::start(&services.aws.url, granted.clone()).await;
    let guarded = |services: &mut ServiceProcesses, service: &'static str, more: &[(&'static str, &'static str)]| {
        services.run(service, &[service], &[&guard.identity(service)[..], more].concat());
    };
    assert_eq!(services.ensemble(&["stock", "set", "567", "100", "--why", "counted"]).await.code, Some(0));

    // Nobody answers, so that booking tells itself that the time of this one is up.
    guarded(&mut services, "booking", &[("ENSEMBLE_FARE_DEADLINE_SECS", "1"), ("ENSEMBLE_SWEEP_SECS", "1")]);
    let overdue = services.fare("overdue", "3").await;
    wait_for("the deadline", async || {
        let trace = services.ensemble(&["trace", &overdue, "--json"]).await;
        (trace.code == Some(0) && trace.json()[0]["services"]["booking"]["state"] == "Unwinding").then_some(())
    })
    .await;
    services.stop("booking").await;
    for declaration in PARTICIPANTS.iter() {
        guarded(&mut services, declaration.name, &[]);
    }
    services.told(&overdue, 1).await;

    // What breaks down is held on to or given back; what cannot be understood is a dead letter.
    guard.set_failing("notifier", "sns:Publish", true);
    let mut asked = Vec::new();
    for row in one_of_each() {
        let id = format!("every-{}", row.id);
        let data = serde_json::from_str(&row.request()).unwrap();
        asked.push(services.ask(row.kind.as_str(), &id, &data).await);
    }
    let send = async |queue: &str, body: &str| {
        let url = services.aws.queue_url(&services.aws.name(queue));
        services.aws.sqs("SendMessage", &json!({ "QueueUrl": url, "MessageBody": body })).await;
    };
    for queue in PARTICIPANTS.iter().flat_map(|declaration| declaration.queues()) {
        send(&queue, "{").await;
    }
    // An answer before its time is given back.
    send("booking-answers", &declined(saga_of("unheard-of"), None)).await;
    let holds = |(action, _): &Grant| action == "sqs:ChangeMessageVisibility";
    wait_for("a message that is held on to", async || {
        guard.used().get("notifier")?.iter().find(|one| holds(one)).cloned()
    })
    .await;
    guard.set_failing("notifier", "sns:Publish", false);
    for (saga, row) in asked.iter().zip(one_of_each()) {
        let told = services.told(saga, 1).await;
        assert_eq!(told[0]["outcome"], row.outcome.as_str(), "{}", row.id);
    }
    // Once it stands for a person, it can be tried again: a way that begins with a look.
    let needs_attention = &asked[4];
    let ended = services.ensemble(&["retry", needs_attention, "--reason", "repaired"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    services.told(needs_attention, 2).await;

    // What the alarms of the template count in the logs.
    let line = |name, message: &str, field: &str, value: &str| {
        services.logged(name, message).iter().any(|line| line[field] == value)
    };
    assert!(line("booking", "StateCommitted", "state", "NeedsAttention"));
    assert!(PARTICIPANTS.iter().all(|service| line(service.name, "MessageDeadLettered", "level", "ERROR")));
    all_is_used(&services, &guard, &granted).await;
    assert_eq!(guard.refused(), [].into(), "done and not granted");
    for (service, granted) in granted {
        let used = guard.used().remove(&service).unwrap_or_default();
        let idle: Vec<&Grant> = granted.difference(&used).collect();
        assert!(idle.is_empty(), "granted to {service} and not done: {idle:?}");
    }
}

/// Waits until all that is granted was done. Writes travel together where they meet: the more sagas are asked for at once,
/// the sooner they do. Whether all was done is for the caller to see.
async fn all_is_used(services: &ServiceProcesses, guard: &Guard, granted: &Grants) {
    let mut crowd = 0;
    within(PATIENCE, async || {
        // What a heartbeat or a sweep does is done in its time.
        if guard.used() == *granted {
            return Some(());
        }
        for row in one_of_each().into_iter().cycle().take(CROWD) {
            crowd += 1;
            let data = serde_json::from_str(&row.request()).unwrap();
            services.ask(row.kind.as_str(), &format!("crowd-{crowd}"), &data).await;
        }
        None
    })
    .await;
}

/// What the roles of a deployed stack grant. What they may do with the key is done for them, by SQS, SNS and `DynamoDB`.
fn deployed(url: &str, stack: &str) -> Grants {
    let described = aws(url, &["cloudformation", "describe-stacks", "--stack-name", stack]);
    let outputs = described["Stacks"][0]["Outputs"].as_array().unwrap();
    let role = |declaration: &saga::Declaration| {
        let key = format!("{}Role", declaration.name);
        let output = outputs.iter().find(|output| output["OutputKey"].as_str().unwrap().eq_ignore_ascii_case(&key));
        output.unwrap()["OutputValue"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    let granted = |role: String| -> BTreeSet<Grant> {
        let asked = ["iam", "get-role-policy", "--role-name", &role, "--policy-name", "granted"];
        let statements = aws(url, &asked)["PolicyDocument"]["Statement"].take();
        let statements = statements.as_array().unwrap().clone();
        let of = |statement: Value| {
            assert_eq!(statement["Effect"], "Allow");
            let resource = statement["Resource"].as_str().unwrap().to_owned();
            let actions = statement["Action"].as_array().unwrap().clone();
            actions.into_iter().map(move |action| (action.as_str().unwrap().to_owned(), resource.clone()))
        };
        statements.into_iter().flat_map(of).filter(|(action, _)| !action.starts_with("kms:")).collect()
    };
    PARTICIPANTS.iter().map(|declaration| (declaration.name.to_owned(), granted(role(declaration)))).collect()
}

#[tokio::test]
async fn what_the_roles_grant_is_what_the_services_do() {
    let services = ServiceProcesses::at(Emulator::Embedded, &[]).await;
    granted_is_used(services, declared(&Names::default())).await;
}

mod localstack {
    use super::*;

    #[tokio::test]
    async fn the_services_run_on_the_deployed_template_with_their_roles_alone() {
        let scenario = "the_services_run_on_the_deployed_template_with_their_roles_alone";
        let Some(emulator) = Emulator::localstack(scenario) else { return };
        let services = ServiceProcesses::before(emulator, &[]).await;
        let (url, prefix) = (services.aws.url.clone(), services.aws.prefix().to_owned());
        deploy(&url, &prefix);
        let granted = deployed(&url, &prefix);
        assert_eq!(granted, declared(&Names::new(&prefix).unwrap()));
        Box::pin(granted_is_used(services, granted)).await;
    }
}
