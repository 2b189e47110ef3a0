//! What the paths that were opened mean: which files are data, and which of them are one table.

use super::lake::{self, Lake};
use super::sqlite;
use crate::disk::links::{self, Entry, Opened};
use crate::disk::read;
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Folders within folders beyond this are not looked into.
const DEPTH_MAX: usize = 6;
/// More files than these are not opened at once.
const FILES_MAX: usize = 20_000;
/// So many links and pipes of a folder are told one by one.
const TOLD_MAX: usize = 20;

/// What kind of data a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// JSON lines or a JSON document.
    Json,
    /// Delimited text.
    Csv,
    /// A folder with Parquet files and the log of a Delta table.
    Delta,
    /// An SQLite database: several tables.
    Sqlite,
    /// An Excel workbook: several tables.
    Workbook,
}

impl Format {
    /// Whether one file may hold several tables.
    pub(super) fn holds_tables(self) -> bool {
        matches!(self, Self::Sqlite | Self::Workbook)
    }
}

/// Files that may be one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSet {
    /// What the table would be called.
    pub name: String,
    /// The files in name order.
    pub paths: Vec<PathBuf>,
    /// What they hold.
    pub format: Format,
}

impl FileSet {
    /// The files whose change changes the table: those that say which files are live, and those
    /// beside a file in which changes wait.
    pub fn watched(&self) -> Vec<PathBuf> {
        match self.format {
            Format::Delta => self.paths.iter().flat_map(|folder| lake::log_files(folder)).collect(),
            Format::Sqlite => {
                let with_logs =
                    |path: &PathBuf| sqlite::logs_of(path).into_iter().chain([path.clone()]);
                self.paths.iter().flat_map(with_logs).collect()
            }
            _ => self.paths.clone(),
        }
    }
}

