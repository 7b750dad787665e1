//! `up`: everything in one process, until Ctrl-C.

use std::io::Write;

use runtime::{CancellationToken, Environment};
use saga::Channel;
use serde_json::Value;
use wire::{SagaKind, Vocabulary};

use crate::cli::LocalOptions;
use crate::console::Console;
use crate::stack::Stack;
use crate::{Error, draw};

/// Runs until the stop.
pub(crate) async fn up<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &LocalOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let services = |settings: &_| console.services(&console.names(), settings, environment);
    let stack = Stack::start(console, environment, options, services).await?;
    let mut out = anstream::stdout();
    writeln!(out, "{}", guide(console, &stack)).and_then(|()| out.flush()).map_err(Error::output)?;
    stop.cancelled().await;
    writeln!(out, "Stopping: finishing what runs.").map_err(Error::output)?;
    stack.stop().await;
    Ok(())
}

/// How this program was called: what a user can paste.
fn program(name: &str) -> String {
    std::env::args_os().next().map_or_else(|| name.to_owned(), |called| called.to_string_lossy().into_owned())
}

/// What to do next, as commands to paste.
fn guide<V: Vocabulary>(console: &Console<V>, stack: &Stack) -> String {
    let (url, program) = (stack.url(), program(console.name));
    let (created, found) = stack.created_and_found();
    let publish = V::LEXICON.kinds.iter().map(|kind| format!("  {}", publish(console, &program, *kind)));
    let send = V::LEXICON.kinds.iter().map(|kind| {
        let topic = stack.aws.topic_arn(&stack.settings.names.topic(Channel::Requests(*kind)));
        format!("  aws --endpoint-url {url} sns publish --topic-arn {topic} --message file://{kind}.json")
    });
    let receive = [true, false].map(|successful| {
        let queue = stack.aws.queue_url(&stack.settings.names.outcomes(successful));
        format!("  aws --endpoint-url {url} sqs receive-message --queue-url {queue} --wait-time-seconds 20")
    });
    format!(
        "\
{running}
  embedded AWS endpoint  {url}  {not_for_production}
  topology               {created} created, {found} found
  services               {services}

{with_this}, in a second terminal:
  export AWS_ENDPOINT_URL={url}
{publish}
  {program} watch

{with_aws}:
  export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=ensemble AWS_SECRET_ACCESS_KEY=ensemble
{send}
{receive}

Ctrl-C stops.",
        running = draw::strong(format!("{} is up.", console.name)),
        not_for_production = draw::faint("not for production"),
        services = console.names().join(", "),
        with_this = draw::strong(format!("With {}", console.name)),
        publish = publish.collect::<Vec<_>>().join("\n"),
        with_aws = draw::strong("With the AWS CLI"),
        send = send.collect::<Vec<_>>().join("\n"),
        receive = receive.join("\n"),
    )
}

/// How a request of this kind is published: an example, or else a file of the fields that it needs.
fn publish<V: Vocabulary>(console: &Console<V>, program: &str, kind: SagaKind) -> String {
    let form = V::LEXICON.requesting(kind).and_then(console.map.form);
    let example = form.as_ref().and_then(|form| serde_json::from_str::<Value>(form.example?).ok());
    if let Some(example) = example {
        // As a shell has an apostrophe in a text.
        let example = example.to_string().replace('\'', r"'\''");
        return format!("echo '{example}' | {program} publish {kind} -");
    }
    let fields = form.as_ref().and_then(|form| form.schema.get("properties")).and_then(Value::as_object);
    let fields = fields.map(|fields| fields.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
    let fields = fields.map(|fields| draw::faint(format!("  # an object of {fields}"))).unwrap_or_default();
    format!("{program} publish {kind} {kind}.json{fields}")
}

#[cfg(test)]
mod tests {
    use map::RequestForm;
    use trip::Event;
    use trip::vocabulary::kinds;

    use super::*;

    #[test]
    fn an_example_is_published_as_it_is_and_other_requests_by_their_fields() {
        let console = |map| Console::<Event>::new("trips", map, |_, _, _| Ok(Vec::new()));
        let drawn = |map| anstream::adapter::strip_str(&publish(&console(map), "trips", kinds::TRIP)).to_string();
        let fields = "trips publish trip trip.json  # an object of car, city, nights, traveller";
        assert_eq!(drawn(trip::map()), fields);
        let mut with_example = trip::map();
        with_example.form = |_| {
            Some(RequestForm {
                name: "TripRequest",
                schema: Value::Null,
                example: Some("{\n \"city\": \"L'Aquila\"\n}"),
            })
        };
        assert_eq!(drawn(with_example), r#"echo '{"city":"L'\''Aquila"}' | trips publish trip -"#);
    }
}
