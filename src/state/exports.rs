//! The export sheet: a list's file, format and columns.

use super::{Dialog, Effect, ExportAction, JobKind, Place, State};
use crate::model::export::{ExportColumn, ExportFormat, ExportRequest};
use crate::model::question::Slice;
use crate::protocol::Command;
use std::path::{Path, PathBuf};

/// What the sheet holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSheet {
    /// The file, as typed.
    pub path: String,
    /// Its format.
    pub format: ExportFormat,
    /// Every feature: whether it is in the list, and how.
    pub columns: Vec<(bool, ExportColumn)>,
    /// Whether formulas are made harmless in CSV.
    pub neutralise: bool,
    /// Whether a CSV begins with the mark by which Excel knows UTF-8.
    pub mark: bool,
    /// The search over columns.
    pub search: String,
    /// The path of which it was asked last what is there, and the answer.
    looked: Option<(String, Option<Place>)>,
    /// The cohort or segment that the columns were set up for.
    made_for: Option<String>,
}

impl Default for ExportSheet {
    fn default() -> Self {
        Self {
            path: String::new(),
            format: ExportFormat::Csv,
            columns: Vec::new(),
            neutralise: true,
            mark: false,
            search: String::new(),
            looked: None,
            made_for: None,
        }
    }
}

impl ExportSheet {
    /// Takes the columns of what is on the canvas. Those chosen before stay while they are of the
    /// same entity.
    fn offer(&mut self, columns: Vec<(bool, ExportColumn)>) {
        let here = |feature: &str| self.columns.iter().any(|c| c.1.feature == feature);
        let same =
            self.columns.len() == columns.len() && columns.iter().all(|c| here(&c.1.feature));
        if !same {
            self.columns = columns;
        }
    }

    /// Proposes a file for another list than the one before.
    fn name_after(&mut self, title: String, folder: PathBuf) {
        if self.made_for.as_ref() != Some(&title) {
            let file = format!("{}.{}", file_stem(&title), self.format.ending());
            self.path = folder.join(file).to_string_lossy().into_owned();
            self.made_for = Some(title);
        }
    }

    /// What is in the place of the file, when that is known.
    pub fn place(&self) -> Option<Place> {
        let (path, place) = self.looked.as_ref()?;
        place.filter(|_| *path == self.path)
    }

    /// The columns that the search finds, by their place in the list.
    pub fn found(&self) -> Vec<usize> {
        let named = self.columns.iter().map(|c| (c.1.feature.as_str(), c.1.name.as_str()));
        let mut found = super::search::ranked(&self.search, named);
        found.sort_unstable();
        found
    }

    /// The list that the sheet describes.
    ///
    /// # Errors
    /// What is missing, as a phrase.
    fn request(&self, slice: Slice) -> Result<ExportRequest, String> {
        let columns: Vec<ExportColumn> =
            self.columns.iter().filter(|c| c.0).map(|c| c.1.clone()).collect();
        check(&columns, &self.path)?;
        Ok(ExportRequest {
            slice,
            columns,
            path: PathBuf::from(self.path.trim()),
            format: self.format,
            neutralise_formulas: self.neutralise,
            byte_order_mark: self.mark && self.format.is_sheet_of_text(),
        })
    }
}

impl State {
    pub(super) fn on_export(&mut self, action: ExportAction) -> Vec<Effect> {
        let mut effects = self.carry_out_export(action);
        let sheet = &mut self.front.export;
        let is_asked = sheet.looked.as_ref().is_some_and(|(path, _)| *path == sheet.path);
        if self.front.dialog == Dialog::Export && !is_asked {
            sheet.looked = Some((sheet.path.clone(), None));
            effects.push(Effect::LookAt(sheet.path.clone()));
        }
        effects
    }

