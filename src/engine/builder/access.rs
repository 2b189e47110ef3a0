//! What a build may write to.

use super::BuildRequest;
use crate::disk::read;
use crate::model::failure::Failure;
use crate::sources::files;
use std::path::Path;

/// Names that mean a schema or another database in the statements of a build.
const OF_THE_DATABASE: [&str; 8] = [
    "muster",
    "muster_work",
    "memory",
    "temp",
    "system",
    "main",
    "information_schema",
    "pg_catalog",
];

/// How the names of the databases begin that a build has beside the one that is built into.
const OF_A_BUILD: &str = "muster ";

/// Refuses to build into something that is no database file, or into a source.
///
/// # Errors
/// When the file is another kind of file, is one of the data files, or has no folder.
pub(super) fn check(request: &BuildRequest) -> Result<(), Failure> {
    let into = &request.into;
    let place = into.display().to_string();
    let same = |other: &Path| match (std::fs::canonicalize(into), std::fs::canonicalize(other)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    if request.data.iter().any(|data| same(data)) {
        return Err(Failure::wrong_use(
            "a data file is never written to, so it cannot be built into",
            place,
            "name another file with --into",
        ));
    }
    if into.is_dir() {
        return Err(Failure::wrong_use("this is a folder", place, "name a file with --into"));
    }
    if let Some(what) = read::instead_of_file(into) {
        let what = format!("this is {what}, not a file");
        return Err(Failure::wrong_use(what, place, "name another file with --into"));
    }
    if let Some((what, hint)) = files::odd_log(into) {
        return Err(Failure::wrong_use(what, place, hint));
    }
    // The database calls itself after what stands before the first dot, other readers after all but
    // the last part.
    let name = into.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = into.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let first = name.trim_start_matches('.').split('.').next().unwrap_or_default();
    let is_taken = |name: &str| {
        OF_THE_DATABASE.contains(&name) || name.starts_with(OF_A_BUILD) || name.is_empty()
    };
    if is_taken(&stem) || is_taken(first) {
        return Err(Failure::wrong_use(
            format!("a file called {name} cannot be built into: the name means something else"),
            place,
            "name another file with --into",
        ));
    }
    let is_named_so = into.extension().is_some_and(|end| end == "duckdb" || end == "db");
    let empty = is_named_so && std::fs::metadata(into).is_ok_and(|data| data.len() == 0);
    if into.exists() && !empty && !files::is_database(into) {
        return Err(Failure::wrong_use(
            "this is not a DuckDB file, and is left as it is",
            place,
            "name a new file, or a DuckDB file, with --into",
        ));
    }
    if empty {
        // An empty file is what a crash may leave behind; the database makes it anew.
        std::fs::remove_file(into).map_err(|error| {
            Failure::new(
                format!("the file cannot be replaced: {error}"),
                &place,
                "name another file",
            )
        })?;
    }
    let folder = into.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(Failure::wrong_use(
            "there is no such folder",
            folder.display().to_string(),
            "create it first, or name another file with --into",
        ));
    }
    Ok(())
}
