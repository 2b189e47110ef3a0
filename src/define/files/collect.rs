//! Which files make the project, and which its packages.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::define::files::model_file::model_file;
use crate::define::files::project_file::project_file;
use crate::define::files::raw::{RawPackage, RawProject};
use crate::define::files::yaml::parse;
use crate::define::place::Place;
use crate::define::project::Package;
use crate::define::report::Report;
use crate::define::texts::surface::plain_path;

/// How the file of a project is called.
const PROJECT_FILES: [&str; 2] = ["pb_project.yaml", "pb_project.yml"];
/// How many packages are followed.
const PACKAGES_MAX: usize = 50;

/// Whether the reader wants the contents of the file at `path`.
pub(in crate::define) fn wanted(path: &Path) -> bool {
    extension(path).is_some_and(|e| matches!(e.as_str(), "yaml" | "yml" | "sql" | "txt"))
}

/// Whether files with these names make a project.
pub(in crate::define) fn is_project<'a>(mut names: impl Iterator<Item = &'a Path>) -> bool {
    names.any(is_project_file)
}

fn is_project_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| PROJECT_FILES.iter().any(|known| name == *known))
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_lowercase())
}

/// Files by their path without `.` and `..`, as they were handed in.
struct Files<'a> {
    by_path: HashMap<PathBuf, (Arc<Path>, &'a [u8])>,
    /// The paths in order.
    paths: Vec<PathBuf>,
}

impl<'a> Files<'a> {
    fn new(files: &'a [(PathBuf, Vec<u8>)]) -> Self {
        let mut by_path = HashMap::new();
        for (path, bytes) in files {
            if let Some(plain) = plain_path(path) {
                by_path.insert(plain, (Arc::from(path.as_path()), bytes.as_slice()));
            }
        }
        let mut paths: Vec<PathBuf> = by_path.keys().cloned().collect();
        paths.sort();
        Self { by_path, paths }
    }

    fn project_in(&self, folder: &Path) -> Option<PathBuf> {
        let paths = PROJECT_FILES.iter().map(|name| folder.join(name));
        paths.into_iter().find(|path| self.by_path.contains_key(path))
    }

    /// YAML files below `folder`, without those of other projects below it unless it is one.
    fn yaml_below(&self, folder: &Path) -> Vec<PathBuf> {
        let yaml = |path: &PathBuf| {
            path.starts_with(folder)
                && !is_project_file(path)
                && extension(path).is_some_and(|e| matches!(e.as_str(), "yaml" | "yml"))
        };
        self.paths.iter().filter(|path| yaml(path)).cloned().collect()
    }

    /// The first project in a folder below `root`, when `root` itself is not one.
    fn project_below(&self, root: &Path) -> Option<PathBuf> {
        let all = self.paths.iter().filter(|p| is_project_file(p) && p.starts_with(root));
        all.min_by_key(|path| (path.components().count(), (*path).clone())).cloned()
    }
}

/// What was collected.
pub(in crate::define) struct Collected {
    /// The project itself first, then its packages.
    pub(in crate::define) raws: Vec<RawProject>,
    pub(in crate::define) packages: Vec<Package>,
    /// Texts that a template may read.
    pub(in crate::define) texts: HashMap<PathBuf, String>,
    /// The folder of each of `raws`, that of the project itself first.
    pub(in crate::define) folders: Vec<PathBuf>,
}

/// Reads the project at `root` and its packages.
pub(in crate::define) fn collect(
    files: &[(PathBuf, Vec<u8>)],
    root: &Path,
    report: &mut Report,
) -> Option<Collected> {
    let files = Files::new(files);
    let root = plain_path(root).unwrap_or_default();
    let Some(file) = files.project_in(&root).or_else(|| files.project_below(&root)) else {
        let place = Place::new(&Arc::from(root.join(PROJECT_FILES[0])), 1);
        let found = report.error(&place, "the project has no pb_project.yaml");
        report.add(found);
        return None;
    };
    let folder = file.parent().unwrap_or_else(|| Path::new("")).to_path_buf();
    let mut collected = Collected {
        raws: vec![one(&files, &file, None, report)],
        packages: Vec::new(),
        texts: texts(&files),
        folders: vec![folder],
    };
    let mut names = HashSet::new();
    let mut at = 0;
    while at < collected.raws.len() {
        let wanted = std::mem::take(&mut collected.raws[at].packages);
        for package in wanted {
            if collected.packages.len() >= PACKAGES_MAX
                || !names.insert(package.name.text.to_lowercase())
            {
                let message = format!("package `{}` is named twice", package.name.text);
                let found = report.error(&package.name.place, message).hint("the first is used");
                report.add(found);
                continue;
            }
            let folders = &collected.folders;
            let file = find_package(&files, &package, (&root, folders, at), report);
            collected.packages.push(Package {
                name: package.name.text.clone(),
                url: package.url.as_ref().map(|u| u.text.clone()),
                fetched: file.is_some(),
                place: package.name.place.clone(),
            });
            let Some(file) = file else { continue };
            let mut raw = one(&files, &file, Some(package.name.text.to_lowercase()), report);
            raw.mapped = package.mapped;
            raw.disabled = package.disabled;
            if let Some(fault) = package.fault {
                break_all(&mut raw, &fault);
            }
            collected.raws.push(raw);
            collected.folders.push(file.parent().unwrap_or_else(|| Path::new("")).to_path_buf());
        }
        at += 1;
    }
    Some(collected)
}

