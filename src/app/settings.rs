//! What the window remembers between sittings: recent files, where each was left, theme and the
//! size of text.
//!
//! A small JSON file of its own in the user's data folder. One that cannot be read is set aside
//! rather than in the way of the start.

use crate::disk::{Readers, limit, read, write};
use crate::state::{Bookmark, Settings, Theme};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeptSettings {
    recent: Vec<PathBuf>,
    theme: String,
    scale: f32,
    lists_folder: Option<PathBuf>,
    places: BTreeMap<PathBuf, KeptPlace>,
}

/// Where a source was left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct KeptPlace {
    cohort: String,
    condition: String,
    segment: Option<String>,
    tab: String,
}

impl From<&Bookmark> for KeptPlace {
    fn from(place: &Bookmark) -> Self {
        let Bookmark { cohort, condition, segment, tab } = place.clone();
        Self { cohort, condition, segment, tab }
    }
}

impl From<KeptPlace> for Bookmark {
    fn from(KeptPlace { cohort, condition, segment, tab }: KeptPlace) -> Self {
        Self { cohort, condition, segment, tab }
    }
}

impl Default for KeptSettings {
    fn default() -> Self {
        Self::from(&Settings::default())
    }
}

impl KeptSettings {
    /// Where they are kept; none when the user has no data folder.
    pub(super) fn file() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("", "", "muster")?;
        Some(folders.data_dir().join("settings.json"))
    }

    /// Reads them. A missing or broken file gives the usual ones.
    pub(super) fn load(file: &Path) -> Self {
        let Ok(text) = read::text(file, limit::SETTINGS) else { return Self::default() };
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
            write::create_private_folder(folder)?;
        }
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        write::replace(file, text.as_bytes(), Readers::Owner)
    }
}

impl From<&Settings> for KeptSettings {
    fn from(settings: &Settings) -> Self {
        let theme = match settings.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let places = settings.places.iter().map(|(path, place)| (path.clone(), place.into()));
        Self {
            recent: settings.recent.clone(),
            theme: theme.to_owned(),
            scale: settings.scale,
            lists_folder: settings.lists_folder.clone(),
            places: places.collect(),
        }
    }
}

impl From<KeptSettings> for Settings {
    fn from(kept: KeptSettings) -> Self {
        let theme = match kept.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        };
        Self {
            recent: kept.recent,
            places: kept.places.into_iter().map(|(path, place)| (path, place.into())).collect(),
            theme,
            scale: if kept.scale.is_finite() { kept.scale.clamp(0.75, 2.0) } else { 1.0 },
            lists_folder: kept.lists_folder,
            downloads: downloads(),
        }
    }
}

/// Where the person's downloads go.
fn downloads() -> Option<PathBuf> {
    let folders = directories::UserDirs::new()?;
    folders.download_dir().filter(|folder| folder.is_dir()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/settings.json");
        let settings = KeptSettings {
            recent: vec![PathBuf::from("/data/shop.duckdb")],
            theme: "dark".to_owned(),
            scale: 1.25,
            lists_folder: Some(PathBuf::from("/data/lists")),
            places: BTreeMap::from([(
                PathBuf::from("/data/shop.duckdb"),
                KeptPlace {
                    cohort: "user/known".to_owned(),
                    condition: "orders >= 3".to_owned(),
                    segment: Some("regulars".to_owned()),
                    tab: "People".to_owned(),
                },
            )]),
        };
        settings.save(&file).unwrap();
        assert_eq!(KeptSettings::load(&file), settings);
    }

    #[test]
    fn a_broken_file_gives_the_usual_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        std::fs::write(&file, "{\"scale\": ").unwrap();
        assert_eq!(KeptSettings::load(&file), KeptSettings::default());
    }
}
