//! Slack: a message to a channel, through an incoming webhook.
//!
//! Who knows the address may write to the channel, so that the address is the secret. The same
//! message that is sent twice stands there twice: it is not repeated when its reply does not come.

use super::settings::{Nature, Setting, Settings};
use super::{Kind, Method, Notice, Reply, Request, Takes};
use serde_json::json;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "slack",
    label: "Slack",
    about: "a message about a sync in a Slack channel",
    settings: SETTINGS,
    takes: Takes::Notice(&Slack),
};

const SETTINGS: &[Setting] =
    &[Setting::required("url", "Webhook address", Nature::Secret, "env:SLACK_WEBHOOK_URL")];

/// Characters of a message; Slack cuts longer ones by itself.
const LONGEST: usize = 4_000;

struct Slack;

impl Notice for Slack {
    fn tell(&self, settings: &Settings, text: &str) -> Request {
        let url = settings.secret("url");
        let body = json!({"text": plain(text)});
        Request { is_secret_url: true, ..Request::json(Method::Post, url.expose(), &body) }
    }

    /// Slack answers `ok`, or a word for what is wrong.
    fn told(&self, reply: &Reply) -> Result<(), String> {
        match reply.is_good() && reply.body.trim() == "ok" {
            true => Ok(()),
            false => Err(format!("Slack answers {}", reply.message())),
        }
    }
}

/// Text that calls nobody: in Slack `<!channel>` would be heard by all.
fn plain(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{body, settings};
    use super::*;

    fn given() -> Settings {
        settings(&KIND, &[("url", "https://hooks.slack.com/services/T/B/x")])
    }

    #[test]
    fn a_message_calls_nobody_and_its_address_is_covered() {
        let request = Slack.tell(&given(), "5 < 6 & <!channel>");
        assert_eq!(request.url, "https://hooks.slack.com/services/T/B/x");
        assert_eq!(request.shown().line, "POST https://hooks.slack.com/…");
        assert_eq!(body(&request), json!({"text": "5 &lt; 6 &amp; &lt;!channel&gt;"}));
        assert!(!request.only_looks);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let request = Slack.tell(&given(), &"é".repeat(5_000));
        let text = body(&request)["text"].as_str().unwrap().to_owned();
        assert_eq!(text.chars().count(), LONGEST + 1);
        assert!(text.ends_with('…'));
    }

    #[test]
    fn only_ok_is_ok() {
        let told = |status, body| Slack.told(&Reply::of(status, body));
        assert_eq!(told(200, "ok"), Ok(()));
        assert_eq!(told(404, "no_service"), Err("Slack answers no_service (status 404)".into()));
        assert!(told(200, "<html>").is_err());
    }
}
