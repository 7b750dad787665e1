//! Requests of the query protocol: a form with dotted names for lists and maps.
//!
//! SNS nests a list (`Tags.member.1.Key`) or a map (`Attributes.entry.1.key`); SQS does not (`Tag.1.Key`).
//!
//! **Invariant:** reading never fails; what is missing or malformed is for the operation to find. A value that is not
//! text is named by [`Params::not_text`], so that nobody stores it with other characters than were sent.

use std::collections::BTreeMap;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Params {
    texts: BTreeMap<String, String>,
    not_text: Option<String>,
}

impl Params {
    /// Reads a form.
    pub(crate) fn parse(form: &[u8]) -> Self {
        let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let mut params = Self::default();
        for pair in pairs {
            let mut sides = pair.splitn(2, |byte| *byte == b'=').map(decode);
            let name = String::from_utf8(sides.next().unwrap_or_default());
            let name = name.unwrap_or_else(|error| lossy(error.as_bytes()));
            let value = sides.next().unwrap_or_default();
            let text = String::from_utf8(value).unwrap_or_else(|error| {
                params.not_text.get_or_insert_with(|| name.clone());
                lossy(error.as_bytes())
            });
            params.texts.insert(name, text);
        }
        params
    }

    /// The name of a parameter whose value is not UTF-8.
    pub(crate) fn not_text(&self) -> Option<&str> {
        self.not_text.as_deref()
    }

    /// A parameter by its full name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// The parameters that are neither in a list nor in a map.
    pub(crate) fn plain(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.texts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        all.filter(|(name, _)| !name.contains('.'))
    }

    /// The members of a list, each as parameters of its own: `<name>.member.1.<rest>`. A plain member is under "".
    pub(crate) fn list(&self, name: &str) -> Vec<Self> {
        self.numbered(&format!("{name}.member"))
    }

    /// The entries of a map, each as parameters of its own: `<name>.entry.1.<rest>`.
    pub(crate) fn entries(&self, name: &str) -> Vec<Self> {
        self.numbered(&format!("{name}.entry"))
    }

    /// The plain members of a list.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(|member| member.get("")).map(ToOwned::to_owned).collect()
    }

    /// A map from text to text.
    pub(crate) fn map(&self, name: &str) -> BTreeMap<String, String> {
        let entries = self.entries(name).into_iter();
        entries
            .map(|entry| {
                let of = |side| entry.get(side).unwrap_or_default().to_owned();
                (of("key"), of("value"))
            })
            .collect()
    }

    /// What is numbered without nesting, each as parameters of its own: `<name>.1.<rest>`.
    pub(crate) fn numbered(&self, name: &str) -> Vec<Self> {
        let prefix = format!("{name}.");
        let mut members: BTreeMap<u32, Self> = BTreeMap::new();
        let below = self.texts.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
        for (name, value) in below {
            let rest = name.strip_prefix(&prefix).unwrap_or_default();
            let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                members.entry(number).or_default().texts.insert(rest.to_owned(), value.clone());
            }
        }
        members.into_values().collect()
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => break,
            [b'+', rest @ ..] => {
                bytes.push(b' ');
                rest
            }
            [b'%', high, low, tail @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    tail
                }
                _ => {
                    bytes.push(b'%');
                    rest.split_at(1).1
                }
            },
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_maps_are_read_in_the_order_of_their_numbers() {
        let form = b"Action=X&T.member.10=j&T.member.2=b&A.entry.1.key=k%201&A.entry.1.value=v%2B%3D+%C3%A9%zz";
        let params = Params::parse(form);
        assert_eq!(params.get("Action"), Some("X"));
        let members = params.list("T");
        let members: Vec<_> = members.iter().map(|member| member.get("").unwrap()).collect();
        assert_eq!(members, ["b", "j"]);
        assert_eq!(params.map("A").get("k 1").unwrap(), "v+= \u{e9}%zz");
    }
}
