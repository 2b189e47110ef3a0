//! What outlives the session: recent files, where each was left, theme and the size of text.

use super::Bookmark;
use super::choices::Theme;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Recent files that are remembered.
const RECENT_MAX: usize = 12;

/// Sources whose places are remembered.
const PLACES_MAX: usize = 40;

/// What the window remembers between sittings. The app keeps it in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Files opened before, newest first.
    pub recent: Vec<PathBuf>,
    /// Where each source was left, by its path.
    pub places: BTreeMap<PathBuf, Bookmark>,
    /// Light, dark or as the system says.
    pub theme: Theme,
    /// The size of text, from 0.75 to 2.
    pub scale: f32,
    /// The folder that the last list was written to.
    pub lists_folder: Option<PathBuf>,
    /// The folder for downloads of the person, where lists go at first. Not remembered.
    pub downloads: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            recent: Vec::new(),
            places: BTreeMap::new(),
            theme: Theme::System,
            scale: 1.0,
            lists_folder: None,
            downloads: None,
        }
    }
}

impl Settings {
    /// Puts a path at the head of the recent ones.
    pub(super) fn keep_recent(&mut self, path: PathBuf) {
        self.recent.retain(|p| *p != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT_MAX);
    }

    /// Keeps where a source was left. Places of files that are no longer recent go first.
    pub(super) fn keep_place(&mut self, key: PathBuf, place: Bookmark) {
        self.places.insert(key.clone(), place);
        while self.places.len() > PLACES_MAX {
            let far = |path: &&PathBuf| !self.recent.contains(path) && **path != key;
            let Some(path) = self.places.keys().find(far).cloned() else { break };
            self.places.remove(&path);
        }
    }
}
