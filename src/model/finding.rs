//! A finding: one thing that is wrong or odd about a definition or about data, and what to try.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something could not be read or used. `check` ends with status 1.
    Error,
    /// It works, but a number may not mean what it seems to.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Its name in lower case, as it is printed and kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that is wrong or odd. Printed by `check` and shown beside the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What happened, as one sentence without a full stop.
    pub message: String,
    /// The file it is about.
    pub file: Option<PathBuf>,
    /// The line in that file, from 1.
    pub line: Option<u64>,
    /// What to try.
    pub hint: Option<String>,
    /// It tells of one part of something that can do without it. Where nothing is left of the whole,
    /// another finding tells why.
    #[serde(skip)]
    pub is_of_part: bool,
    /// The message without values of rows, where it has some: what may be kept.
    #[serde(skip)]
    plain: Option<String>,
}

impl Finding {
    /// A finding without a place or a hint yet.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            file: None,
            line: None,
            hint: None,
            is_of_part: false,
            plain: None,
        }
    }

    /// The same finding with a value of a row after its message: `, such as "…"`.
    #[must_use]
    pub fn example(mut self, example: &str) -> Self {
        let plain = std::mem::take(&mut self.message);
        self.message = format!("{plain}, such as \"{example}\"");
        self.plain = Some(plain);
        self
    }

    /// Lets a value of a row in the message go.
    pub fn without_example(&mut self) {
        if let Some(plain) = self.plain.take() {
            self.message = plain;
        }
    }

    /// The same finding as one of a part, see [`Finding::is_of_part`].
    #[must_use]
    pub fn of_part(self) -> Self {
        Self { is_of_part: true, ..self }
    }

    /// The same finding about `file`.
    #[must_use]
    pub fn at(mut self, file: impl Into<PathBuf>, line: Option<u64>) -> Self {
        self.file = Some(file.into());
        self.line = line;
        self
    }

    /// The same finding with what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = (!hint.is_empty()).then_some(hint);
        self
    }
}
