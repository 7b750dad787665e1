//! `render`: draws what the services declare of themselves.
//!
//! **Invariant:** it asks nobody and reads nothing: what it prints is what this build does.

use std::io::Write;

use saga::topology::Names;
use wire::Vocabulary;

use crate::Error;
use crate::cli::render::{CloudFormationOptions, MapOptions, Render};
use crate::console::Console;

/// Prints a drawing.
pub(crate) fn render<V: Vocabulary>(console: &Console<V>, what: &Render) -> Result<(), Error> {
    let map = &console.map;
    let drawn = match what {
        Render::Map(MapOptions { kind }) => {
            let kind = kind.as_deref().map(|name| console.kind(name)).transpose()?;
            map::mermaid(map, kind)
        }
        Render::Table => map::table(map),
        Render::CloudFormation(CloudFormationOptions { stack }) => map::cloudformation(map, (*stack).into()),
        Render::Asyncapi => map::asyncapi(map, &Names::default()),
    };
    write!(anstream::stdout(), "{drawn}").map_err(Error::output)
}
