//! `publish`: checks requests, then publishes them.
//!
//! **Invariant:** no error shows a value of a request.

use std::io::{Read, Write};
use std::path::Path;

use runtime::{Aws, Environment, Settings};
use serde_json::json;
use wire::Vocabulary;

use crate::cli::PublishOptions;
use crate::console::Console;
use crate::request::{Request, publish_requests};
use crate::{Error, draw};

/// A request of the file, by the line on which it begins.
struct Line {
    number: usize,
    body: String,
}

/// Publishes what the file holds.
pub(crate) async fn publish<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &PublishOptions,
) -> Result<(), Error> {
    let kind = console.kind(&options.kind)?;
    let settings = Settings::read(environment)?;
    let lines = requests_in(&read(&options.file)?);
    let (good, bad): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .map(|line| (console.check_request(kind, &line.body), line))
        .partition(|(checked, _)| checked.is_ok());
    let complaints: Vec<_> =
        bad.into_iter().filter_map(|(checked, line)| checked.err().map(|rules| complaint(&line, &rules))).collect();
    if !complaints.is_empty() && !options.partial {
        let none = format!("{}\nnone was sent; --partial sends the good ones", complaints.join("\n"));
        return Err(Error::Input(none));
    }
    if good.is_empty() && complaints.is_empty() {
        return Err(Error::Input("the file holds no request".to_owned()));
    }
    if options.id.is_some() && good.len() != 1 {
        return Err(Error::Input("--id identifies one request, and the file holds more".to_owned()));
    }
    let request = |line: Line| match &options.id {
        Some(id) => (line.number, Request { kind, id: id.clone(), body: line.body }),
        None => (line.number, Request::new(kind, line.body)),
    };
    let requests = good.into_iter().map(|(_, line)| request(line)).collect();
    send::<V>(environment, &settings, requests, options.output.json).await?;
    if complaints.is_empty() { Ok(()) } else { Err(Error::Input(complaints.join("\n"))) }
}

/// Sends requests, each with the number of its line.
async fn send<V: Vocabulary>(
    environment: &Environment,
    settings: &Settings,
    requests: Vec<(usize, Request)>,
    as_json: bool,
) -> Result<(), Error> {
    let aws = Aws::connect(environment).await?;
    let (numbers, requests): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
    let results = publish_requests::<V>(&aws, settings, requests).await;
    let mut failed = None;
    let mut out = anstream::stdout();
    for (number, result) in numbers.into_iter().zip(results) {
        let text = match result {
            Ok(saga) if as_json => json!({ "line": number, "sagaId": saga }).to_string(),
            Ok(saga) => format!("{} line {number} published, saga {saga}", draw::mark(true)),
            Err(error) => {
                let text = match as_json {
                    true => json!({ "line": number, "error": error.to_string() }).to_string(),
                    false => format!("{} line {number} not published: {error}", draw::mark(false)),
                };
                failed = Some(error);
                text
            }
        };
        writeln!(out, "{text}").map_err(Error::output)?;
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn read(file: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Error::Io(file.display().to_string(), error))?;
    Ok(wire::unmarked(&text).to_owned())
}

/// What is wrong with a request, by its line in the file; the column within a line is of use, a second line is not.
fn complaint(line: &Line, rules: &str) -> String {
    let rules = if line.body.contains('\n') { rules.to_owned() } else { rules.replace(" line 1 column ", " column ") };
    format!("line {}: {rules}", line.number)
}

/// One request over the whole file, or one on each line that is not blank.
fn requests_in(text: &str) -> Vec<Line> {
    let whole = text.trim();
    let is_one = serde_json::from_str::<serde::de::IgnoredAny>(whole).is_ok();
    if is_one || whole.lines().count() == 1 {
        let number = 1 + text.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\n').count();
        return vec![Line { number, body: whole.to_owned() }];
    }
    // Files that were put together from several have a byte order mark in front of lines in between.
    let lines = text.lines().map(|line| wire::unmarked(line).trim()).enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(index, line)| Line { number: index + 1, body: line.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<usize> {
        requests_in(text).iter().map(|line| line.number).collect()
    }

    #[test]
    fn a_complaint_names_one_line() {
        let line = |body: &str| Line { number: 5, body: body.to_owned() };
        let rule = "body: the JSON ends too early at line 1 column 9";
        assert_eq!(complaint(&line("{"), rule), "line 5: body: the JSON ends too early at column 9");
        assert_eq!(complaint(&line("{\n"), rule), format!("line 5: {rule}"));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_request() {
        let bodies: Vec<_> = requests_in("{}\n\u{feff}{}\r\n").into_iter().map(|line| line.body).collect();
        assert_eq!(bodies, ["{}", "{}"]);
    }

    #[test]
    fn a_file_holds_one_request_or_one_on_each_line() {
        assert_eq!(numbers("{\n \"a\": 1\n}\n"), [1]);
        assert_eq!(numbers("\n\n{}\n"), [3]);
        assert_eq!(numbers("{}\n\n{}\n{\n"), [1, 3, 4]);
        assert_eq!(numbers("{"), [1]);
        assert!(numbers("").is_empty());
    }
}
