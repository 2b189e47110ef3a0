//! The window around the canvas: tabs, dialogs, notices, jobs, theme and size.

use super::{Action, Dialog, Effect, State, ViewAction};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::protocol::{Command, Progress, Ticket};
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// Notices that are remembered.
const NOTICES_MAX: usize = 200;

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Work in the background.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// What kind of work.
    pub kind: JobKind,
    /// What is being done, in the screen's words.
    pub doing: String,
    /// From 0 to 1, when that is known.
    pub part: Option<f32>,
}

/// The kinds of work in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// A source is being read.
    Open,
    /// A list is being written.
    Export,
    /// The workspace is being kept. When it is done, the source may have to be read again.
    Save {
        /// Read the source again afterwards.
        reopen: bool,
    },
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is bad news.
    pub bad: bool,
    /// What happened.
    pub what: String,
    /// Where, and what to try.
    pub more: String,
    /// A file it is about, to copy its path.
    pub path: Option<PathBuf>,
}

impl State {
    pub(super) fn on_view(&mut self, action: ViewAction) -> Vec<Effect> {
        match action {
            ViewAction::Tab(tab) => self.tab = tab,
            ViewAction::AskNow => {
                self.show(Dialog::Now);
                self.dialog_text = self
                    .now
                    .written()
                    .split(['[', '+', 'Z'])
                    .next()
                    .unwrap_or("")
                    .replace('T', " ");
                self.dialog_text.truncate(16);
            }
            ViewAction::SetNow(instant, zone) => self.set_now(&instant, &zone),
            ViewAction::Theme(theme) => {
                self.theme = theme;
                return vec![Effect::SaveSettings];
            }
            ViewAction::Scale(scale) => {
                self.scale = scale.clamp(0.75, 2.0);
                return vec![Effect::SaveSettings];
            }
            ViewAction::Palette => {
                self.palette = super::palette::Palette::default();
                self.show(Dialog::Palette);
            }
            ViewAction::PaletteText(text) => self.palette.set_text(text),
            ViewAction::PaletteMove(by) => self.move_palette(by),
            ViewAction::PaletteTake(index) => return self.take_from_palette(index),
            ViewAction::Keys => self.show(Dialog::Keys),
            ViewAction::Notices => self.show(Dialog::Notices),
            ViewAction::Sql => self.show(Dialog::Sql),
            ViewAction::DropToast => self.toast = None,
            ViewAction::Escape => self.escape(),
            ViewAction::DialogText(text) => {
                self.dialog_text = text;
                self.dialog_error = None;
            }
            ViewAction::CancelJob(ticket) => return vec![Effect::Send(Command::Cancel(ticket))],
            ViewAction::Copy(text) => return vec![Effect::CopyText(text)],
            ViewAction::Focus(focus) => self.focus_on(focus),
            ViewAction::Focused => self.focus = None,
            ViewAction::Failed(failure) => self.fail(&failure),
            ViewAction::Retry => self.answers.forget_failures(),
            ViewAction::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    pub(super) fn show(&mut self, dialog: Dialog) {
        self.dialog = dialog;
        self.dialog_text.clear();
        self.dialog_error = None;
    }

    fn focus_on(&mut self, focus: super::Focus) {
        if focus == super::Focus::Features {
            self.features.open = true;
        }
        self.focus = Some(focus);
    }

    /// Closes one thing: the one in front.
    fn escape(&mut self) {
        if self.dialog != Dialog::None {
            self.show(Dialog::None);
        } else if self.editor.is_some() {
            self.editor = None;
        } else if self.adding.is_some() {
            self.adding = None;
        } else if self.typed.editing {
            self.reset_typed();
        } else if self.toast.is_some() {
            self.toast = None;
        } else {
            self.people.profile = None;
        }
    }

    fn set_now(&mut self, instant: &str, zone: &str) {
        let zone = match Moment::zone(zone.trim()) {
            Ok(zone) => zone,
            Err(error) => return self.dialog_error = Some(error.to_string()),
        };
        match Moment::parse(instant, &zone) {
            Ok(moment) => {
                self.now = Moment::new(moment.instant(), zone);
                self.show(Dialog::None);
            }
            Err(error) => self.dialog_error = Some(error.to_string()),
        }
    }

    /// Says that something went well.
    pub(super) fn note(&mut self, what: impl Into<String>, path: Option<PathBuf>) {
        self.say(Notice { bad: false, what: what.into(), more: String::new(), path });
    }

    /// Says what went wrong. It stays in the history.
    pub(super) fn fail(&mut self, failure: &Failure) {
        let more = [failure.place.as_str(), failure.hint.as_str()];
        let more: Vec<&str> = more.into_iter().filter(|s| !s.is_empty()).collect();
        self.say(Notice {
            bad: true,
            what: failure.what.clone(),
            more: more.join("; "),
            path: None,
        });
    }

    pub(super) fn say(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.remove(0);
        }
        self.notices.push(notice);
        self.toast = Some(self.notices.len() - 1);
    }

    /// Starts a job: the status bar shows it until its command ends.
    pub(super) fn start_job(&mut self, ticket: Ticket, kind: JobKind, doing: impl Into<String>) {
        self.jobs.insert(ticket, Job { kind, doing: doing.into(), part: None });
    }

    pub(super) fn progress(&mut self, ticket: Ticket, progress: Progress) {
        if let Some(job) = self.jobs.get_mut(&ticket) {
            job.doing = progress.doing;
            job.part = progress.part;
        }
    }

    /// The zone in which "as of" is stated.
    pub fn zone(&self) -> TimeZone {
        Moment::zone(&self.now.zone_name()).unwrap_or(TimeZone::UTC)
    }

    fn move_palette(&mut self, by: isize) {
        let count = self.palette_entries().len();
        self.palette.mark =
            self.palette.mark.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    fn take_from_palette(&mut self, index: usize) -> Vec<Effect> {
        let entry = self.palette_entries().into_iter().nth(index);
        self.show(Dialog::None);
        // An entry is never the palette's own action, so this ends.
        entry.map(|e| self.on_action(e.action)).unwrap_or_default()
    }
}

impl From<ViewAction> for Action {
    fn from(action: ViewAction) -> Self {
        Self::View(action)
    }
}
