//! The map on which the tests of this crate hold the rules and the renderers.

use saga::owner::request::schema;

use super::*;

/// The map of the services of this workspace.
pub(crate) fn map() -> Map {
    let participants =
        [&booking::DECLARATION, &payment::DECLARATION, &fulfillment::DECLARATION, &notifier::DECLARATION];
    Map::of::<contracts::Event>(&participants, |event| {
        let (name, schema) = schema::fields(booking::FORMS, event)?;
        Some(RequestForm { name, schema, example: None })
    })
}
