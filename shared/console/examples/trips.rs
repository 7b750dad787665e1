//! The operator's command of the trips in `examples/trip`:
//! `cargo run -p ensemble-console --example trips -- up`.

use std::process::ExitCode;

use console::Console;
use ensemble_console as console;
use trip::Event;

fn main() -> ExitCode {
    Console::<Event>::new("trips", trip::map(), |_names, settings, _environment| Ok(trip::services(&settings.names)))
        .about("Trips with a room, a deposit, a flight and a car.")
        .version(env!("CARGO_PKG_VERSION"))
        .logs(&["trip"])
        .main()
}
