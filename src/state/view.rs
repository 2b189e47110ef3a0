//! The window around the canvas: tabs, dialogs, the palette, theme and size.

use super::palette::Taken;
use super::{Action, Dialog, Effect, State, ViewAction};
use crate::model::now::Moment;
use crate::protocol::Command;

impl State {
    pub(super) fn on_view(&mut self, action: ViewAction) -> Vec<Effect> {
        match action {
            ViewAction::Tab(tab) => self.canvas.tab = tab,
            ViewAction::AskNow => {
                self.front.show(Dialog::Now);
                let now = self.canvas.now.written();
                let local = now.split(['[', '+', 'Z']).next().unwrap_or("");
                self.front.text = local.replace('T', " ");
                self.front.text.truncate(16);
            }
            ViewAction::SetNow(instant, zone) => self.set_now(&instant, &zone),
            ViewAction::Theme(theme) => {
                self.settings.theme = theme;
                return vec![Effect::SaveSettings];
            }
            ViewAction::Scale(scale) => {
                self.settings.scale = scale.clamp(0.75, 2.0);
                return vec![Effect::SaveSettings];
            }
            ViewAction::Palette => {
                self.front.palette = super::palette::Palette::default();
                self.front.show(Dialog::Palette);
            }
            ViewAction::PaletteText(text) => self.front.palette.set_text(text),
            ViewAction::PaletteMove(by) => self.move_palette(by),
            ViewAction::PaletteTake(index, not) => return self.take_from_palette(index, not),
            ViewAction::Keys => self.front.show(Dialog::Keys),
            ViewAction::Notices => self.front.show(Dialog::Notices),
            ViewAction::Sql => self.front.show(Dialog::Sql),
            ViewAction::DropToast => self.status.toast = None,
            ViewAction::Escape => self.escape(),
            ViewAction::DialogText(text) => {
                self.front.text = text;
                self.front.error = None;
            }
            ViewAction::CancelJob(ticket) => return vec![Effect::Send(Command::Cancel(ticket))],
            ViewAction::Copy(text) => return vec![Effect::CopyText(text)],
            ViewAction::ShowInFolder(path) => return vec![Effect::ShowInFolder(path)],
            ViewAction::Focus(focus) => self.focus_on(focus),
            ViewAction::Focused => self.focus = None,
            ViewAction::Failed(failure) => self.status.fail(&failure),
            ViewAction::Retry => self.answers.forget_failures(),
            ViewAction::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    fn focus_on(&mut self, focus: super::Focus) {
        if focus == super::Focus::Features {
            self.features.open = true;
        }
        self.focus = Some(focus);
    }

    /// Closes one thing: the one in front.
    fn escape(&mut self) {
        if self.front.dialog != Dialog::None {
            self.front.show(Dialog::None);
        } else if self.canvas.editor.is_some() {
            self.canvas.editor = None;
        } else if self.canvas.adding.is_some() {
            self.canvas.adding = None;
        } else if self.canvas.typed.editing {
            self.canvas.reset_typed();
        } else if self.status.toast.is_some() {
            self.status.toast = None;
        } else if self.people.profile.is_some() {
            self.people.profile = None;
        } else {
            self.look.enlarged = None;
        }
    }

    fn set_now(&mut self, instant: &str, zone: &str) {
        let zone = match Moment::zone(zone.trim()) {
            Ok(zone) => zone,
            Err(error) => return self.front.error = Some(error.to_string()),
        };
        match Moment::parse(instant, &zone) {
            Ok(moment) => {
                self.canvas.now = Moment::new(moment.instant(), zone);
                self.front.show(Dialog::None);
            }
            Err(error) => self.front.error = Some(error.to_string()),
        }
    }

    fn move_palette(&mut self, by: isize) {
        let count = self.palette_entries().len();
        self.front.palette.move_mark(by, count);
    }

    fn take_from_palette(&mut self, index: usize, not: bool) -> Vec<Effect> {
        let entry = self.palette_entries().into_iter().nth(index);
        self.front.show(Dialog::None);
        match entry.map(|entry| entry.take) {
            // An entry is never the palette's own action, so this ends.
            Some(Taken::Act(action)) => self.on_action(*action),
            Some(Taken::Condition(take)) => {
                self.take(&[], take, not);
                Vec::new()
            }
            None => Vec::new(),
        }
    }
}

impl From<ViewAction> for Action {
    fn from(action: ViewAction) -> Self {
        Self::View(action)
    }
}
