//! `muster export`: writes the members to a file.

use super::args::{SliceArgs, SourceArgs};
use super::session::{Watch, open_run};
use super::slice::slice;
use super::{Lines, Printed};
use crate::engine::jobs::export::export;
use crate::model::catalog::{Catalog, Entity};
use crate::model::export::{ExportColumn, ExportFormat, ExportRequest, Exported, Normal};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// `muster export PATH --cohort C --to FILE`
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    slice: SliceArgs,
    /// The file to write; its ending decides the format.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Columns in order: a,b=c is column a, and column b under the name c. Default: every feature.
    /// Put a name with a comma or an equals sign in double quotes.
    #[arg(long, value_name = "LIST")]
    columns: Option<String>,
    /// Replace the values of a column by their SHA-256: as they are, or normalised first with
    /// COLUMN:email, COLUMN:google-email, COLUMN:phone or COLUMN:phone-digits. May be given several
    /// times.
    #[arg(long, value_name = "COLUMN")]
    hash: Vec<String>,
    /// In CSV, leave text as it is, even where a spreadsheet would run it as a formula.
    #[arg(long)]
    raw_formulas: bool,
    /// Begin a CSV with a byte order mark, so that Excel reads it as UTF-8.
    #[arg(long)]
    bom: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Export {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let format = format_of(&self.to)?;
        if self.bom && !format.is_sheet_of_text() {
            let what = "only a CSV begins with a byte order mark";
            return Err(Failure::wrong_use(what, "--bom", "leave it out, or write a .csv file"));
        }
        let watch = Watch::new();
        let session = open_run(&self.source, self.slice.now.run()?, &watch)?;
        let opened = session.opened();
        let slice = slice(&self.slice, &opened.catalog, &opened.workspace)?;
        let entity = entity(&opened.catalog, &slice.cohort.entity)?;
        let columns = columns(entity, self.columns.as_deref(), &self.hash)?;
        let request = ExportRequest {
            slice,
            columns,
            path: self.to.clone(),
            format,
            neutralise_formulas: !self.raw_formulas,
            byte_order_mark: self.bom,
        };
        let exported = watch.over(|job| export(&session, &request, job))?;
        let shown = ShownExport::of(&exported);
        Ok(match self.json {
            true => Printed::json(&shown),
            false => Printed::done(&shown.text()),
        })
    }
}

fn format_of(path: &Path) -> Result<ExportFormat, Failure> {
    ExportFormat::of_path(path).ok_or_else(|| {
        Failure::wrong_use(
            "the file's ending does not name a format",
            path.display().to_string(),
            format!("name a file that ends in {}", ExportFormat::endings()),
        )
    })
}

fn entity<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Entity, Failure> {
    catalog
        .entity(name)
        .ok_or_else(|| Failure::wrong_use(format!("there is no entity {name}"), "--cohort", ""))
}

/// The columns that are asked for. Empty when nothing is said, which is every feature.
fn columns(
    entity: &Entity,
    list: Option<&str>,
    hash: &[String],
) -> Result<Vec<ExportColumn>, Failure> {
    let plain = |feature: &str, name: &str| ExportColumn {
        feature: feature.to_owned(),
        name: name.to_owned(),
        hash: None,
    };
    let mut columns = Vec::new();
    match list {
        None if hash.is_empty() => return Ok(columns),
        None => columns.extend(entity.listed().map(|f| plain(&f.name, &f.name))),
        Some(list) => {
            for item in split(list, ',')? {
                let (feature, name) = feature_and_name(entity, &item)?;
                columns.push(plain(&feature, &name));
            }
        }
    }
    for wanted in hash {
        let (name, normal) = to_hash(&columns, wanted)?;
        for column in columns.iter_mut().filter(|c| is_called(c, &name)) {
            column.hash = Some(normal);
        }
    }
    Ok(columns)
}

fn is_called(column: &ExportColumn, name: &str) -> bool {
    column.name == name || column.feature == name
}