/// Whether a path is a DuckDB database file: by its first bytes, or by its name.
pub fn is_database(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let head = head(path);
    if is_database_head(&head) || head.starts_with(sqlite::HEAD) {
        return is_database_head(&head);
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    matches!(extension.as_str(), "duckdb" | "ddb" | "db")
}

/// What a file that is named like a DuckDB database holds instead, and what to try; `None` when it
/// may be one.
pub fn instead_of_database(path: &Path) -> Option<(String, String)> {
    if let Some(what) = read::instead_of_file(path) {
        return Some((format!("this is {what}, not a file"), "name a DuckDB file".into()));
    }
    if let Some(what) = odd_log(path) {
        return Some(what);
    }
    let head = head(path);
    if is_database_head(&head) {
        return super::blocks::has_and_needs(path)
            .filter(|(has, needs)| has < needs)
            .map(|(has, needs)| cut_short(has, needs));
    }
    if head.is_empty() {
        return Some(("the file is empty".into(), "get another copy of the file".into()));
    }
    let this_is = |what: &str| format!("this is {what}, not a DuckDB database");
    if head.starts_with(b"PAR1") {
        return Some((this_is("a Parquet file"), "rename it so that it ends in .parquet".into()));
    }
    if let Some(strange) = strange(&head) {
        return Some((this_is(strange.name()), "check that the right file was chosen".into()));
    }
    let text = std::str::from_utf8(&head).is_ok() && !head.contains(&0);
    text.then(|| (this_is("a text file"), "rename it so that it ends in .csv or .json".into()))
}

/// A file that is shorter than what it says it holds would be read with silent gaps.
pub(super) fn cut_short(has: u64, needs: u64) -> (String, String) {
    (
        format!("the database is cut short: it has {has} bytes and needs {needs}"),
        "get another copy of the file, or a backup".to_owned(),
    )
}

/// The files in which a database keeps changes on their way into it: the log, and what stands in
/// for it while the changes go over. The database opens them by these names.
pub fn logs_of(path: &Path) -> [PathBuf; 3] {
    let log = log_of(path).into_os_string();
    ["", ".checkpoint", ".recovery"].map(|end| {
        let mut name = log.clone();
        name.push(end);
        name.into()
    })
}

/// What is wrong with the logs beside a database, and what to try: the database reads them, and
/// writes to them. `None` when there is none, or they are files.
pub fn odd_log(path: &Path) -> Option<(String, String)> {
    logs_of(path).iter().find_map(|log| {
        let what = match links::is_link(log) {
            true => "a link".to_owned(),
            false => read::instead_of_file(log)?.to_string(),
        };
        let what = format!("the log of pending changes, {}, is {what}, not a file", file_name(log));
        let hint = format!("remove {}, or get another copy of the database", log.display());
        Some((what, hint))
    })
}

/// The storage version that a DuckDB database says it has.
pub fn storage_version(path: &Path) -> Option<u64> {
    let head = head(path);
    let bytes = head.get(12..20).filter(|_| is_database_head(&head))?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

fn is_database_head(head: &[u8]) -> bool {
    head.get(8..12) == Some(b"DUCK")
}

fn head(path: &Path) -> Vec<u8> {
    // What cannot be read is told when it is read in earnest.
    read::head(path, 64).unwrap_or_default()
}

/// The sets of files that the paths mean, in name order.
///
/// # Errors
/// When a path is missing, or nothing in it is data.
pub fn file_sets(paths: &[PathBuf], findings: &mut Vec<Finding>) -> Result<Vec<FileSet>, Failure> {
    let mut found = Walk::default();
    for path in paths {
        let place = || path.display().to_string();
        if !path.exists() {
            return Err(Failure::wrong_use(
                "there is no such file or folder",
                place(),
                "check the path",
            ));
        }
        if path.is_dir() {
            let listed = Opened::new(path).and_then(|mut opened| found.walk(&mut opened, path, 0));
            listed.map_err(|e| {
                Failure::new(format!("the folder cannot be listed: {e}"), place(), "")
            })?;
        } else {
            if let Some(what) = read::instead_of_file(path) {
                let what = format!("this is {what}, not a file");
                return Err(Failure::new(what, place(), "save its output to a file"));
            }
            let format = format_by_name(path).or_else(|| format_by_content(path));
            let Some(format) = format else {
                return Err(unknown(path));
            };
            found.files.push(FoundFiles { path: path.clone(), format, depth: 0 });
        }
    }
    let Walk { files, ignored, lists, strays, refused } = found;
    if !ignored.is_empty() {
        findings.push(left_out(&ignored));
    }
    if !lists.is_empty() {
        let message = format!(
            "{} {} written by Muster, with a manifest, and not read as data",
            lists.join(", "),
            if lists.len() == 1 { "is a list" } else { "are lists" }
        );
        let hint = "to read it, open the file by itself, or move its manifest away";
        findings.push(Finding::new(Severity::Note, message).hint(hint));
    }
    if files.is_empty()
        && let Some(failure) = refused.first()
    {
        return Err(failure.clone());
    }
    findings.extend(refused.into_iter().map(|failure| {
        Finding::new(Severity::Error, failure.what).at(failure.place, None).hint(failure.hint)
    }));
    if files.is_empty() {
        let place = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        let mut what = "there is no Parquet, CSV, TSV or JSON file".to_owned();
        let mut hint = "choose a folder with data files, or a DuckDB file by itself".to_owned();
        if let Some(stray) = strays.into_iter().next() {
            what = format!("{what}: {}", stray.message);
            hint = stray.hint.unwrap_or(hint);
        }
        return Err(Failure::new(what, place, hint));
    }
    let more = strays.len().saturating_sub(TOLD_MAX);
    findings.extend(strays.into_iter().take(TOLD_MAX));
    if more > 0 {
        let message = format!("{more} more links, pipes or devices are not read");
        findings.push(Finding::new(Severity::Warning, message));
    }
    if files.len() > FILES_MAX {
        return Err(Failure::new(
            format!("{} files are too many to open at once", files.len()),
            "",
            "choose a folder inside it",
        ));
    }
    Ok(grouped(files))
}

struct FoundFiles {
    path: PathBuf,
    format: Format,
    depth: usize,
}

/// What is found in folders.
#[derive(Default)]
struct Walk {
    files: Vec<FoundFiles>,
    /// Files that are no data.
    ignored: Vec<PathBuf>,
    /// Lists that were written here.
    lists: Vec<String>,
    /// Links that lead out of the folder, and what is no file.
    strays: Vec<Finding>,
    /// Tables that are not read.
    refused: Vec<Failure>,
}

impl Walk {
    fn walk(&mut self, opened: &mut Opened, folder: &Path, depth: usize) -> std::io::Result<()> {
        let entries = opened.entries(folder)?;
        match lake::kind(&entries) {
            Some(Lake::Delta) => {
                let path = folder.to_path_buf();
                self.files.push(FoundFiles { path, format: Format::Delta, depth });
                return Ok(());
            }
            Some(Lake::Other(name)) => {
                self.refused.push(lake::refusal(name, folder));
                return Ok(());
            }
            None => {}
        }
        for (path, entry) in entries {
            let name = file_name(&path);
            if name.starts_with('.') || name.starts_with('_') {
                continue;
            }
            match entry {
                Entry::Folder if depth < DEPTH_MAX => self.walk(opened, &path, depth + 1)?,
                Entry::Folder => self.ignored.push(path),
                Entry::File if is_own_list(&path, &name) => self.lists.push(name),
                Entry::File => match format_by_name(&path).filter(|_| !is_prose(&name)) {
                    Some(format) => self.files.push(FoundFiles { path, format, depth }),
                    None => self.ignored.push(path),
                },
                stray => self.strays.extend(stray.finding(&path)),
            }
            if self.files.len() > FILES_MAX {
                break;
            }
        }
        Ok(())
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The longest manifest that is looked into.
const MANIFEST_MAX: u64 = 4 << 20;

/// Whether a file is a list that was written by Muster: a manifest beside it says so.
fn is_own_list(path: &Path, name: &str) -> bool {
    let manifest = path.with_file_name(format!("{name}.manifest.json"));
    if !manifest.is_file() || links::is_link(&manifest) {
        return false;
    }
    let Ok(text) = read::head(&manifest, MANIFEST_MAX) else { return false };
    let Ok(said) = serde_json::from_slice::<serde_json::Value>(&text) else { return false };
    said["schema"].is_u64() && said["file"] == name && said["sql"].is_string()
}

/// Files that lie beside data but are not data.
fn is_prose(name: &str) -> bool {
    let lower = name.to_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    let prose = ["readme", "license", "licence", "copying", "notice", "changelog", "authors"];
    let ours = lower.ends_with(".manifest.json") || lower == "manifest.json";
    (prose.contains(&stem) && !lower.ends_with(".csv") && !lower.ends_with(".parquet"))
        || ours
        || matches!(lower.as_str(), "package.json" | "datapackage.json" | "requirements.txt")
}

/// What a file's name says that it holds.
fn format_by_name(path: &Path) -> Option<Format> {
    let (_, extension) = split(path);
    match extension.as_str() {
        "csv" | "tsv" | "txt" | "tab" | "psv" => Some(Format::Csv),
        "json" | "jsonl" | "ndjson" => Some(Format::Json),
        "parquet" | "pq" | "parq" => Some(Format::Parquet),
        "xlsx" | "xlsm" => Some(Format::Workbook),
        "sqlite" | "sqlite3" | "db3" | "s3db" => Some(Format::Sqlite),
        // Others call their databases so too.
        "db" | "duckdb" if head(path).starts_with(sqlite::HEAD) => Some(Format::Sqlite),
        _ => None,
    }
}

/// What a file without a telling name holds, by its first bytes.
fn format_by_content(path: &Path) -> Option<Format> {
    let head = head(path);
    if head.starts_with(b"PAR1") {
        return Some(Format::Parquet);
    }
    if head.starts_with(sqlite::HEAD) {
        return Some(Format::Sqlite);
    }
    if head.is_empty() || strange(&head).is_some() || head.contains(&0) {
        return None;
    }
    let first = head.iter().find(|b| !b.is_ascii_whitespace());
    Some(if matches!(first, Some(b'{' | b'[')) { Format::Json } else { Format::Csv })
}

/// A format that is not read, or not under a name that says another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strange {
    Sqlite,
    Zip,
    Pdf,
    OldOffice,
    Gzip,
    Zstd,
    Bzip2,
    Arrow,
    Avro,
    Orc,
}

impl Strange {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "an SQLite database",
            Self::Zip => "a ZIP archive or a spreadsheet",
            Self::Pdf => "a PDF document",
            Self::OldOffice => "an old Office document",
            Self::Gzip => "a gzip archive",
            Self::Zstd => "a zstd archive",
            Self::Bzip2 => "a bzip2 archive",
            Self::Arrow => "an Arrow file",
            Self::Avro => "an Avro file",
            Self::Orc => "an ORC file",
        }
    }

    /// How the name of a file ends that is read although it is packed so.
    fn packed_ending(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some(".gz"),
            Self::Zstd => Some(".zst"),
            _ => None,
        }
    }
}

