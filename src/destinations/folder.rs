//! A file of rows in a folder: for whatever reads files, or for a person.

use super::settings::{Nature, Setting, Settings};
use super::{Field, FileFormat, Files, Kind, Takes, lists};
use serde_json::{Map, Value};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "folder",
    label: "Folder",
    about: "rows as CSV or Parquet in a folder",
    settings: SETTINGS,
    takes: Takes::File(&Folder),
};

const SETTINGS: &[Setting] = &[
    lists::FOLDER,
    lists::file("members"),
    Setting::optional("format", "Format", Nature::Choice(&["csv", "parquet"]), "csv", "csv"),
];

struct Folder;

impl Files for Folder {
    fn fields(&self, _: &Settings) -> Vec<Field> {
        Vec::new()
    }

    fn is_open(&self) -> bool {
        true
    }

    fn tells_ops(&self) -> bool {
        true
    }

    fn format(&self, settings: &Settings) -> FileFormat {
        match settings.text("format") {
            "parquet" => FileFormat::Parquet,
            _ => FileFormat::Csv,
        }
    }

    /// Its key tells who is meant, whatever is mapped.
    fn invalid(&self, _: &Map<String, Value>) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_one_that_was_chosen() {
        let format = |word: &str| Folder.format(&Settings::of(&[("format", word)], &[])).word();
        let Nature::Choice(words) = SETTINGS[2].nature else { panic!("it is a choice") };
        for word in words {
            assert_eq!(format(word), *word);
        }
        let named = Settings::of(&[("file", "vip/list")], &[]);
        assert_eq!(Folder.file(&named), "vip-list");
    }
}
