//! What a card number is: 13 to 19 decimal digits with a valid Luhn sum (ISO/IEC 7812-1), however they are separated.
//!
//! Digits of any script count. Whatever is neither a letter nor a colon may stand between them: spaces of any width,
//! dashes, slashes, quotes, marks that nobody sees. A number begins and ends where digits do; only within more than 19
//! digits that nothing separates is it looked for anywhere.
//!
//! **Invariant:** ids that are made of hexadecimal digits are passed over by their shape, never by their place.

use std::ops::Range;

use uuid::Uuid;

/// How many digits a card number has.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// How long an id of hexadecimal digits is: a UUID or a trace id, SHA-1, SHA-256.
const ID_LENGTHS: [usize; 3] = [32, 40, LONGEST_ID];
const LONGEST_ID: usize = 64;

/// The zeros of all decimal digits, in order; the nine others of each script follow its zero (Unicode's category Nd).
const ZEROS: &[char] = &[
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{10d40}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{116d0}',
    '\u{116da}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11bf0}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11f50}',
    '\u{16130}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{16d70}',
    '\u{1ccf0}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e5f1}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Digits that nothing separates.
struct Group {
    place: Range<usize>,
    digits: Vec<u8>,
}

/// Where digits stand among which there is a card number: from the first to the last that no letter separates from it,
/// so that what follows a number, such as its expiry date, is taken with it.
pub(super) fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut before = None;
    let mut end_of_id = 0;
    for (at, character) in text.char_indices() {
        let begins_word = !before.replace(character).is_some_and(|before| before.is_ascii_alphanumeric());
        if begins_word && at >= end_of_id {
            end_of_id = at + text.get(at..).map_or(0, id_length);
        }
        let end = at + character.len_utf8();
        match digit(character) {
            _ if at < end_of_id => found.extend(place(&std::mem::take(&mut groups))),
            Some(digit) => match groups.last_mut().filter(|group| group.place.end == at) {
                Some(group) => {
                    group.place.end = end;
                    group.digits.push(digit);
                }
                None => groups.push(Group { place: at..end, digits: vec![digit] }),
            },
            // Colons stand in times, addresses and ARNs.
            None if character.is_alphanumeric() || character == ':' => {
                found.extend(place(&std::mem::take(&mut groups)));
            }
            None => {}
        }
    }
    found.extend(place(&groups));
    found
}

/// The value of a decimal digit of any script.
fn digit(character: char) -> Option<u8> {
    let zero = ZEROS.partition_point(|zero| *zero <= character).checked_sub(1).and_then(|index| ZEROS.get(index))?;
    u8::try_from(u32::from(character) - u32::from(*zero)).ok().filter(|value| *value <= 9)
}

/// From the first to the last of these groups, if there is a card number among them.
fn place(groups: &[Group]) -> Option<Range<usize>> {
    let holds = (0..groups.len()).any(|first| begins_number(groups.get(first..).unwrap_or_default()));
    let (first, last) = (groups.first()?, groups.last()?);
    holds.then_some(first.place.start..last.place.end)
}

/// Whether a card number begins where these groups do, or stands within the first.
fn begins_number(groups: &[Group]) -> bool {
    let mut digits: Vec<u8> = Vec::new();
    for group in groups {
        digits.extend(&group.digits);
        if digits.len() > *DIGITS.end() {
            break;
        }
        if DIGITS.contains(&digits.len()) && is_luhn(&digits) {
            return true;
        }
    }
    let first = groups.first().map_or(&[][..], |group| &group.digits);
    first.len() > *DIGITS.end() && DIGITS.clone().any(|length| first.windows(length).any(is_luhn))
}

/// Whether the Luhn sum is valid: every second digit from the right doubled, and its own digits added up.
fn is_luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let values = digits.iter().rev().enumerate();
    let sum: u32 = values.map(|(nth, digit)| u32::from(if nth % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum.is_multiple_of(10)
}

/// How long the id is with which this text begins: a UUID, a `traceparent`, or a digest. 0: it begins with none.
fn id_length(text: &str) -> usize {
    let is_of_id = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    // One more than the longest is enough to see that a word is longer.
    let length = text.bytes().take(LONGEST_ID + 1).take_while(is_of_id).count();
    let token = text.get(..length).unwrap_or_default();
    if is_traceparent(token) || (token.len() == 36 && Uuid::try_parse(token).is_ok()) {
        return token.len();
    }
    let word = token.split('-').next().unwrap_or_default();
    let is_hex =
        word.bytes().all(|byte| byte.is_ascii_hexdigit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    if is_hex && ID_LENGTHS.contains(&word.len()) { word.len() } else { 0 }
}

/// The form of <https://www.w3.org/TR/trace-context/#traceparent-header>.
fn is_traceparent(token: &str) -> bool {
    let lengths = token.split('-').map(|part| part.bytes().filter(u8::is_ascii_hexdigit).count());
    token.len() == 55 && lengths.eq([2, 32, 16, 2])
}
