//! The practice inbox as the window shows it.

use crate::inbox::{Held, Inbox, PORT, Script};
use crate::model::activation::{ArrivedRequest, InboxView, ShownRequest};
use crate::model::failure::Failure;
use std::sync::{Arc, OnceLock, Weak};

/// So many requests are shown.
const SHOWN: usize = 20;

/// An inbox that tells what it holds.
pub(super) struct PracticeInbox {
    inbox: Arc<Inbox>,
}

impl PracticeInbox {
    /// Starts one at its usual port, or at a free one when that is taken.
    ///
    /// # Errors
    /// When nothing can be listened to.
    pub(super) fn start(tell: impl Fn(InboxView) + Send + Sync + 'static) -> Result<Self, Failure> {
        let told: Arc<OnceLock<Weak<Inbox>>> = Arc::default();
        let tell = Arc::new(tell);
        let start = |port| {
            let (told, tell) = (Arc::clone(&told), Arc::clone(&tell));
            Inbox::start(port, Script::default(), move || {
                if let Some(inbox) = told.get().and_then(Weak::upgrade) {
                    tell(view(&inbox));
                }
            })
        };
        let inbox = start(PORT).or_else(|_| start(0)).map_err(|error| {
            Failure::new(format!("the practice inbox cannot listen: {error}"), "", "try again")
        })?;
        let inbox = Arc::new(inbox);
        // Set once: nothing arrives before the address is told.
        let _ = told.set(Arc::downgrade(&inbox));
        Ok(Self { inbox })
    }

    /// What it holds now.
    pub(super) fn view(&self) -> InboxView {
        view(&self.inbox)
    }
}

fn view(inbox: &Inbox) -> InboxView {
    let url = inbox.url();
    let held = inbox.held();
    let held: &Held = &held;
    let shown = held.requests.iter().rev().take(SHOWN).map(|request| ArrivedRequest {
        number: request.number,
        request: ShownRequest {
            line: request.line.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        },
        taken: request.taken as u64,
        status: request.status,
    });
    InboxView {
        url,
        members: held.rows.len() as u64,
        arrived: held.arrived,
        requests: shown.collect(),
    }
}