/// The format that a file's first bytes tell.
fn strange(head: &[u8]) -> Option<Strange> {
    [
        (&b"SQLite format 3"[..], Strange::Sqlite),
        (b"PK\x03\x04", Strange::Zip),
        (b"%PDF", Strange::Pdf),
        (b"\xd0\xcf\x11\xe0", Strange::OldOffice),
        (b"\x1f\x8b", Strange::Gzip),
        (b"\x28\xb5\x2f\xfd", Strange::Zstd),
        (b"BZh", Strange::Bzip2),
        (b"ARROW1", Strange::Arrow),
        (b"Obj\x01", Strange::Avro),
        (b"ORC", Strange::Orc),
    ]
    .iter()
    .find(|(magic, _)| head.starts_with(magic))
    .map(|(_, strange)| *strange)
}

fn unknown(path: &Path) -> Failure {
    let head = head(path);
    let what = match strange(&head) {
        _ if head.is_empty() => "the file is empty".to_owned(),
        Some(strange) => format!("this is {}, which Muster does not read", strange.name()),
        None => "this kind of file is not known".to_owned(),
    };
    Failure::new(
        what,
        path.display().to_string(),
        "choose a DuckDB, SQLite, Parquet, CSV, TSV, JSON or .xlsx file, or a folder of them",
    )
}

