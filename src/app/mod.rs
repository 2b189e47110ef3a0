//! The window's glue: events in, drawing, actions out, effects carried out.

mod dialogs;
pub mod sample;
mod settings;
mod window;

pub use window::MusterApp;

use crate::model::failure::Failure;
use crate::model::limits::Limits;
use std::path::PathBuf;

/// What the window starts with.
#[derive(Debug, Clone, Default)]
pub struct WindowArgs {
    /// What to open at once: files, or one folder.
    pub paths: Vec<PathBuf>,
    /// The workspace folder, when it is not the usual one.
    pub workspace: Option<PathBuf>,
    /// What SQL of a source may use of the machine.
    pub limits: Limits,
}

/// Shows the window until it is closed.
///
/// # Errors
/// When it cannot be shown, as without a display; the commands that need none are named then.
pub fn run(args: WindowArgs) -> Result<(), Failure> {
    let mut last = String::new();
    for renderer in [eframe::Renderer::Wgpu, eframe::Renderer::Glow] {
        match show(&args, renderer) {
            Ok(()) => return Ok(()),
            // Another renderer may work in the same process; anything else ends here.
            Err(
                error @ (eframe::Error::Wgpu(_)
                | eframe::Error::OpenGL(_)
                | eframe::Error::Glutin(_)
                | eframe::Error::NoGlutinConfigs(..)),
            ) => {
                log::warn!("{renderer}: {error}");
                last = error.to_string();
            }
            Err(error @ (eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_))) => {
                // Its text names source files of the program; the log keeps it.
                log::error!("{error}");
                return Err(failed("no display was found", why_no_display()));
            }
            Err(error) => return Err(failed("the window could not be shown", error.to_string())),
        }
    }
    Err(failed("no usable graphics were found", last))
}

fn show(args: &WindowArgs, renderer: eframe::Renderer) -> eframe::Result {
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Muster")
            .with_app_id("muster")
            .with_inner_size(window::SIZE)
            .with_min_inner_size([720.0, 480.0])
            .with_drag_and_drop(true),
        renderer,
        ..Default::default()
    };
    let args = args.clone();
    eframe::run_native(
        "muster",
        options,
        Box::new(move |context| Ok(Box::new(MusterApp::new(context, args)))),
    )
}

/// What is known about a missing display.
fn why_no_display() -> &'static str {
    let is_unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    if cfg!(target_os = "linux") && is_unset("DISPLAY") && is_unset("WAYLAND_DISPLAY") {
        "neither DISPLAY nor WAYLAND_DISPLAY is set"
    } else {
        "the system did not open a window"
    }
}

fn failed(what: &str, why: impl Into<String>) -> Failure {
    let hint = "try muster show PATH, check, count, sql, export, verify or profile";
    Failure::new(what, why, hint)
}
