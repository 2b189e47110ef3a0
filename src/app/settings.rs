//! What the window remembers between sittings: recent files, theme and the size of text.
//!
//! A small JSON file of its own in the user's data folder. One that cannot be read is set aside
//! rather than in the way of the start.

use crate::state::{State, Theme};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    recent: Vec<PathBuf>,
    theme: String,
    scale: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { recent: Vec::new(), theme: "system".to_owned(), scale: 1.0 }
    }
}

impl Settings {
    /// Where they are kept; none when the user has no data folder.
    pub(super) fn file() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("", "", "muster")?;
        Some(folders.data_dir().join("settings.json"))
    }

    /// Reads them. A missing or broken file gives the usual ones.
    pub(super) fn load(file: &Path) -> Self {
        let Ok(text) = std::fs::read_to_string(file) else { return Self::default() };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            log::warn!("{}: {error}", file.display());
            Self::default()
        })
    }

    /// Writes them whole or not at all.
    ///
    /// # Errors
    /// When the folder or file cannot be written.
    pub(super) fn save(&self, file: &Path) -> io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        let part = file.with_extension("part");
        std::fs::write(&part, text)?;
        std::fs::rename(&part, file)
    }

    /// What of the state is remembered.
    pub(super) fn of(state: &State) -> Self {
        let theme = match state.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        Self { recent: state.recent.clone(), theme: theme.to_owned(), scale: state.scale }
    }

    /// Puts them into a new state.
    pub(super) fn apply(self, state: &mut State) {
        state.recent = self.recent;
        state.theme = match self.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        };
        state.scale = if self.scale.is_finite() { self.scale.clamp(0.75, 2.0) } else { 1.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/settings.json");
        let settings = Settings {
            recent: vec![PathBuf::from("/data/shop.duckdb")],
            theme: "dark".to_owned(),
            scale: 1.25,
        };
        settings.save(&file).unwrap();
        assert_eq!(Settings::load(&file), settings);
    }

    #[test]
    fn a_broken_file_gives_the_usual_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        std::fs::write(&file, "{\"scale\": ").unwrap();
        assert_eq!(Settings::load(&file), Settings::default());
    }
}
