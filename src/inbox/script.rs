//! What an inbox does with the requests that come, told beforehand.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// For each path, what is done with the first request, the second, and so on. Requests beyond are
/// taken and answered as usual.
#[derive(Debug, Clone, Default)]
pub struct Script {
    acts: BTreeMap<String, VecDeque<Act>>,
}

/// What is done with one request.
#[derive(Debug, Clone)]
pub struct Act {
    /// What is taken of its rows.
    pub taken: Taken,
    /// Waited before the answer.
    pub delay: Duration,
    /// The answer, or none.
    pub ending: Ending,
}

/// Which rows of a request are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// All.
    All,
    /// None.
    Nothing,
    /// All but those at these places.
    Without(Vec<usize>),
    /// None if one of these keys is among them, else all: a batch that is taken whole or not.
    WholeWithout(Vec<String>),
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// As usual: 200, or 207 with the rows that were not taken, or 400 when none was because of
    /// one.
    Usual,
    /// The same, and the rows that were not taken may be sent again.
    Again,
    /// With this status, these headers and this body.
    Says(u16, Vec<(String, String)>, String),
    /// The connection is closed without an answer.
    Drop,
}

impl Act {
    /// Takes everything and answers as usual.
    pub fn usual() -> Self {
        Self { taken: Taken::All, delay: Duration::ZERO, ending: Ending::Usual }
    }

    /// Takes nothing and answers with a status.
    pub fn status(status: u16) -> Self {
        let ending = Ending::Says(status, Vec::new(), String::new());
        Self { taken: Taken::Nothing, ending, ..Self::usual() }
    }

    /// The same, with a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ending::Says(_, headers, _) = &mut self.ending {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The same, with a body.
    #[must_use]
    pub fn body(mut self, text: &str) -> Self {
        if let Ending::Says(_, _, body) = &mut self.ending {
            text.clone_into(body);
        }
        self
    }

    /// Takes this and answers so.
    pub fn of(taken: Taken, ending: Ending) -> Self {
        Self { taken, ending, ..Self::usual() }
    }

    /// The same, after a while.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

impl Script {
    /// Adds what is done with the next request to a path.
    pub fn push(&mut self, path: &str, act: Act) {
        self.acts.entry(path.to_owned()).or_default().push_back(act);
    }

    /// What is done with a request to a path that comes now.
    pub(super) fn next(&mut self, path: &str) -> Act {
        self.acts.get_mut(path).and_then(VecDeque::pop_front).unwrap_or_else(Act::usual)
    }
}
