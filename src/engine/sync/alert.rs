//! Tells a destination about a sync that failed, stopped to ask, or was partly refused.

use super::{kind_of, settings};
use crate::activate::wire::Wire;
use crate::destinations::{Body, Method, Request, Takes};
use crate::model::activation::{SavedActivation, SyncStatus, Synced};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use crate::model::workspace::Workspace;
use serde_json::json;
use std::time::Duration;

/// How long a message may take: nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Tells the destination that the activation names, if there is something to tell.
///
/// # Errors
/// When the message does not get through. The sync is over by then, and is as it is.
pub fn tell(
    workspace: &Workspace,
    activation: &SavedActivation,
    synced: &Result<Synced, Failure>,
) -> Result<(), Failure> {
    let (Some(to), Some(text)) = (&activation.alert, text(activation, synced)) else {
        return Ok(());
    };
    send(workspace, to, activation, &text).map_err(|failure| Failure {
        what: format!("the alert of {} did not get through: {}", activation.name, failure.what),
        ..failure
    })
}

/// What there is to tell.
fn text(activation: &SavedActivation, synced: &Result<Synced, Failure>) -> Option<String> {
    let name = &activation.name;
    match synced {
        Err(failure) => Some(format!("Muster could not sync {name}: {failure}")),
        Ok(Synced::Dry(_)) => None,
        Ok(Synced::Run(run)) => {
            let counts = &run.counts;
            match run.status {
                SyncStatus::Done => None,
                SyncStatus::Failed | SyncStatus::Unfinished => {
                    Some(format!("Sync {} of {name} did not end well: {}", run.run, run.message))
                }
                SyncStatus::Partly if counts.rejected + counts.unknown == 0 => None,
                SyncStatus::Partly => Some(format!(
                    "Sync {} of {name}: {} of {} rows accepted, {} rejected, {} invalid, {} unknown",
                    run.run,
                    grouped(counts.accepted),
                    grouped(counts.planned),
                    grouped(counts.rejected),
                    grouped(counts.invalid),
                    grouped(counts.unknown),
                )),
            }
        }
    }
}

fn send(
    workspace: &Workspace,
    to: &str,
    activation: &SavedActivation,
    text: &str,
) -> Result<(), Failure> {
    let saved = super::destination(workspace, to, &activation.name)?;
    let kind = kind_of(&saved)?;
    let settings = settings(kind, &saved, false)?;
    let wire = Wire::new(1, Some(PATIENCE));
    let request = match kind.takes {
        Takes::Notice(notice) => {
            let request = notice.tell(&settings, text);
            let place = request.shown().line;
            let reply = wire.ask(&request);
            let told = reply.map_err(|_| "there was no answer".to_owned());
            return told
                .and_then(|reply| notice.told(&reply))
                .map_err(|told| Failure::new(told, place, ""));
        }
        // A webhook is told in its own words.
        Takes::Rows(_) if !settings.url("url").is_empty() => {
            let body = json!({"activation": activation.name, "text": text}).to_string();
            Request::of(Method::Post, settings.url("url"), Body::Json(body))
        }
        _ => {
            let hint = "name a Slack notice or a webhook";
            let what = format!("{} takes no messages", kind.label);
            return Err(Failure::wrong_use(what, format!("alert of {}", activation.name), hint));
        }
    };
    // Not repeated: a message that comes twice is worse than one that is late.
    match wire.ask(&request) {
        Ok(reply) if reply.is_good() => Ok(()),
        Ok(reply) => Err(Failure::new(reply.message(), request.shown().line, "")),
        Err(_) => Err(Failure::new("there was no answer", request.shown().line, "")),
    }
}
