//! What may be said of a text that cannot be read.

/// What a serde error may say aloud: the rule and the place, never the value that broke it.
#[must_use]
pub fn rule_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("at line {} column {}", error.line(), error.column());
    // These two name a field of ours. All others can quote the input.
    if text.starts_with("missing field `") || text.starts_with("duplicate field `") {
        let rule = text.split(" at line ").next().unwrap_or_default();
        return format!("{rule} {place}");
    }
    match error.classify() {
        serde_json::error::Category::Data => {
            format!("a value breaks the rule of its field {place}")
        }
        serde_json::error::Category::Eof => format!("the JSON ends too early {place}"),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            format!("not JSON {place}")
        }
    }
}