    fn carry_out_export(&mut self, action: ExportAction) -> Vec<Effect> {
        if !matches!(action, ExportAction::Looked(..)) {
            self.front.error = None;
        }
        let sheet = &mut self.front.export;
        match action {
            ExportAction::Open => self.open_export(),
            ExportAction::Path(path) => {
                if let Some(format) = ExportFormat::of_path(path.as_ref()) {
                    sheet.format = format;
                }
                sheet.path = path;
            }
            ExportAction::PickPath => {
                let path = PathBuf::from(&sheet.path);
                let name = super::source::file_name(&path);
                let folder = path.parent().map(PathBuf::from);
                return vec![Effect::PickSavePath { folder, name }];
            }
            ExportAction::Format(format) => {
                sheet.format = format;
                let path = PathBuf::from(&sheet.path).with_extension(format.ending());
                sheet.path = path.to_string_lossy().into_owned();
            }
            ExportAction::Choose(index, on) => {
                if let Some(column) = sheet.columns.get_mut(index) {
                    column.0 = on;
                }
            }
            ExportAction::ChooseAll(on) => sheet.columns.iter_mut().for_each(|c| c.0 = on),
            ExportAction::Rename(index, name) => {
                if let Some(column) = sheet.columns.get_mut(index) {
                    column.1.name = name;
                }
            }
            ExportAction::Hash(index, hash) => {
                if let Some(column) = sheet.columns.get_mut(index) {
                    column.1.hash = hash;
                }
            }
            ExportAction::Move(index, by) => {
                if let Some(to) = index.checked_add_signed(by).filter(|t| *t < sheet.columns.len())
                {
                    sheet.columns.swap(index, to);
                }
            }
            ExportAction::Search(text) => sheet.search = text,
            ExportAction::Looked(path, place) => {
                // Of a path that was typed over by now nothing is to be known.
                if let Some((_, told)) = sheet.looked.as_mut().filter(|(asked, _)| *asked == path) {
                    *told = Some(place);
                }
            }
            ExportAction::Neutralise(on) => sheet.neutralise = on,
            ExportAction::Mark(on) => sheet.mark = on,
            ExportAction::Start { replace } => return self.start_export(replace),
        }
        Vec::new()
    }

    fn open_export(&mut self) {
        let Some(entity) = self.entity() else { return };
        let columns: Vec<(bool, ExportColumn)> = entity
            .features
            .iter()
            .map(|f| {
                let (feature, name) = (f.name.clone(), f.name.clone());
                (!entity.is_taken_apart(f), ExportColumn { feature, name, hash: None })
            })
            .collect();
        let title = self.export_title();
        let beside = || self.source.catalog().and_then(|c| folder_beside(&c.path));
        let usual = || self.settings.downloads.clone();
        let folder = self.settings.lists_folder.clone().or_else(usual).or_else(beside);
        let sheet = &mut self.front.export;
        sheet.search.clear();
        // What was there when the sheet was open last may be gone.
        sheet.looked = None;
        sheet.offer(columns);
        sheet.name_after(title, folder.unwrap_or_default());
        self.front.show(Dialog::Export);
        self.focus = Some(super::Focus::ExportPath);
    }

    /// What the list is called.
    pub fn export_title(&self) -> String {
        let Some(cohort) = &self.canvas.cohort else { return String::new() };
        let whole =
            || cohort.cohort.clone().unwrap_or_else(|| super::values::everyone_of(&cohort.entity));
        match &self.canvas.segment {
            Some(segment) if self.canvas.is_dirty() => format!("{segment}, changed"),
            Some(segment) => segment.clone(),
            None if self.canvas.tree().is_idle() => whole(),
            // A part of a cohort does not go by the name of the whole.
            None => {
                let words = crate::language::words::tree(self.canvas.tree(), None);
                format!("{}, {}", whole(), first_words(&words))
            }
        }
    }

    fn start_export(&mut self, replace: bool) -> Vec<Effect> {
        let Some(slice) = self.slice() else { return Vec::new() };
        if self.front.export.place() == Some(Place::File) && !replace {
            let name = super::source::file_name(Path::new(&self.front.export.path));
            self.front.error = Some(format!("{name} is there already; Replace writes over it"));
            return Vec::new();
        }
        let request = match self.front.export.request(slice) {
            Ok(request) => request,
            Err(why) => {
                self.front.error = Some(why);
                return Vec::new();
            }
        };
        let name = super::source::file_name(&request.path);
        self.front.show(Dialog::None);
        let ticket = self.ticket();
        self.status.start_job(ticket, JobKind::Export, format!("Exporting {name}"));
        vec![Effect::Send(Command::Export { ticket, request: Box::new(request) })]
    }
}

/// As many whole words as fit into the name of a list.
fn first_words(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(TITLE_MAX) else { return text.to_owned() };
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", text[..end].trim_end_matches([' ', ',']))
}

/// Letters of a slice's words in the name of its list.
const TITLE_MAX: usize = 48;

fn check(columns: &[ExportColumn], path: &str) -> Result<(), String> {
    if path.trim().is_empty() {
        return Err("type the path of the file to write".to_owned());
    }
    if columns.is_empty() {
        return Err("choose at least one column".to_owned());
    }
    let mut names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    if names.iter().any(|n| n.trim().is_empty()) {
        return Err("every column needs a name".to_owned());
    }
    names.sort_unstable();
    match names.windows(2).find(|w| w[0] == w[1]) {
        Some(twice) => Err(format!("two columns are called {}", twice[0])),
        None => Ok(()),
    }
}

/// The folder in which the lists of a source are proposed: the source itself, or where it lies.
fn folder_beside(source: &Path) -> Option<PathBuf> {
    let folder = if source.extension().is_some() { source.parent()? } else { source };
    Some(folder.to_owned())
}

fn file_stem(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}
