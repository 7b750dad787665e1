//! `ensemble render`: draws what the services declare of themselves.
//!
//! **Invariant:** it asks nobody and reads nothing: what it prints is what this build does.

use std::io::Write;

use saga::topology::Names;

use crate::Error;
use crate::cli::render::{CloudFormationOptions, MapOptions, Render};

/// Prints a drawing.
pub(crate) fn render(what: Render) -> Result<(), Error> {
    let map = choreography::map();
    let drawn = match what {
        Render::Map(MapOptions { saga }) => choreography::mermaid(&map, saga),
        Render::Table => choreography::table(&map),
        Render::CloudFormation(CloudFormationOptions { stack }) => choreography::cloudformation(&map, stack.into()),
        Render::Asyncapi => choreography::asyncapi(&map, &Names::default()),
    };
    write!(anstream::stdout(), "{drawn}").map_err(Error::output)
}
