//! Carries out commands, and is the whole program of a choreography that adds none.

use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, FromArgMatches, Parser, Subcommand};
use runtime::host::Signals;
use runtime::{CancellationToken, Environment};
use wire::Vocabulary;
use wire::declared::has_answers;

use crate::cli::{Command, EndpointOption, LocalOptions, Manner};
use crate::console::Console;
use crate::{
    Error, audit, check, local_endpoint, parked, probe, program, provision, publish, queues, render, run, sagas, up,
    watch,
};

/// The command line of a choreography that adds nothing of its own.
#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    endpoint: EndpointOption,
    #[command(subcommand)]
    command: Whole,
}

/// All commands.
#[derive(Debug, Subcommand)]
enum Whole {
    /// Run everything in this process until Ctrl-C, on an embedded endpoint.
    ///
    /// Prints how to publish and watch.
    Up(LocalOptions),
    #[command(flatten)]
    Common(Command),
}

impl<V: Vocabulary> Console<V> {
    /// The whole program: reads the arguments and the environment of this process, and carries out the command.
    ///
    /// The exit code is 0, or that of the [`Error`].
    #[must_use]
    pub fn main(self) -> ExitCode {
        program::main(|signals| async move {
            let mut command = self.command_line();
            let read = Cli::from_arg_matches(&command.get_matches_mut());
            let Cli { endpoint, command } = read.unwrap_or_else(|error| error.format(&mut command).exit());
            let manner = match &command {
                Whole::Up(_) => Manner::SERVES_QUIETLY,
                Whole::Common(command) => command.manner(),
            };
            let (environment, stop) = self.begin(&endpoint, Environment::of_process(), signals, manner)?;
            match command {
                Whole::Up(options) => up::up(&self, &environment, &options, &stop).await,
                Whole::Common(command) => self.execute(command, &environment, &stop).await,
            }
        })
    }

    /// The command line of the whole program.
    fn command_line(&self) -> clap::Command {
        // What the type says comes first, so that what this choreography says of itself stands.
        let command = Cli::augment_args(clap::Command::new(self.name)).about(self.about);
        let command = command.after_help(format!("{ENVIRONMENT}\n\n{}", crate::EXIT_CODES));
        self.adapted(match self.version {
            Some(version) => command.version(version),
            None => command,
        })
    }

    /// The same command line, on which an argument `kind` is a kind of saga of this choreography, and the arguments
    /// `services` are services of its map; wherever they stand. `answer` is hidden where no saga asks anything.
    #[must_use]
    pub fn adapted(&self, command: clap::Command) -> clap::Command {
        let kind = |kind: &wire::SagaKind| PossibleValue::new(kind.as_str()).help(kind.about());
        let kinds = V::LEXICON.kinds.iter().map(kind).collect();
        let service = |of: &saga::Declaration| PossibleValue::new(of.name).help(sentence(of.about));
        let services = self.map.participants.iter().map(service).collect();
        let command = adapted(command, &[("kind", kinds), ("services", services)]);
        // A choreography that asks nobody has nothing to be answered.
        let asks = has_answers(V::LEXICON.events);
        command.mut_subcommands(|sub| if sub.get_name() == "answer" { sub.hide(!asks) } else { sub })
    }

    /// Begins a command: names the endpoint, sends logs to standard error, and hears signals. What it answers is for
    /// [`Console::execute`].
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a setting of the logs that is not allowed.
    pub fn begin(
        &self,
        endpoint: &EndpointOption,
        environment: Environment,
        signals: Signals,
        manner: Manner,
    ) -> Result<(Environment, CancellationToken), Error> {
        let environment = match &endpoint.endpoint_url {
            Some(url) => environment.with(&runtime::settings::ENDPOINT_OPTION, url),
            None => environment,
        };
        runtime::telemetry::start(&environment, self.logs, manner.log_filter)?;
        let stop = if manner.stops_in_order {
            signals.stop()
        } else {
            signals.end();
            CancellationToken::new()
        };
        Ok((environment, stop))
    }