/// Finds a file whose content is not what its name says.
///
/// # Errors
/// A failure that names what it is instead.
pub fn check_content(path: &Path, format: Format) -> Result<(), Failure> {
    if format == Format::Delta {
        // Its log says which files are read.
        return Ok(());
    }
    let place = path.display().to_string();
    let length = read::open(path).and_then(|file| file.metadata()).map(|facts| facts.len());
    let length = length.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "change the file's permissions",
            _ => "",
        };
        Failure::new(format!("the file cannot be read: {error}"), &place, hint)
    })?;
    if length == 0 {
        return Err(Failure::new("the file is empty", place, "get another copy of the file"));
    }
    let head = head(path);
    let compressed = is_compressed(path);
    let parquet = head.starts_with(b"PAR1");
    let is = |what: &str, end: &str| {
        let name = match format {
            Format::Parquet | Format::Delta => "Parquet",
            Format::Json => "JSON",
            Format::Csv => "CSV",
            Format::Sqlite => "SQLite",
            Format::Workbook => "Excel",
        };
        let what = format!("this is {what}, though its name says {name}");
        Failure::new(what, place.clone(), format!("rename it so that it ends in {end}"))
    };
    if is_database_head(&head) {
        return Err(is("a DuckDB database", ".duckdb"));
    }
    if format == Format::Workbook && head.starts_with(b"PK\x03\x04")
        || format == Format::Sqlite && head.starts_with(sqlite::HEAD)
    {
        return Ok(());
    }
    if parquet && format != Format::Parquet {
        return Err(is("a Parquet file", ".parquet"));
    }
    if let Some(strange) = strange(&head)
        && !(compressed && strange.packed_ending().is_some())
        // The header of a text may begin so.
        && !(format == Format::Csv && strange == Strange::Orc)
    {
        return Err(match strange.packed_ending() {
            Some(end) => is(strange.name(), end),
            None => unknown(path),
        });
    }
    if format.holds_tables() {
        let what = match format {
            Format::Sqlite => "this is not an SQLite database",
            _ => "this is not an .xlsx workbook",
        };
        return Err(Failure::new(what, place, "get another copy of the file"));
    }
    if format == Format::Parquet && !parquet {
        let text = std::str::from_utf8(&head).is_ok();
        return Err(if text {
            is("a text file", ".csv or .json")
        } else {
            Failure::new("this is not a Parquet file", place, "get another copy of the file")
        });
    }
    if format == Format::Parquet && !ends_with_magic(path, length) {
        let hint = "get another copy of the file";
        return Err(Failure::new("the Parquet file is cut short", place, hint));
    }
    Ok(())
}

