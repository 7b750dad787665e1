//! `ensemble up`: everything in one process, until Ctrl-C.

use std::io::Write;

use console::{Error, draw};
use contracts::{SagaId, kinds};
use runtime::{CancellationToken, Environment};
use saga::Channel;

use crate::cli::StackOptions;
use crate::rows;
use crate::stack::Stack;

/// The id of the request that the guide publishes as a `CloudEvent`, and cancels.
const REQUEST: &str = "my-request-1";

/// Runs until the stop.
pub(crate) async fn up(
    environment: &Environment,
    options: &StackOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let stack = Stack::start(environment, options).await?;
    writeln!(anstream::stdout(), "{}", guide(&stack)).map_err(Error::output)?;
    stop.cancelled().await;
    writeln!(anstream::stdout(), "Stopping: finishing what runs.").map_err(Error::output)?;
    stack.stop().await;
    Ok(())
}

/// How this program was called: what a user can paste.
pub(crate) fn program() -> &'static str {
    let called = std::env::args_os().next().unwrap_or_default();
    if std::path::Path::new(&called).components().any(|part| part.as_os_str() == "target") {
        "cargo run --"
    } else {
        "ensemble"
    }
}

/// What to do next, as commands to paste.
fn guide(stack: &Stack) -> String {
    let (url, names, program) = (stack.url(), &stack.running.settings.names, program());
    let [topic, orders] =
        [kinds::FARE, kinds::ORDER].map(|kind| stack.running.aws.topic_arn(&names.topic(Channel::Requests(kind))));
    let booking = stack.running.aws.queue_url(&names.of_service("booking"));
    let [success, failure] = [true, false].map(|successful| stack.running.aws.queue_url(&names.outcomes(successful)));
    let (request, order) = (rows::fare("3"), rows::order("40063fe3-56d9-4c51-b91f-71929834ce03"));
    let (created, found) = stack.running.created_and_found();
    let cloud_event =
        format!(r#"{{"specversion":"1.0","id":"{REQUEST}","source":"/me","type":"fare_requested","data":{request}}}"#);
    let saga = SagaId::of_event(kinds::FARE.as_str(), "/me", REQUEST);
    let cancel = format!(r#"{{"type":"cancel_requested","sagaId":"{saga}"}}"#);
    format!(
        "\
{running}
  embedded AWS endpoint  {url}  {not_for_production}
  simulated gateway      {gateway}/ledger
  topology               {created} created, {found} found
  services               booking, payment, fulfillment, notifier

{with_ensemble}, in a second terminal:
  export AWS_ENDPOINT_URL={url}
  {program} publish fare examples/fare.json
  {program} publish order examples/order.json
  {program} watch

{with_aws}:
  export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=ensemble AWS_SECRET_ACCESS_KEY=ensemble
  aws --endpoint-url {url} sns publish --topic-arn {topic} \\
    --message '{request}'
  aws --endpoint-url {url} sns publish --topic-arn {orders} \\
    --message '{order}'
  aws --endpoint-url {url} sqs receive-message --queue-url {success} --wait-time-seconds 20
  aws --endpoint-url {url} sqs receive-message --queue-url {failure} --wait-time-seconds 20

The same straight to the queue, and as a CloudEvent, whose source and id make a repeated request the same saga:
  aws --endpoint-url {url} sqs send-message --queue-url {booking} \\
    --message-body '{request}'
  aws --endpoint-url {url} sns publish --topic-arn {topic} \\
    --message '{cloud_event}'

Cancel that one, or another by the sagaId that `publish` and notifications tell; once it has completed, it stays so:
  aws --endpoint-url {url} sns publish --topic-arn {topic} \\
    --message '{cancel}'

A customerId that ends with fail_auth, fail_charge, fail_credit or fail_refund fails there; so does an order_id that
begins with 1, 2 or 3, and with 11, 22 or 33 its undoing fails too. Ctrl-C stops.",
        running = draw::strong("Ensemble is up."),
        not_for_production = draw::faint("not for production"),
        gateway = stack.gateway.url(),
        with_ensemble = draw::strong("With ensemble"),
        with_aws = draw::strong("With the AWS CLI"),
    )
}