/// `column` or `column:how`. A column whose own name holds a colon goes first.
fn to_hash(columns: &[ExportColumn], wanted: &str) -> Result<(String, Normal), Failure> {
    let is_column = |name: &str| columns.iter().any(|c| is_called(c, name));
    if is_column(wanted) {
        return Ok((wanted.to_owned(), Normal::AsItIs));
    }
    let (name, how) = match wanted.rsplit_once(':') {
        Some((name, how)) if is_column(name) => (name, how),
        _ => {
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            return Err(Failure::wrong_use(
                format!("no column is called {wanted}"),
                "--hash",
                format!("the list has {}", names.join(", ")),
            ));
        }
    };
    let normal = Normal::of_word(how.trim()).ok_or_else(|| {
        let known = Normal::ALL.map(|normal| format!("{}: {}", normal.word(), normal.words()));
        Failure::wrong_use(
            format!("there is no way to hash called {how}"),
            format!("--hash {wanted}"),
            format!("available: {}", known.join("; ")),
        )
    })?;
    Ok((name.to_owned(), normal))
}

/// What stands between separators outside of double quotes; the quotes stay.
fn split(text: &str, separator: char) -> Result<Vec<String>, Failure> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        match items.last_mut() {
            Some(item) if quoted || c != separator => item.push(c),
            _ => items.push(String::new()),
        }
    }
    let items: Vec<String> = items.iter().map(|item| item.trim().to_owned()).collect();
    if quoted || items.iter().any(String::is_empty) {
        let what = if quoted { "a double quote is not closed" } else { "a column has no name" };
        return Err(Failure::wrong_use(what, "--columns", "write a,b=c"));
    }
    Ok(items)
}

/// `feature` or `feature=name`. A feature whose own name holds an equals sign goes first.
fn feature_and_name(entity: &Entity, item: &str) -> Result<(String, String), Failure> {
    if let Some(feature) = entity.feature(item) {
        return Ok((feature.name.clone(), feature.name.clone()));
    }
    let parts: Vec<String> = split(item, '=')?.iter().map(|part| unquoted(part)).collect();
    let (feature, name) = match parts.as_slice() {
        [feature] => (feature, None),
        [feature, name] => (feature, Some(name)),
        _ => {
            let what = format!("{item} has more than one equals sign");
            return Err(Failure::wrong_use(what, "--columns", "put the name in double quotes"));
        }
    };
    let found = entity.known_feature(feature, "--columns")?;
    Ok((found.name.clone(), name.unwrap_or(&found.name).clone()))
}

/// A name without its double quotes; a doubled one inside is one.
fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("\"\"", "\""))
}

#[derive(Debug, Serialize)]
struct ShownExport {
    schema: u32,
    file: String,
    manifest: String,
    rows: u64,
    sha256: String,
    apostrophes: u64,
    changes: Vec<String>,
}

impl ShownExport {
    fn of(exported: &Exported) -> Self {
        Self {
            schema: 1,
            file: exported.path.to_string_lossy().into_owned(),
            manifest: exported.manifest.to_string_lossy().into_owned(),
            rows: exported.rows,
            sha256: exported.sha256.clone(),
            apostrophes: exported.changed.cells(),
            changes: exported.changed.told(),
        }
    }