fn ends_with_magic(path: &Path, length: u64) -> bool {
    use std::io::{Seek as _, SeekFrom};
    let mut tail = [0_u8; 4];
    let read = read::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(length.saturating_sub(4)))?;
        file.read_exact(&mut tail)
    });
    read.is_ok() && (&tail == b"PAR1" || &tail == b"PARE")
}

/// Whether a file's name says that it is compressed.
pub fn is_compressed(path: &Path) -> bool {
    let lower = file_name(path).to_lowercase();
    lower.ends_with(".gz") || lower.ends_with(".zst")
}

/// The stem and the extension in lower case, both without what says that it is compressed.
fn split(path: &Path) -> (String, String) {
    let mut name = file_name(path);
    for end in [".gz", ".zst"] {
        if name.to_lowercase().ends_with(end) {
            name.truncate(name.len() - end.len());
            break;
        }
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem.to_owned(), extension.to_lowercase()),
        _ => (name, String::new()),
    }
}

/// What is said about files that are passed over.
pub(super) fn left_out(ignored: &[PathBuf]) -> Finding {
    let names: Vec<String> = ignored.iter().take(5).map(|p| file_name(p)).collect();
    let more = ignored.len().saturating_sub(names.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("left out as not readable: {}{rest}", names.join(", "));
    Finding::new(Severity::Note, message)
}

/// Puts like-named files together.
fn grouped(files: Vec<FoundFiles>) -> Vec<FileSet> {
    let mut groups: BTreeMap<(PathBuf, String, Format), Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        if file.format == Format::Delta {
            let key = (file.path.clone(), String::new(), file.format);
            groups.insert(key, vec![file.path]);
            continue;
        }
        let folder = data_folder(&file.path);
        let hive = Some(folder.as_path()) != file.path.parent();
        let (stem, _) = split(&file.path);
        let mut pattern = if hive { "#".to_owned() } else { like_name(&stem, file.depth > 0) };
        if !pattern.ends_with('#') {
            // `a.csv` and `a.csv.gz` are copies, not parts.
            pattern = file_name(&file.path);
        }
        groups.entry((folder, pattern, file.format)).or_default().push(file.path);
    }
    let mut sets = Vec::new();
    for ((folder, pattern, format), mut paths) in groups {
        paths.sort_by(|a, b| natural(&file_name(a)).cmp(&natural(&file_name(b))).then(a.cmp(b)));
        let name = match paths.as_slice() {
            [one] if format == Format::Delta => file_name(one),
            [one] => split(one).0,
            _ => set_name(&folder, &pattern),
        };
        sets.push(FileSet { name, paths, format });
    }
    sets.sort_by(|a, b| a.name.cmp(&b.name).then(a.format.cmp(&b.format)));
    sets
}

