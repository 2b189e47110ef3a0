//! Characters that cannot be seen, made visible.
//!
//! A name or a value of a source may hold characters that move a cursor, colour a terminal, turn
//! the rest of a line around or take no room at all. Whoever reads it must see that they are
//! there: an escape is shown as `⟨ESC⟩`, an override of the direction as `⟨U+202E⟩`. Joiners are
//! shown too, although some scripts and emoji need them: two names that differ must look so.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The names of the control characters up to U+001F.
const CONTROLS: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

/// Whether a character does something or stands for something without being seen.
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            // Soft hyphen, grapheme joiner, Arabic mark, fillers that are letters of no width.
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            // No width, and directions.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            // The byte order mark, notes between lines, marks of shorthand and music.
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            // Tags: a second text that is not seen.
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with every hidden character made visible. It is one line: a line feed is shown too.
pub fn shown(text: &str) -> Cow<'_, str> {
    all_but(text, &[])
}

/// The same for a text of several lines, such as a statement or a description: the white space
/// that lays it out stays.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    all_but(text, &['\n', '\r', '\t'])
}

fn all_but<'a>(text: &'a str, kept: &[char]) -> Cow<'a, str> {
    let to_show = |c: char| is_hidden(c) && !kept.contains(&c);
    if !text.chars().any(to_show) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match CONTROLS.get(c as usize) {
            _ if !to_show(c) => out.push(c),
            Some(name) => write!(out, "⟨{name}⟩").expect("text grows"),
            None if c == '\u{7f}' => out.push_str("⟨DEL⟩"),
            None => write!(out, "⟨U+{:04X}⟩", c as u32).expect("text grows"),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(shown("us\u{1b}[31mers"), "us⟨ESC⟩[31mers");
        assert_eq!(shown("a\r\nb\tc\0\u{7f}"), "a⟨CR⟩⟨LF⟩b⟨TAB⟩c⟨NUL⟩⟨DEL⟩");
        assert_eq!(shown("a\u{9b}2J\u{202e}b"), "a⟨U+009B⟩2J⟨U+202E⟩b");
        assert_eq!(shown("pay\u{200b}pal\u{feff}"), "pay⟨U+200B⟩pal⟨U+FEFF⟩");
        assert_eq!(shown("\u{e0041}"), "⟨U+E0041⟩");
    }

    #[test]
    fn the_lines_of_a_text_stay() {
        assert_eq!(shown_lines("a\n\tb\r\n\u{1b}c"), "a\n\tb\r\n⟨ESC⟩c");
    }

    #[test]
    fn what_can_be_seen_stays() {
        for text in ["Ünïcode 名前", "a\u{a0}b", "e\u{301}", "❤\u{fe0f}", "it's \"so\" \\ ⟨x⟩"]
        {
            assert!(matches!(shown(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
