//! The app as eframe drives it.

use super::WindowArgs;
use super::dialogs::{self, Choose};
use super::settings::KeptSettings;
use crate::engine::Engine;
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::state::{Action, Effect, ExportAction, Place, SourceAction, State, Theme, ViewAction};
use crate::ui;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Answers of file choosers that may wait to be taken.
const CHOSEN_MAX: usize = 8;

/// The window's size at first. It fits a screen of 1280 by 800 with bars around it.
pub(super) const SIZE: [f32; 2] = [1240.0, 736.0];

/// The window's size on a large screen.
const LARGE: [f32; 2] = [1600.0, 1000.0];

/// The window: the state, the engine, and the way between them.
pub struct MusterApp {
    state: State,
    engine: Engine,
    chosen: (SyncSender<Action>, Receiver<Action>),
    settings: Option<PathBuf>,
    shown: Option<(Theme, f32)>,
    sized: bool,
}

impl MusterApp {
    /// Starts the engine, puts the theme in place, and opens what was asked for.
    pub fn new(context: &eframe::CreationContext<'_>, args: WindowArgs) -> Self {
        let settings = KeptSettings::file();
        let mut app = Self::start(&context.egui_ctx, settings);
        let request = &mut app.state.source.request;
        (request.workspace, request.limits) = (args.workspace, args.limits);
        if !args.paths.is_empty() {
            app.act(Action::Source(SourceAction::Open(args.paths)), &context.egui_ctx);
        }
        app
    }

    /// An app whose settings are kept in `settings`, or nowhere.
    pub fn start(ctx: &egui::Context, settings: Option<PathBuf>) -> Self {
        ui::theme::install(ctx);
        let now = Moment::new(jiff::Timestamp::now(), jiff::tz::TimeZone::system());
        let mut state = State::new(now);
        if let Some(file) = &settings {
            state.settings = KeptSettings::load(file).into();
        }
        let waker = ctx.clone();
        let engine = Engine::spawn(move || waker.request_repaint());
        Self {
            state,
            engine,
            chosen: sync_channel(CHOSEN_MAX),
            settings,
            shown: None,
            sized: false,
        }
    }

    /// What is on screen.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes in an action and carries out what follows.
    pub fn act(&mut self, action: Action, ctx: &egui::Context) {
        let effects = self.state.on_action(action);
        self.carry_out(effects, ctx);
    }

    fn carry_out(&mut self, effects: Vec<Effect>, ctx: &egui::Context) {
        for effect in effects {
            match effect {
                Effect::Send(command) => self.engine.send(command),
                Effect::PickFile => self.choose(Choose::Files, ctx),
                Effect::PickFolder => self.choose(Choose::Folder, ctx),
                Effect::PickSavePath { folder, name } => {
                    self.choose(Choose::Save(folder, name), ctx);
                }
                Effect::LookAt(path) => self.look_at(path, ctx),
                Effect::ShowInFolder(path) => self.show_in_folder(&path, ctx),
                Effect::OpenSample => self.open_sample(ctx),
                Effect::CopyText(text) => ctx.copy_text(text),
                Effect::SaveSettings => self.save_settings(),
                Effect::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            }
        }
    }

    fn choose(&self, what: Choose, ctx: &egui::Context) {
        let waker = ctx.clone();
        dialogs::choose(what, self.chosen.0.clone(), move || waker.request_repaint());
    }

    fn look_at(&mut self, text: String, ctx: &egui::Context) {
        let path = std::path::Path::new(text.trim());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let place = if path.is_dir() {
            Place::Folder
        } else if path.exists() {
            Place::File
        } else if folder.is_none_or(std::path::Path::is_dir) {
            Place::Free
        } else {
            Place::NoFolder
        };
        self.act(Action::Export(ExportAction::Looked(text, place)), ctx);
    }

    fn show_in_folder(&mut self, path: &std::path::Path, ctx: &egui::Context) {
        let folder = path.parent().unwrap_or(path);
        if let Err(error) = opener::open(folder) {
            let what = "the folder could not be shown";
            let failure = Failure::new(what, folder.display().to_string(), error.to_string());
            self.act(ViewAction::Failed(failure).into(), ctx);
        }
    }

    fn open_sample(&mut self, ctx: &egui::Context) {
        let action = match super::sample::path() {
            Ok(path) => Action::Source(SourceAction::Open(vec![path])),
            Err(failure) => ViewAction::Failed(failure).into(),
        };
        self.act(action, ctx);
    }

    fn save_settings(&mut self) {
        let Some(file) = &self.settings else { return };
        if let Err(error) = KeptSettings::from(&self.state.settings).save(file) {
            let failure = Failure::new(
                "the settings could not be saved",
                file.display().to_string(),
                error.to_string(),
            );
            // Said once in the notices; the window works without them.
            self.state.on_action(ViewAction::Failed(failure).into());
            self.settings = None;
        }
    }

    /// Theme and size, when they are others than those shown.
    fn dress(&mut self, ctx: &egui::Context) {
        let wanted = (self.state.settings.theme, self.state.settings.scale);
        if self.shown == Some(wanted) {
            return;
        }
        self.shown = Some(wanted);
        ctx.set_theme(match wanted.0 {
            Theme::System => egui::ThemePreference::System,
            Theme::Light => egui::ThemePreference::Light,
            Theme::Dark => egui::ThemePreference::Dark,
        });
        ctx.set_zoom_factor(wanted.1);
    }
}

impl MusterApp {
    /// Grows a window of the usual size once, when the screen has much room around it.
    fn size(&mut self, ctx: &egui::Context) {
        if self.sized {
            return;
        }
        let (monitor, inner) = ctx.input(|i| (i.viewport().monitor_size, i.viewport().inner_rect));
        let (Some(monitor), Some(inner)) = (monitor, inner) else { return };
        self.sized = true;
        let usual = (inner.size() - egui::vec2(SIZE[0], SIZE[1])).length() < 4.0;
        let room = monitor - egui::vec2(160.0, 160.0);
        if usual && room.x > SIZE[0] * 1.2 && room.y > SIZE[1] * 1.2 {
            let size = room.min(LARGE.into());
            ctx.send_viewport_cmd(egui::ViewportCommand::InnerSize(size));
            let corner = ((monitor - size) / 2.0).to_pos2();
            ctx.send_viewport_cmd(egui::ViewportCommand::OuterPosition(corner));
        }
    }
}

impl eframe::App for MusterApp {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        for event in self.engine.drain() {
            let effects = self.state.on_event(event);
            self.carry_out(effects, ctx);
        }
        while let Ok(action) = self.chosen.1.try_recv() {
            self.act(action, ctx);
        }
        self.size(ctx);
        self.dress(ctx);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.state.remember_place();
        self.save_settings();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        let mut actions = Vec::new();
        ui::window_ui(ui, &self.state, &mut actions);
        if actions.is_empty() {
            return;
        }
        let ctx = ui.ctx().clone();
        for action in actions {
            self.act(action, &ctx);
        }
        // What was done shows at once, not when the pointer next moves.
        ctx.request_repaint();
    }
}
