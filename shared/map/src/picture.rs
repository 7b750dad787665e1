//! The map, to be looked at: a flowchart and a table.
//!
//! **Invariant:** the same map is drawn the same, byte for byte.

use wire::{EventType, Publisher, SagaKind};

use crate::Map;

/// The map as a Mermaid flowchart (<https://mermaid.js.org/syntax/flowchart.html>): solid where a saga goes on, dotted
/// where it fails and is undone. Of sagas of one kind, or of all.
///
/// # Examples
///
/// See the example of [the crate](crate).
#[must_use]
pub fn mermaid(map: &Map, kind: Option<SagaKind>) -> String {
    let mut lines = vec!["flowchart LR".to_owned(), "    client([client])".to_owned()];
    for declaration in &map.participants {
        lines.push(format!("    {0}[\"<b>{0}</b><br/>{1}\"]", declaration.name, declaration.about));
    }
    lines.push("    success[/success queue/]".to_owned());
    lines.push("    failure[/failure queue/]".to_owned());
    let drawn = |event: &&EventType| map.is_published(**event) && is_of(**event, kind);
    for event in map.lexicon.events.iter().filter(drawn) {
        let (from, arrow) = (event.publisher().as_str(), arrow(map.leads_on(*event)));
        for (declaration, _) in map.heard(*event) {
            lines.push(format!("    {from} {arrow}|{}| {}", event.name(), declaration.name));
        }
    }
    for declaration in map.participants.iter().filter(|declaration| declaration.tells_clients()) {
        for (successful, queue) in [(true, "success"), (false, "failure")] {
            lines.push(format!("    {} {} {queue}", declaration.name, arrow(successful)));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Whether an event occurs in sagas of this kind.
fn is_of(event: EventType, kind: Option<SagaKind>) -> bool {
    event.kind().is_none() || kind.is_none() || event.kind() == kind
}

/// The map as a Markdown table, one row for each reaction, in the order of the story.
///
/// # Examples
///
/// ```
/// # use ensemble_map::Map;
/// # let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
/// let table = ensemble_map::table(&map);
/// assert!(table.contains("| ParcelLoaded | vans | couriers | Deliver |"), "{table}");
/// ```
#[must_use]
pub fn table(map: &Map) -> String {
    let mut lines = vec![
        "| event | published by | heard by | step | undone by | answers |".to_owned(),
        "| --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for event in map.lexicon.events {
        for (declaration, reaction) in map.heard(*event) {
            let step = either(reaction.steps.iter().map(|step| step.as_str()));
            let names: Vec<&str> = reaction.answers.iter().map(|answer| answer.name()).collect();
            let answers = match names.as_slice() {
                [] if declaration.tells_clients() => "a notification".to_owned(),
                [] => "–".to_owned(),
                names => names.join(" or "),
            };
            lines.push(format!(
                "| {} | {} | {} | {step} | {} | {answers} |",
                event.name(),
                publisher(event.publisher()),
                declaration.name,
                undone_by(map, reaction),
            ));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The steps that undo what a reaction did.
fn undone_by(map: &Map, reaction: &saga::Reaction) -> String {
    let forward = reaction.steps.iter().filter(|_| reaction.is_forward());
    let is_undone = |step: &&wire::StepType| map.reactions().any(|(_, other)| other.undoes.contains(*step));
    let undoing = forward.filter(is_undone).filter_map(|step| map.lexicon.undone_by(*step));
    either(undoing.map(wire::StepType::as_str))
}

fn either(names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn arrow(leads_on: bool) -> &'static str {
    if leads_on { "-->" } else { "-.->" }
}

fn publisher(publisher: Publisher) -> String {
    if publisher.is_client() { "a client".to_owned() } else { publisher.as_str().to_owned() }
}
