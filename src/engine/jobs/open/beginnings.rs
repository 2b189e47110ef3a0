//! The first screen of large files of text: their beginnings are opened while the rest is read.

use crate::disk::folder::PrivateFolder;
use crate::disk::{Readers, read, write};
use crate::engine::Job;
use crate::engine::store::Store;
use crate::model::catalog::{Catalog, Fingerprint, Reader, TableOrigin};
use crate::model::workspace::Correction;
use crate::protocol::OpenRequest;
use crate::sources::{self, files};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files of fewer bytes than these are read whole in about the time.
const SMALL: u64 = 48 << 20;
/// Bytes of all files that are looked at, and at least of each.
const BEGINNINGS: (u64, u64) = (16 << 20, 64 << 10);

/// What is in the beginnings of the files, by copies that are gone when this is over. `None` where
/// the whole is read quickly, or a beginning says little: the whole is being read either way.
pub(in crate::engine) fn open(
    request: &OpenRequest,
    corrections: &[Correction],
    job: &Job<'_>,
) -> Option<(Store, Catalog)> {
    let given: Vec<PathBuf> =
        request.paths.iter().map(|path| std::path::absolute(path).ok()).collect::<Option<_>>()?;
    let all = texts(&given)?;
    let folder = PrivateFolder::create("beginnings").ok()?;
    let own = folder.path().join("files");
    let mut copies = Vec::new();
    for path in &all {
        let copy = own.join(place_of(path, &given)?);
        // Two files of one name would be one.
        if copies.iter().any(|(_, known)| *known == copy) {
            return None;
        }
        copies.push((path.clone(), copy));
    }
    let most = (BEGINNINGS.0 / all.len().max(1) as u64).max(BEGINNINGS.1);
    for (path, copy) in &copies {
        fs::create_dir_all(copy.parent()?).ok()?;
        write::replace(copy, &beginning(path, most)?, Readers::Owner).ok()?;
    }
    let paths = given.iter().map(|path| Some(own.join(path.file_name()?)));
    let asked = OpenRequest { paths: paths.collect::<Option<_>>()?, ..request.clone() };
    let store = Store::open(&asked.paths, None, &asked.limits).ok()?;
    store.obey(Arc::clone(&job.cancelled));
    store.attach().ok()?;
    let mut catalog = sources::open(&asked, &store, corrections, &mut |_| ()).ok()?;
    let home = |copy: &Path| {
        copies
            .iter()
            .find(|(_, known)| known == copy)
            .map_or(copy.to_owned(), |(path, _)| path.clone())
    };
    for table in &mut catalog.tables {
        if let TableOrigin::Files { paths, reader } = &mut table.origin {
            paths.iter_mut().for_each(|path| *path = home(path));
            if let Reader::Text(texts) = reader.inner_mut() {
                let paths = texts.parts.iter_mut().flat_map(|part| &mut part.paths);
                paths.for_each(|path| *path = home(path));
            }
        }
    }
    catalog.path = match given.as_slice() {
        [one] => one.clone(),
        _ => given.first()?.parent()?.to_owned(),
    };
    // What is odd is reported once the whole is read, and so is whether it changed.
    catalog.findings.clear();
    catalog.fingerprint = Fingerprint::default();
    Some((store, catalog))
}

/// The files, when all are text that can be cut anywhere between two lines, and large.
fn texts(given: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let sets = files::file_sets(given, &mut Vec::new()).ok()?;
    let mut all = Vec::new();
    for set in sets {
        let by_lines = |path: &PathBuf| match set.format {
            files::Format::Csv => !files::is_compressed(path),
            files::Format::Json => path.extension().is_some_and(|end| {
                end.eq_ignore_ascii_case("jsonl") || end.eq_ignore_ascii_case("ndjson")
            }),
            _ => false,
        };
        if !set.paths.iter().all(by_lines) {
            return None;
        }
        all.extend(set.paths);
    }
    let bytes: u64 = all.iter().filter_map(|path| fs::metadata(path).ok()).map(|m| m.len()).sum();
    (bytes >= SMALL).then_some(all)
}

/// Where a file is, seen from where it was chosen.
fn place_of(path: &Path, given: &[PathBuf]) -> Option<PathBuf> {
    let root = given.iter().find(|root| path.starts_with(root))?;
    path.strip_prefix(root.parent()?).ok().map(Path::to_owned)
}

/// The first rows of a file.
fn beginning(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut start = read::head(path, most).ok()?;
    if (start.len() as u64) < most {
        return Some(start);
    }
    // A line that ends within quotes is not the end of a row.
    let (mut quotes, mut end, mut last) = (0_usize, 0, 0);
    for (at, byte) in start.iter().enumerate() {
        match byte {
            b'"' => quotes += 1,
            b'\n' => {
                last = at + 1;
                if quotes % 2 == 0 {
                    end = last;
                }
            }
            _ => {}
        }
    }
    // Stray quotes say nothing: most rows are whole either way.
    start.truncate(if end * 2 > last { end } else { last });
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_where_a_row_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "a,b\n1,\"x\ny\"\n2,\"long\nlong\"\n").unwrap();
        let text = |most| String::from_utf8(beginning(&path, most).unwrap()).unwrap();
        assert_eq!(text(16), "a,b\n1,\"x\ny\"\n");
        assert_eq!(text(20), "a,b\n1,\"x\ny\"\n");
        assert_eq!(text(1000).lines().count(), 5);
    }

    #[test]
    fn a_file_stands_where_it_stood_in_its_folder() {
        let given = [PathBuf::from("/data/shop")];
        let place = place_of(Path::new("/data/shop/more/a.csv"), &given);
        assert_eq!(place, Some(PathBuf::from("shop/more/a.csv")));
        let one = [PathBuf::from("/data/a.csv")];
        assert_eq!(place_of(Path::new("/data/a.csv"), &one), Some(PathBuf::from("a.csv")));
    }
}
