//! What the parser of SQL says about a text that is no condition, in words of ours. It gives text
//! only, which is read here and nowhere else.

use super::scope::{ParseError, Places};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, TokenizerError};

/// A text that cannot be divided into words and signs.
pub(super) fn of_tokens(error: &TokenizerError, places: &Places) -> ParseError {
    let hint = if error.message.contains("Unterminated string") {
        "close the text with a single quote; write a quote inside it twice"
    } else {
        "put text in single quotes, unusual names in double quotes"
    };
    let at = places.at(error.location);
    ParseError { message: plain(&error.message), at, hint: hint.to_owned() }
}

/// The parser's message in plain words.
pub(super) fn of_parser(error: &ParserError, places: &Places) -> ParseError {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            return ParseError {
                message: "the condition is nested too deeply".to_owned(),
                at: None,
                hint: "use fewer parentheses inside each other".to_owned(),
            };
        }
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
    };
    let (text, at) = split_place(text, places);
    let (expected, found) = match text.split_once(", found: ") {
        Some((expected, found)) => (expected, found),
        None => (text, ""),
    };
    if found == "EOF" || found.is_empty() && at.is_none() {
        let hint = if expected.contains(')') {
            "a closing parenthesis is missing"
        } else {
            "something is missing after the last word"
        };
        return ParseError {
            message: "the condition ends too early".to_owned(),
            at: Some(places.end()),
            hint: hint.to_owned(),
        };
    }
    if found.is_empty() {
        return ParseError { message: plain(text), at, hint: "check the spelling here".to_owned() };
    }
    let wanted = expected.strip_prefix("Expected: ").unwrap_or(expected);
    let hint = match wanted {
        "an expression" => "a feature, a value or a function belongs here".to_owned(),
        ")" => "a closing parenthesis is missing".to_owned(),
        "(" => "an opening parenthesis is missing".to_owned(),
        other => format!("{} belongs here", other.to_lowercase()),
    };
    ParseError { message: format!("{found} is not expected here"), at, hint }
}

/// A message of the parser as a phrase: no capital, no full stop.
fn plain(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "this cannot be read".to_owned(),
    }
}

/// The message without the ` at Line: 1, Column: 5` at its end, and that place.
fn split_place<'m>(message: &'m str, places: &Places) -> (&'m str, Option<usize>) {
    let Some((text, place)) = message.rsplit_once(" at Line: ") else {
        return (message, None);
    };
    let at = place.split_once(", Column: ").and_then(|(line, column)| {
        places.at(Location { line: line.parse().ok()?, column: column.trim().parse().ok()? })
    });
    (text, at)
}
