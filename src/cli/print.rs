//! What the command line writes: the only file of it that reaches the terminal.
//!
//! Names and values of a source may hold anything, and a terminal does as it is told. So text gets
//! out by [`Lines`] alone, a line at a time, with every hidden character made visible: a line feed
//! that is printed is one that the program put there. JSON holds the same characters as escapes,
//! so that its values stay exact. Results go to standard output, everything else to standard error.

use crate::model::failure::{Failure, FailureKind};
use crate::model::shown::{is_hidden, shown};
use crate::protocol::Progress;
use clap::builder::StyledStr;
use clap::error::ContextValue;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::{self, Display, Write as _};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// The variable of the environment that holds the key of an encrypted file.
pub(super) const KEY_VARIABLE: &str = "MUSTER_KEY";

/// Text for a person.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<String>);

impl Lines {
    /// Adds one line, whatever the text holds.
    pub(super) fn line(&mut self, text: impl Display) {
        self.0.push(shown(&text.to_string()).into_owned());
    }

    /// Adds an empty line.
    pub(super) fn blank(&mut self) {
        self.0.push(String::new());
    }

    /// Adds other lines, further to the right.
    pub(super) fn add(&mut self, indent: &str, other: Self) {
        self.0.extend(other.0.into_iter().map(|line| format!("{indent}{line}")));
    }
}

/// Each line of a text that the program itself laid out.
impl<'a> FromIterator<&'a str> for Lines {
    fn from_iter<T: IntoIterator<Item = &'a str>>(lines: T) -> Self {
        let mut out = Self::default();
        lines.into_iter().for_each(|line| out.line(line));
        out
    }
}

impl Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// What a command prints on standard output and says beside it, and its exit status.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) text: String,
    note: Option<String>,
    status: u8,
}

impl Printed {
    /// Lines of a command that is done.
    pub(super) fn done(lines: &Lines) -> Self {
        Self { text: lines.to_string(), note: None, status: 0 }
    }

    /// JSON, with two spaces of indent.
    pub(super) fn json(value: &impl serde::Serialize) -> Self {
        let text = serde_json::to_string_pretty(value);
        let text = escaped(&text.expect("the shapes hold only text, numbers and lists"));
        Self { text, note: None, status: 0 }
    }

    #[must_use]
    pub(super) fn with_status(self, status: u8) -> Self {
        Self { status, ..self }
    }

    /// The same with something to know about it, for standard error.
    #[must_use]
    pub(super) fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// Writes it. A reader that went away (`muster show … | head`) has what it wanted.
    pub(super) fn write(&self) -> ExitCode {
        let mut out = std::io::stdout().lock();
        let written = writeln!(out, "{}", self.text.trim_end()).and_then(|()| out.flush());
        if let Some(note) = &self.note {
            say("note", note);
        }
        match written {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                tell(&Failure::new(format!("the result cannot be printed: {error}"), "", ""))
            }
            _ => ExitCode::from(self.status),
        }
    }
}

/// Writes a line at once, for a command that goes on.
pub(super) fn say_line(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that went away has what it wanted.
    let _ = writeln!(out, "{}", shown(text)).and_then(|()| out.flush());
}

/// JSON that means the same, with hidden characters written as escapes. They can stand in nothing
/// but text and names, where an escape is allowed; what lays JSON out is line feeds and spaces.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}").expect("text grows");
        }
    }
    out
}

/// Tells a failure. The status is 1 for a failed job, 2 for wrong use.
pub fn tell(failure: &Failure) -> ExitCode {
    say("error", &worded(failure).to_string());
    ExitCode::from(if failure.kind == FailureKind::WrongUse { 2 } else { 1 })
}

/// A failure with what to try on the command line.
fn worded(failure: &Failure) -> Failure {
    let hint = match failure.kind {
        FailureKind::KeyNeeded => {
            format!("give its key in the environment variable {KEY_VARIABLE} or with --key-file")
        }
        FailureKind::KeyWrong => format!("check the key in {KEY_VARIABLE} or --key-file"),
        _ => return failure.clone(),
    };
    Failure { hint, ..failure.clone() }
}

fn say(word: &str, text: &str) {
    let mut lines = Lines::default();
    lines.line(format_args!("{word}: {}", sentence(text)));
    // Where standard error is closed there is no one to tell.
    let _ = writeln!(std::io::stderr(), "{lines}");
}

/// A message as one line. Those of the database have several, and a mark below the statement.
pub(super) fn sentence(message: &str) -> String {
    let lines = message.lines().map(|line| line.trim().trim_start_matches('^'));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Help, the version, or what is wrong with the arguments.
pub(super) fn answer(mut error: clap::Error) -> ExitCode {
    // What was typed is made visible first: the line feeds that are left lay out the text.
    let typed: Vec<_> = error.context().map(|(kind, value)| (kind, clean(value))).collect();
    for (kind, value) in typed {
        error.insert(kind, value);
    }
    let lines: Lines = error.render().to_string().trim_end().split('\n').collect();
    // A closed pipe is not a failure of the command.
    let _ = match error.use_stderr() {
        true => writeln!(std::io::stderr(), "{lines}"),
        false => writeln!(std::io::stdout(), "{lines}"),
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn clean(value: &ContextValue) -> ContextValue {
    let clean = |text: &String| shown(text).into_owned();
    let tip = |text: &StyledStr| StyledStr::from(shown(&text.to_string()).into_owned());
    match value {
        ContextValue::String(text) => ContextValue::String(clean(text)),
        ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(clean).collect()),
        ContextValue::StyledStrs(tips) => ContextValue::StyledStrs(tips.iter().map(tip).collect()),
        other => other.clone(),
    }
}

/// A bar on the terminal's standard error; nothing when that is not a terminal.
#[derive(Clone)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that shows itself with the first thing reported.
    pub(super) fn new() -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(100), target);
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} {wide_bar} {elapsed}")
                .expect("the template is right"),
        );
        Self(bar)
    }

    /// Shows what is done and how far it is.
    pub(super) fn report(&self, progress: &Progress) {
        self.0.set_message(shown(&progress.doing).into_owned());
        match progress.part {
            Some(part) => self.0.set_position((part * 100.0) as u64),
            None => self.0.tick(),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_forges_a_line() {
        let mut lines = Lines::default();
        lines.line("user\u{1b}[2J\nerror: all is lost");
        lines.blank();
        let mut more = Lines::default();
        more.line("b\u{202e}");
        lines.add("  ", more);
        assert_eq!(lines.to_string(), "user⟨ESC⟩[2J⟨LF⟩error: all is lost\n\n  b⟨U+202E⟩");
    }

    #[test]
    fn json_keeps_its_values_and_names() {
        let odd = "\u{1b}\u{7f}\u{9b}\u{202e}\u{feff}\u{2028}\u{e0041}\"\\n\n";
        let value = serde_json::json!({ odd: [odd, "名前", 1.5] });
        let text = Printed::json(&value).text;
        assert!(text.chars().all(|c| c == '\n' || !is_hidden(c)), "{text:?}");
        assert!(text.contains("\\u202e") && text.contains("\\udb40\\udc41"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_message_of_the_database_is_one_line() {
        let message = "Binder Error: no \"x\"!\n\nLINE 1: SELECT x\n               ^";
        assert_eq!(sentence(message), "Binder Error: no \"x\"! LINE 1: SELECT x");
    }
}
