//! A request and its reply, as values.

use crate::model::activation::{Secret, ShownRequest};
use serde_json::Value;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As HTTP writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The content of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// For everyone to see.
    Plain(String),
    /// Words for everyone (`Bearer `) and a secret.
    Secret(&'static str, Secret),
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// JSON text.
    Json(String),
    /// Any other text, with its type in a header of its own.
    Text(String),
}

impl Body {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Json(text) | Self::Text(text) => text.as_bytes(),
        }
    }
}

/// A request to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is done.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// The address is a secret itself, and is shown up to its host only.
    pub is_secret_url: bool,
    /// Headers besides the body's type and length.
    pub headers: Vec<(&'static str, Header)>,
    /// Headers whose names a person chose.
    pub own_headers: Vec<(String, Header)>,
    /// The body.
    pub body: Body,
    /// Whether it may be repeated even where the destination's other requests may not: it only
    /// looks.
    pub only_looks: bool,
}

impl Request {
    /// A request without a body that only looks.
    pub fn get(url: impl Into<String>) -> Self {
        Self { only_looks: true, ..Self::of(Method::Get, url, Body::None) }
    }

    /// A request with JSON.
    pub fn json(method: Method, url: impl Into<String>, body: &Value) -> Self {
        Self::of(method, url, Body::Json(body.to_string()))
    }

    /// A request.
    pub fn of(method: Method, url: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            url: url.into(),
            is_secret_url: false,
            headers: Vec::new(),
            own_headers: Vec::new(),
            body,
            only_looks: false,
        }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, Header::Plain(value.into())));
        self
    }

    /// With a header that holds a secret after `before`.
    #[must_use]
    pub fn secret(mut self, name: &'static str, before: &'static str, secret: &Secret) -> Self {
        self.headers.push((name, Header::Secret(before, secret.clone())));
        self
    }

    /// With `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        self.secret("Authorization", "Bearer ", token)
    }

    /// With a user and a password, as HTTP's Basic scheme.
    #[must_use]
    pub fn basic(self, user: &str, password: &str) -> Self {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.secret("Authorization", "Basic ", &Secret::new(pair))
    }

    /// All headers, with their names.
    pub fn all_headers(&self) -> impl Iterator<Item = (&str, &Header)> {
        let fixed = self.headers.iter().map(|(name, value)| (*name, value));
        fixed.chain(self.own_headers.iter().map(|(name, value)| (name.as_str(), value)))
    }

    /// As a person may see it; secrets are covered.
    pub fn shown(&self) -> ShownRequest {
        let header = |(name, header): (&str, &Header)| match header {
            Header::Plain(text) => format!("{name}: {text}"),
            Header::Secret(before, _) => format!("{name}: {before}…"),
        };
        let body = match &self.body {
            Body::None => String::new(),
            Body::Text(text) => text.clone(),
            Body::Json(text) => serde_json::from_str::<Value>(text)
                .ok()
                .and_then(|value| serde_json::to_string_pretty(&value).ok())
                .unwrap_or_else(|| text.clone()),
        };
        let url = match self.is_secret_url {
            true => format!("{}/…", self.url.split('/').take(3).collect::<Vec<_>>().join("/")),
            false => self.url.clone(),
        };
        ShownRequest {
            line: format!("{} {url}", self.method.word()),
            headers: self.all_headers().map(header).collect(),
            body,
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body, up to a limit.
    pub body: String,
}

impl Reply {
    /// A reply with JSON, for tests.
    pub fn of(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.to_owned() }
    }

    /// Whether the status is one of those that say that it went well.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// What it says, in one line: the first of the usual places for a message in JSON, else the
    /// beginning of the text, else the status.
    pub fn message(&self) -> String {
        let json = self.json();
        let places = [
            "/message",
            "/error/message",
            "/errors/0/detail",
            "/errors/0/message",
            "/errors/0/reason",
            "/detail",
            "/error",
            "/0/message",
            "/msg",
        ];
        let found = places.iter().find_map(|place| match json.pointer(place) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        });
        let text = found.unwrap_or_else(|| {
            let first = self.body.lines().map(str::trim).find(|line| !line.is_empty());
            first.unwrap_or_default().to_owned()
        });
        let text: String = text.chars().take(300).collect();
        match text.is_empty() {
            true => format!("status {}", self.status),
            false => format!("{text} (status {})", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_without_its_secrets() {
        let request = Request::json(Method::Post, "https://a.b/c", &serde_json::json!({"a": 1}))
            .bearer(&Secret::new("hunter2"))
            .basic("user", "hunter3")
            .header("X-Plain", "yes");
        let shown = request.shown();
        assert_eq!(shown.line, "POST https://a.b/c");
        let covered = ["Authorization: Bearer …", "Authorization: Basic …", "X-Plain: yes"];
        assert_eq!(shown.headers, covered);
        assert_eq!(shown.body, "{\n  \"a\": 1\n}");
        let secret = Request { is_secret_url: true, ..Request::get("https://h.x/services/T/B/x") };
        assert_eq!(secret.shown().line, "GET https://h.x/…");
    }

    #[test]
    fn a_message_is_found_in_the_usual_places() {
        let told = |body: &str| Reply::of(400, body).message();
        assert_eq!(told(r#"{"message":"no"}"#), "no (status 400)");
        assert_eq!(told(r#"{"errors":[{"detail":"bad"}]}"#), "bad (status 400)");
        assert_eq!(told("\n plain\nmore"), "plain (status 400)");
        assert_eq!(told(""), "status 400");
    }
}