/// The folder of a file, passing over folders like `year=2024`.
fn data_folder(path: &Path) -> PathBuf {
    let mut folder = path.parent().unwrap_or_else(|| Path::new(""));
    while file_name(folder).contains('=')
        && let Some(parent) = folder.parent()
    {
        folder = parent;
    }
    folder.to_path_buf()
}

/// What like-named files share: the stem without its number. `orders_1` and `orders_2` are alike;
/// in a folder of their own, so are `orders1` and `orders2`, and `a3f…` and `b07…`.
fn like_name(stem: &str, in_own_folder: bool) -> String {
    let head = stem.trim_end_matches(|c: char| c.is_ascii_digit() || "-_. ".contains(c));
    let tail = &stem[head.len()..];
    let numbered = tail.chars().any(|c| c.is_ascii_digit());
    let parted = tail.starts_with(|c: char| !c.is_ascii_digit()) || head.is_empty();
    if numbered && (parted || in_own_folder) {
        return format!("{head}#");
    }
    // Spark's `part-00000-6f1c…-c000` has the number inside.
    if let Some(rest) = stem.strip_prefix("part-")
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        return "part#".to_owned();
    }
    stem.to_owned()
}

fn set_name(folder: &Path, pattern: &str) -> String {
    let stem = pattern.trim_end_matches('#').trim_end_matches(['-', '_', '.', ' ']);
    let says_nothing =
        ["", "part", "data", "chunk", "file", "shard"].contains(&stem.to_lowercase().as_str());
    if says_nothing { file_name(folder) } else { stem.to_owned() }
}

/// A name with its numbers padded, so that `part-10` follows `part-9`.
fn natural(name: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in name.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            out.push_str(&format!("{digits:0>20}"));
            digits.clear();
        }
        out.push(c);
    }
    out
}

/// The file in which a database keeps changes until they are in the database itself: beside the
/// file itself, also when a link to it is named.
pub fn log_of(path: &Path) -> PathBuf {
    let mut name =
        crate::disk::write::behind_link(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
    name.push(".wal");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::FailureKind;

    fn sets(names: &[&str]) -> Vec<(String, usize)> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        for name in names {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a,b\n1,2\n").unwrap();
        }
        let mut findings = Vec::new();
        let sets = file_sets(&[root], &mut findings).unwrap();
        sets.into_iter().map(|s| (s.name, s.paths.len())).collect()
    }

    fn set(name: &str, n: usize) -> (String, usize) {
        (name.to_owned(), n)
    }

    #[test]
    fn like_named_files_are_one_table() {
        assert_eq!(
            sets(&["orders_1.csv", "orders_2.csv", "users.csv"]),
            [set("orders", 2), set("users", 1)]
        );
        assert_eq!(sets(&["part-0001.csv", "part-0002.csv"]), [set("shop", 2)]);
        assert_eq!(sets(&["orders/part1.csv", "orders/part2.csv"]), [set("orders", 2)]);
        assert_eq!(
            sets(&["dataset1.csv", "dataset2.csv"]),
            [set("dataset1", 1), set("dataset2", 1)]
        );
        assert_eq!(sets(&["sales/year=2024/a.csv", "sales/year=2025/a.csv"]), [set("sales", 2)]);
    }

    #[test]
    fn parts_are_in_the_order_of_their_numbers() {
        assert!(natural("part-9.csv") < natural("part-10.csv"));
    }

    #[test]
    fn hidden_files_and_prose_are_left_out() {
        assert_eq!(sets(&["a.csv", ".b.csv", "README.txt", "LICENSE", "c.docx"]), [set("a", 1)]);
    }

    #[test]
    fn a_missing_path_and_a_folder_without_data_are_failures() {
        let folder = tempfile::tempdir().unwrap();
        let missing = file_sets(&[folder.path().join("no")], &mut Vec::new()).unwrap_err();
        assert!(
            missing.kind == FailureKind::WrongUse && missing.place.ends_with("no"),
            "{missing}"
        );
        assert!(file_sets(&[folder.path().to_path_buf()], &mut Vec::new()).is_err());
    }
}