/// Nothing of a package is built whose entry in the project around it is not read whole.
fn break_all(raw: &mut RawProject, fault: &str) {
    let inputs = raw.inputs.iter_mut().map(|input| &mut input.fault);
    let models = raw.models.iter_mut().map(|model| &mut model.fault);
    let vars = raw.vars.iter_mut().map(|var| &mut var.fault);
    for slot in inputs.chain(models).chain(vars) {
        slot.get_or_insert_with(|| fault.to_owned());
    }
}

fn texts(files: &Files<'_>) -> HashMap<PathBuf, String> {
    let readable =
        files.by_path.iter().filter(|(path, (_, bytes))| wanted(path) && bytes.len() < 1 << 20);
    readable
        .map(|(path, (_, bytes))| (path.clone(), String::from_utf8_lossy(bytes).into_owned()))
        .collect()
}

/// The project whose file is `file`, with all files of its model folders.
fn one(files: &Files<'_>, file: &Path, package: Option<String>, report: &mut Report) -> RawProject {
    let mut raw = RawProject { package, ..RawProject::default() };
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    if let Some((path, bytes)) = files.by_path.get(file) {
        let documents = parse(path, bytes, report);
        if documents.is_empty() {
            let found = report.error(&Place::new(path, 1), "the project file is empty");
            report.add(found);
        }
        for document in documents {
            project_file(&document, &mut raw, report);
        }
    }
    for path in model_files(files, folder, &raw, report) {
        let Some((path, bytes)) = files.by_path.get(&path) else { continue };
        for document in parse(path, bytes, report) {
            model_file(&document, &mut raw, report);
        }
    }
    raw
}

fn model_files(
    files: &Files<'_>,
    folder: &Path,
    raw: &RawProject,
    report: &mut Report,
) -> Vec<PathBuf> {
    if raw.folders.is_empty() {
        let nested: Vec<PathBuf> = files
            .paths
            .iter()
            .filter(|p| is_project_file(p) && p.parent() != Some(folder))
            .filter_map(|p| p.parent().map(Path::to_path_buf))
            .collect();
        let mut all = files.yaml_below(folder);
        all.retain(|path| !nested.iter().any(|n| n.starts_with(folder) && path.starts_with(n)));
        return all;
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for named in &raw.folders {
        let inside = plain_path(&folder.join(&named.text)).filter(|path| path.starts_with(folder));
        let Some(path) = inside else {
            let message = format!("the model folder `{}` is outside the project", named.text);
            let finding = report.error(&named.place, message).hint("it is not read");
            report.add(finding);
            continue;
        };
        let below = files.yaml_below(&path);
        if below.is_empty() {
            let message = format!("the model folder `{}` has no YAML files", named.text);
            let finding = report.error(&named.place, message).hint("check the spelling");
            report.add(finding);
        }
        found.extend(below.into_iter().filter(|path| !found.contains(path)).collect::<Vec<_>>());
    }
    found
}

/// The project file of a package, when it is there.
fn find_package(
    files: &Files<'_>,
    package: &RawPackage,
    (root, folders, user): (&Path, &[PathBuf], usize),
    report: &mut Report,
) -> Option<PathBuf> {
    let name = &package.name.text;
    let base = &folders[user];
    let mut places: Vec<PathBuf> = Vec::new();
    let local = package.url.as_ref().filter(|url| is_local(&url.text));
    if let Some(url) = local {
        let inside = plain_path(&base.join(&url.text)).filter(|path| path.starts_with(root));
        let Some(path) = inside else {
            let message = format!("package `{name}` is outside the project");
            let found = report
                .error(&url.place, message)
                .hint("it is not read; a project can only name files inside it");
            report.add(found);
            return None;
        };
        places.push(path);
    }
    let names = package.url.as_ref().map(|url| names_of(&url.text)).unwrap_or_default();
    for root in [base, &folders[0]] {
        for folder in ["packages", ".packages", "pb_packages"] {
            places.push(root.join(folder).join(name));
            places.extend(names.iter().map(|name| root.join(folder).join(name)));
        }
    }
    let found = places.iter().find_map(|folder| files.project_in(folder));
    if found.is_none() {
        let message = format!("package `{name}` is not fetched");
        let finding = report.warning(&package.name.place, message).hint(format!(
            "check it out into packages/{name}; what needs it is left out, the rest is read"
        ));
        report.add(finding);
    }
    found
}

/// Under which folders the package of a git address may be checked out: its repository, and what
/// follows the branch or tag in it.
fn names_of(url: &str) -> Vec<PathBuf> {
    let parts: Vec<&str> =
        url.split(['/', ':']).filter(|part| !part.is_empty() && *part != "..").collect();
    let cut = parts.iter().position(|part| matches!(*part, "tree" | "tag" | "commit" | "blob"));
    let (repository, inside) = match cut {
        Some(at) => (&parts[..at], parts.get(at + 2..).unwrap_or_default()),
        None => (&parts[..], &parts[..0]),
    };
    let Some(repository) = repository.last().map(|name| name.trim_end_matches(".git")) else {
        return Vec::new();
    };
    let inside: PathBuf = inside.iter().collect();
    let mut names = vec![Path::new(repository).join(&inside), PathBuf::from(repository)];
    names.extend(inside.file_name().map(PathBuf::from));
    names
}

fn is_local(url: &str) -> bool {
    !url.contains("://") && !url.starts_with("git@") && !url.contains("github.com")
}