    /// Carries out a command, until it has ended or until the stop.
    ///
    /// # Errors
    ///
    /// [`Error`] says why it failed.
    ///
    /// # Examples
    ///
    /// A program with a command of its own:
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    ///
    /// use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
    /// use ensemble_console::{Command, Console, EndpointOption, Manner, draw};
    /// use map::Map;
    /// use runtime::{Environment, Service};
    /// # fn services() -> Vec<Service> { Vec::new() }
    ///
    /// /// Parcels, and what they cost.
    /// #[derive(Parser)]
    /// #[command(name = "parcels")]
    /// struct Cli {
    ///     #[command(flatten)]
    ///     endpoint: EndpointOption,
    ///     #[command(subcommand)]
    ///     command: Ours,
    /// }
    ///
    /// #[derive(Subcommand)]
    /// enum Ours {
    ///     #[command(flatten)]
    ///     Common(Command),
    ///     /// Print what a parcel costs.
    ///     Prices,
    /// }
    ///
    /// fn main() -> ExitCode {
    ///     ensemble_console::main(|signals| async {
    ///         let map = Map::of::<parcel::Event>(&parcel::participants(), |_event| None);
    ///         let console = Console::<parcel::Event>::new("parcels", map, |_, _, _| Ok(services()));
    ///         let mut line = console.adapted(Cli::command());
    ///         let read = Cli::from_arg_matches(&line.get_matches_mut());
    ///         let Cli { endpoint, command } = read.unwrap_or_else(|error| error.format(&mut line).exit());
    ///         let manner = match &command {
    ///             Ours::Common(command) => command.manner(),
    ///             Ours::Prices => Manner::SHORT,
    ///         };
    ///         let (environment, stop) = console.begin(&endpoint, Environment::of_process(), signals, manner)?;
    ///         match command {
    ///             Ours::Common(command) => console.execute(command, &environment, &stop).await,
    ///             Ours::Prices => draw::print(&["Ask at the desk.".to_owned()]),
    ///         }
    ///     })
    /// }
    /// ```
    pub async fn execute(
        &self,
        command: Command,
        environment: &Environment,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        match command {
            Command::Check(output) => check::check(&self.map, output),
            Command::Provision(output) => provision::provision(self, environment, output).await,
            Command::Publish(options) => publish::publish(self, environment, &options).await,
            Command::Watch(options) => watch::watch(self, environment, &options, stop).await,
            Command::Parked { what } => parked::parked(self, environment, what, stop).await,
            Command::Queues(options) => queues::queues(self, environment, &options).await,
            Command::Sagas(options) => sagas::sagas(self, environment, &options).await,
            Command::Trace(options) => sagas::trace(self, environment, &options).await,
            Command::Answer(options) => sagas::answer(self, environment, &options).await,
            Command::Cancel(options) => sagas::cancel(self, environment, &options).await,
            Command::Retry(options) => sagas::retry(self, environment, &options).await,
            Command::Resolve(options) => sagas::resolve(self, environment, &options).await,
            Command::Audit(options) => audit::audit(self, environment, &options).await,
            Command::Probe(output) => Box::pin(probe::probe(environment, output, stop)).await,
            Command::Run(options) => run::run(self, environment, &options, stop).await,
            Command::Local(options) => local_endpoint::serve(environment, &options, stop).await,
            Command::Render { what } => render::render(self, &what),
        }
    }
}

const ENVIRONMENT: &str =
    "Environment: the usual AWS variables (AWS_ENDPOINT_URL, AWS_REGION, credentials) name the endpoint.";

/// A command line on which arguments of these ids have these values.
fn adapted(command: clap::Command, values: &[(&'static str, Vec<PossibleValue>)]) -> clap::Command {
    // In place: `mut_arg` would put a positional argument behind the others.
    let command = command.mut_args(|argument| match values.iter().find(|(id, _)| argument.get_id() == id) {
        Some((_, values)) => argument.value_parser(PossibleValuesParser::new(values.clone())),
        None => argument,
    });
    command.mut_subcommands(|sub| adapted(sub, values))
}

/// A text that begins like a sentence, as help does.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
