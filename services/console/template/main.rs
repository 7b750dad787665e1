//! The operator's command of this choreography.

use std::process::ExitCode;

use console::Console;
use your_saga::vocabulary::Event;
use your_saga::{map, services};

fn main() -> ExitCode {
    Console::<Event>::new(env!("CARGO_PKG_NAME"), map(), |_names, settings, _environment| Ok(services(&settings.names)))
        .about("Parcels are accepted, loaded on a van and delivered.")
        .version(env!("CARGO_PKG_VERSION"))
        .logs(&["your_saga"])
        .main()
}
