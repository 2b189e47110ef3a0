//! Files of text become one table: columns by name, and for each a form that fits all parts.

use super::FileLook;
use super::form::{Decided, Habits, decide, missing_words};
use super::seen::{CellPlace, ColumnSeen};
use crate::model::finding::{Finding, Severity};
use crate::model::reading::{Form, TextColumn, TextFiles, TextPart};
use std::path::{Path, PathBuf};

/// Files without a column that are named.
const FILES_NAMED: usize = 3;

/// How files are read, and what is said about them.
#[derive(Debug)]
pub(in crate::sources) struct Read {
    pub files: TextFiles,
    /// Rows that will be read.
    pub rows: u64,
    /// What is said about each column in its place, if anything.
    pub descriptions: Vec<Option<String>>,
    /// Cells with a value in the columns whose form a person named.
    pub forced: Vec<(String, u64)>,
    pub findings: Vec<Finding>,
}

/// Puts the looks at files together. `form_of` says which form a person named for a column.
pub(in crate::sources) fn merged(
    looks: Vec<FileLook>,
    form_of: &dyn Fn(&str) -> Option<Form>,
) -> Read {
    let paths: Vec<PathBuf> = looks.iter().map(|look| look.path.clone()).collect();
    let rows = looks.iter().map(|look| look.rows).sum();
    let mut findings = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<ColumnSeen> = Vec::new();
    let mut without: Vec<Vec<usize>> = Vec::new();
    let mut parts: Vec<TextPart> = Vec::new();
    let semicolons = looks.iter().all(|look| look.dialect.delimiter == ";");
    for (file, look) in looks.into_iter().enumerate() {
        findings.extend(look.findings);
        let mut columns = Vec::with_capacity(look.names.len());
        for (name, mut column) in look.names.into_iter().zip(look.columns) {
            column.in_file(file);
            let same = |other: &String| other.to_lowercase() == name.to_lowercase();
            let index = names.iter().position(same).unwrap_or_else(|| {
                names.push(name);
                seen.push(ColumnSeen::default());
                without.push((0..file).collect());
                names.len() - 1
            });
            seen[index].merge(column);
            columns.push(index);
        }
        for (index, files) in without.iter_mut().enumerate() {
            if !columns.contains(&index) {
                files.push(file);
            }
        }
        match parts.last_mut() {
            Some(last) if last.dialect == look.dialect && last.columns == columns => {
                last.paths.push(look.path);
            }
            _ => parts.push(TextPart { paths: vec![look.path], dialect: look.dialect, columns }),
        }
    }
    findings.extend(lacking(&names, &without, &paths));
    let decided = all_decided(&names, &seen, semicolons, form_of);
    let place = |place: CellPlace| (paths.get(place.file).cloned().unwrap_or_default(), place.line);
    for one in &decided {
        if let Some(told) = &one.told {
            let (path, line) = place(told.place);
            let message = format!("{} {}", one.column.name, told.message);
            let hint =
                format!("to change it, add the correction `columns` with as: \"{}\"", told.instead);
            let finding = Finding::new(told.severity, message).example(&told.example);
            findings.push(finding.at(path, Some(line)).hint(hint));
        }
    }
    let pairs: Vec<(&TextColumn, &ColumnSeen)> =
        decided.iter().map(|one| &one.column).zip(&seen).collect();
    if let Some((message, at)) = missing_words(&pairs) {
        let (path, line) = place(at);
        findings.push(Finding::new(Severity::Note, message).at(path, Some(line)));
    }
    let forced = pairs
        .iter()
        .filter(|(column, _)| column.forced && column.form != Form::Text)
        .map(|(column, seen)| (column.name.clone(), seen.values()))
        .collect();
    let columns: Vec<TextColumn> = decided.into_iter().map(|one| one.column).collect();
    Read {
        rows,
        descriptions: columns.iter().map(description).collect(),
        forced,
        files: TextFiles { parts, columns },
        findings,
    }
}

/// The form of every column; each may say how the others are written.
fn all_decided(
    names: &[String],
    seen: &[ColumnSeen],
    semicolons: bool,
    form_of: &dyn Fn(&str) -> Option<Form>,
) -> Vec<Decided> {
    let habits = Habits { semicolons, ..Habits::default() };
    let first: Vec<Decided> =
        names.iter().zip(seen).map(|(name, seen)| decide(name, seen, habits)).collect();
    let mut days: Vec<bool> = first.iter().filter_map(|one| one.habits.day_first).collect();
    days.sort_unstable();
    days.dedup();
    let habits = Habits {
        semicolons,
        decimal_comma: first.iter().any(|one| one.habits.decimal_comma),
        // Columns that disagree say nothing.
        day_first: days.first().copied().filter(|_| days.len() == 1),
    };
    names
        .iter()
        .zip(seen)
        .map(|(name, seen)| {
            let mut one = decide(name, seen, habits);
            if let Some(form) = form_of(name) {
                one.told = None;
                one.column.missing = match form {
                    Form::Text => Vec::new(),
                    _ => seen.missing(),
                };
                one.column.form = form;
                one.column.forced = true;
            }
            one
        })
        .collect()
}

/// Says in which files columns are missing.
fn lacking(names: &[String], without: &[Vec<usize>], paths: &[PathBuf]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut told: Vec<(&Vec<usize>, Vec<&str>)> = Vec::new();
    for (name, files) in names.iter().zip(without).filter(|(_, files)| !files.is_empty()) {
        match told.iter_mut().find(|(other, _)| *other == files) {
            Some((_, names)) => names.push(name),
            None => told.push((files, vec![name])),
        }
    }
    for (files, columns) in told {
        let file_name = |i: &usize| {
            let name = paths[*i].file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let named: Vec<String> = files.iter().take(FILES_NAMED).map(file_name).collect();
        let more = match files.len().saturating_sub(FILES_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more files"),
        };
        let is = if columns.len() == 1 { "is" } else { "are" };
        let message = format!(
            "{} {is} missing in the rows of {}{more}, which {} no such column",
            columns.join(", "),
            named.join(", "),
            if files.len() == 1 { "has" } else { "have" }
        );
        let path: &Path = &paths[files[0]];
        findings.push(Finding::new(Severity::Note, message).at(path, None));
    }
    findings
}

/// What is said about a column whose text is written in a way of its own.
fn description(column: &TextColumn) -> Option<String> {
    match &column.form {
        Form::Marked(marks) if !marks.unit.is_empty() => Some(format!("In {}", marks.unit)),
        Form::Date(Some(pattern)) => Some(format!("Written as {pattern} in the file")),
        Form::Moment(patterns) => {
            patterns.first().map(|pattern| format!("Written as {pattern} in the file"))
        }
        _ => None,
    }
}