    fn text(&self) -> Lines {
        let mut out = Lines::default();
        out.line(format_args!("{} rows in {}", grouped(self.rows), self.file));
        for change in &self.changes {
            out.line(format_args!("{change}"));
        }
        if self.apostrophes > 0 {
            out.line("  --raw-formulas writes them as they are");
        }
        out.line(format_args!("Manifest: {}", self.manifest));
        out.line(format_args!("SHA-256: {}", self.sha256));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::show::tests::shop;
    use super::*;
    use crate::model::catalog::Column;
    use crate::model::export::{Apostrophes, ListChanges, Normalised};
    use crate::model::value::Kind;

    /// The shop's customer with two features of odd names.
    fn customer() -> Entity {
        let mut entity = shop().entities.remove(0);
        for name in ["a,b", "a=b"] {
            entity.features.push(Column {
                name: name.into(),
                type_name: "VARCHAR".into(),
                kind: Kind::Text,
                description: None,
                personal: None,
            });
        }
        entity
    }

    fn check(list: Option<&str>, hash: &[&str]) -> String {
        let hash: Vec<String> = hash.iter().map(|h| (*h).to_owned()).collect();
        match columns(&customer(), list, &hash) {
            Err(failure) => format!("{failure}"),
            Ok(columns) => {
                let column = |c: &ExportColumn| {
                    let hashed = c.hash.map(|how| format!(" hashed {}", how.word()));
                    format!("{} as {}{}", c.feature, c.name, hashed.unwrap_or_default())
                };
                columns.iter().map(column).collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn columns_are_chosen_renamed_and_hashed() {
        assert_eq!(check(None, &[]), "");
        assert_eq!(
            check(Some("EMAIL, customer_id=Id"), &["email"]),
            "email as email hashed as-is; customer_id as Id"
        );
        assert_eq!(check(Some("customer_id=Id"), &["Id"]), "customer_id as Id hashed as-is");
        assert!(
            check(None, &["email"]).contains("customer_id as customer_id; email as email hashed")
        );
        assert_eq!(
            check(Some("email,customer_id=a:phone"), &["email:EMAIL", "a:phone"]),
            "email as email hashed email; customer_id as a:phone hashed as-is"
        );
    }

    #[test]
    fn names_with_commas_and_equals_signs_can_be_written() {
        assert_eq!(check(Some("a=b"), &[]), "a=b as a=b");
        assert_eq!(check(Some("\"a,b\"=\"x,\"\"y\""), &[]), "a,b as x,\"y");
        assert_eq!(check(Some("\"a=b\"=c"), &[]), "a=b as c");
    }

    #[test]
    fn mistakes_in_columns_say_what_there_is() {
        assert_eq!(
            check(Some("nope"), &[]),
            "customer has no feature nope; --columns; available: customer_id, email, a,b, a=b"
        );
        assert_eq!(check(Some("email,"), &[]), "a column has no name; --columns; write a,b=c");
        assert_eq!(
            check(Some("\"email"), &[]),
            "a double quote is not closed; --columns; write a,b=c"
        );
        assert_eq!(
            check(Some("email"), &["id"]),
            "no column is called id; --hash; the list has email"
        );
        assert!(
            check(Some("email"), &["email:md5"]).starts_with(
                "there is no way to hash called md5; --hash email:md5; available: as-is"
            )
        );
    }

    #[test]
    fn the_json_reads_like_this() {
        let exported = Exported {
            path: "/out/list.csv".into(),
            manifest: "/out/list.csv.manifest.json".into(),
            rows: 1_234,
            sha256: "ab".into(),
            changed: ListChanges {
                apostrophes: vec![Apostrophes {
                    column: "note".into(),
                    cells: 3,
                    example: "=1+1".into(),
                }],
                normalised: vec![Normalised {
                    column: "phone".into(),
                    how: Normal::Phone,
                    changed: 1_200,
                    lost: 4,
                }],
            },
        };
        insta::assert_snapshot!(Printed::json(&ShownExport::of(&exported)).text, @r#"
        {
          "schema": 1,
          "file": "/out/list.csv",
          "manifest": "/out/list.csv.manifest.json",
          "rows": 1234,
          "sha256": "ab",
          "apostrophes": 3,
          "changes": [
            "3 cells got an apostrophe, so that no spreadsheet runs them: in note, such as `=1+1`",
            "phone was hashed as a phone number, + and digits: 1,200 values were changed by that; 4 are not phone numbers with a country code and were left empty"
          ]
        }
        "#);
    }
}
