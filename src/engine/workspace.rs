//! Where a workspace is kept, and reading and writing `muster.yaml`.
//!
//! - Reading never creates a file or a folder.
//! - A file that cannot be read is never overwritten: whatever is in it, it is not lost.
//! - Comments at the top of a file that was written by hand stay; others go with the first save.
//! - A `muster.yaml` that is a link out of its folder came with somebody else's folder: it is
//!   neither read nor written. A new one is readable by its owner only.

use crate::disk::{Readers, limit, links, read, write};
use crate::model::failure::Failure;
use crate::model::workspace::{SavedSegment, Workspace};
use crate::protocol::OpenRequest;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The file's name in its folder.
pub const FILE: &str = "muster.yaml";
/// The format that this version reads and writes.
const VERSION: u32 = 1;

/// The file in which the workspace of a source is kept, there or not yet.
///
/// The folder that was asked for; else beside the source (in a folder that was opened, next to a
/// file that was) when a workspace is there already or one can be written; else a folder of its
/// own in the user's data folder, named after the source.
pub fn locate(request: &OpenRequest) -> PathBuf {
    if let Some(folder) = &request.workspace {
        return absolute(folder).join(FILE);
    }
    let Some(first) = request.paths.first() else {
        return in_user_data(Path::new("none"));
    };
    let source = absolute(first);
    // Nothing of a person's is kept in a project.
    if super::project::folder_of(&source).is_some() {
        return in_user_data(&source);
    }
    let folder = match source.is_dir() {
        true => source.clone(),
        false => source.parent().unwrap_or(Path::new("/")).to_owned(),
    };
    let beside = folder.join(FILE);
    if beside.exists() || write::is_writable(&folder) { beside } else { in_user_data(&source) }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A folder of its own for each source: its name, and a number made from its whole path.
fn in_user_data(source: &Path) -> PathBuf {
    let Some(data) = directories::ProjectDirs::from("", "", "muster") else {
        // A user without a data folder: beside the source, where it cannot be guessed by others.
        return source.with_file_name(FILE);
    };
    let data = data.data_dir();
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let stem: String = stem.chars().take(40).map(plain).collect();
    let number = crate::deliver::checksum::of_bytes(source.as_os_str().as_encoded_bytes());
    data.join("workspaces").join(format!("{stem}-{}", &number[..12])).join(FILE)
}

/// Reads a workspace; an empty one when there is no file yet.
///
/// # Errors
/// When the file cannot be read, is of a later version, or holds a key that is not known.
pub fn load(file: &Path) -> Result<Workspace, Failure> {
    refuse_link_out(file)?;
    match read::text(file, limit::WORKSPACE) {
        Ok(text) => parse(&text, file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Workspace::default()),
        Err(error) => Err(Failure::new(
            format!("the workspace cannot be read: {error}"),
            file.display().to_string(),
            "check that it can be read, or choose another folder with --workspace",
        )),
    }
}

fn refuse_link_out(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let to = match links::leads_out(folder, file) {
        Some(to) => to,
        // A link to a file that is not there yet would be written through.
        None if links::is_link(file) && !file.exists() => {
            write::behind_link(file).unwrap_or_else(|_| file.to_owned())
        }
        None => return Ok(()),
    };
    Err(Failure::new(
        format!("the workspace is a link that leads out of its folder, to {}", to.display()),
        file.display().to_string(),
        "remove the link, or name the workspace's folder with --workspace",
    ))
}

/// The version alone, whatever else a later one holds.
#[derive(Deserialize)]
struct Versioned {
    version: Option<u32>,
}

fn parse(text: &str, file: &Path) -> Result<Workspace, Failure> {
    let has_content = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && line != "---"
    };
    if !text.lines().any(has_content) {
        return Ok(Workspace::default());
    }
    let place = file.display().to_string();
    let keep = "correct it or move it away; it is left as it is until then";
    let broken = |error: serde_saphyr::Error| {
        let told = first_line(&error.to_string());
        Failure::new(format!("the workspace cannot be read: {told}"), place.clone(), keep)
    };
    let versioned: Versioned = serde_saphyr::from_str(text).map_err(broken)?;
    match versioned.version {
        Some(VERSION) => serde_saphyr::from_str(text).map_err(broken),
        Some(later) => Err(Failure::new(
            format!("the workspace is of version {later}; this Muster reads version {VERSION}"),
            place,
            "open it with a later Muster; it is left as it is",
        )),
        None => Err(Failure::new("the workspace has no version", place, "add `version: 1`")),
    }
}

/// A segment in a file of its own. Unlike in a workspace, it may go without a name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentFile {
    name: Option<String>,
    cohort: String,
    #[serde(default, rename = "where")]
    condition: String,
}

/// Reads one segment from a file of its own, which is named after the file if it has no name.
///
/// # Errors
/// When the file cannot be read or is no segment.
pub fn load_segment(file: &Path) -> Result<SavedSegment, Failure> {
    let place = file.display().to_string();
    let failed = |what: String| {
        let hint = "a segment file holds `cohort:` and `where:`";
        Failure::wrong_use(format!("the segment cannot be read: {what}"), place.clone(), hint)
    };
    let text = read::text(file, limit::WORKSPACE).map_err(|error| failed(error.to_string()))?;
    let read: SegmentFile =
        serde_saphyr::from_str(&text).map_err(|error| failed(first_line(&error.to_string())))?;
    let stem = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = read.name.unwrap_or_else(stem);
    Ok(SavedSegment { name, cohort: read.cohort, condition: read.condition })
}

/// The YAML library shows the lines around the place; its first line says it.
fn first_line(told: &str) -> String {
    told.lines().next().unwrap_or_default().to_owned()
}

/// Writes a workspace: to a part file first, which then takes the place of the old one.
///
/// # Errors
/// When the file that is there cannot be read (it is then left as it is), or the folder cannot be
/// written to.
pub fn save(file: &Path, workspace: &Workspace) -> Result<(), Failure> {
    load(file)?;
    let cannot = |error: std::io::Error| {
        Failure::new(
            format!("the workspace cannot be saved: {error}"),
            file.display().to_string(),
            "choose a folder that can be written to with --workspace",
        )
    };
    let old = read::text(file, limit::WORKSPACE);
    let head = old.map(|old| head_comments(&old)).unwrap_or_default();
    let text = format!("{head}{}", text(workspace, file)?);
    if let Some(folder) = file.parent() {
        write::create_private_folder(folder).map_err(cannot)?;
    }
    // A link within the folder stays one.
    let real = write::behind_link(file).map_err(cannot)?;
    write::replace(&real, text.as_bytes(), Readers::Owner).map_err(cannot)
}

fn text(workspace: &Workspace, file: &Path) -> Result<String, Failure> {
    let options = serde_saphyr::ser_options! { compact_list_indent: false };
    let written = serde_saphyr::to_string_with_options(workspace, options);
    let text = written.map_err(|error| {
        Failure::new(
            format!("the workspace cannot be written as YAML: {error}"),
            file.display().to_string(),
            "rename what has an unusual name",
        )
    })?;
    // What cannot be read back must not replace what can.
    match parse(&text, file) {
        Ok(back) if back == *workspace => Ok(text),
        _ => Err(Failure::new(
            "the workspace could not be read back unchanged",
            file.display().to_string(),
            "rename what has an unusual name",
        )),
    }
}

fn head_comments(text: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with('#') || line.trim().is_empty();
    text.lines().take_while(is_comment).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::question::ChartKind;
    use crate::model::workspace::{Correction, SavedChart};

    fn full() -> Workspace {
        let segment = |name: &str, condition: &str| SavedSegment {
            name: name.into(),
            cohort: "customer/all".into(),
            condition: condition.into(),
        };
        Workspace {
            version: 1,
            segments: vec![
                segment("Lapsed big spenders", "count(orders) >= 3 and \"a: b\" = 'it''s # 1'"),
                segment("yes", ""),
                segment("- [x] {y}: &z *w !t | > %", "a = '\u{7f}\u{85}\u{2028}\t'"),
                segment("名前 🎉 \"q\" 'p' \\n", "line one\nline two\n"),
                segment(" spaced ", "0x10"),
                segment("12:30:45", "1e3"),
                segment("~", "null"),
            ],
            corrections: vec![
                Correction::Entity {
                    table: "t".into(),
                    name: "user".into(),
                    key: "id".into(),
                    also: vec!["log.user".into()],
                },
                Correction::NotEntity { name: "order".into() },
                Correction::Relation {
                    from: "a.b".into(),
                    to: "c.d".into(),
                    form: Some("text".into()),
                },
                Correction::Way { by: "a.b".into() },
                Correction::NotRelation { from: "a.b".into(), to: "c.d".into() },
                Correction::TimeColumn { table: "t".into(), column: None },
                Correction::TimeColumn { table: "t".into(), column: Some("at".into()) },
                Correction::Personal { table: "t".into(), column: "no".into(), personal: true },
            ],
            charts: vec![
                SavedChart { entity: "user".into(), chart: ChartKind::Feature("on".into()) },
                SavedChart {
                    entity: "user".into(),
                    chart: ChartKind::Grid { x: "a".into(), y: "b".into() },
                },
            ],
            destinations: vec![serde_saphyr::from_str(
                "name: hook\ntype: webhook\nurl: http://127.0.0.1:9000/rows\nsecret: env:HOOK\nbatch: 100\n",
            )
            .unwrap()],
            activations: vec![serde_saphyr::from_str(
                "name: lapsed to hook\nsegment: 'yes'\ndestination: hook\nmode: mirror\nkey: id\n\
                 mapping: {email: email, name: '{{ first }} {{ last }}', n: 1, b: true}\n\
                 schedule: '0 9 * * *'\nlimits: {removals_max_percent: 20}\n",
            )
            .unwrap()],
        }
    }

    #[test]
    fn what_is_saved_is_loaded_whatever_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join(FILE);
        assert_eq!(load(&file).unwrap(), Workspace::default());
        assert!(!file.parent().unwrap().exists(), "reading creates nothing");
        save(&file, &full()).unwrap();
        assert_eq!(load(&file).unwrap(), full());
        let there = std::fs::read_dir(file.parent().unwrap()).unwrap().count();
        assert_eq!(there, 1, "nothing but the workspace");
        save(&file, &Workspace::default()).unwrap();
        assert_eq!(load(&file).unwrap(), Workspace::default());
    }

    #[test]
    fn the_file_reads_well() {
        let mut workspace = full();
        workspace.segments.truncate(2);
        insta::assert_snapshot!(text(&workspace, Path::new("x")).unwrap(), @r#"
        version: 1
        segments:
          - name: Lapsed big spenders
            cohort: customer/all
            where: "count(orders) >= 3 and \"a: b\" = 'it''s # 1'"
          - name: "yes"
            cohort: customer/all
            where: ""
        corrections:
          - entity:
              table: t
              name: user
              key: id
              also:
                - log.user
          - not_entity:
              name: order
          - relation:
              from: a.b
              to: c.d
              as: text
          - way:
              by: a.b
          - not_relation:
              from: a.b
              to: c.d
          - time_column:
              table: t
              column: null
          - time_column:
              table: t
              column: at
          - personal:
              table: t
              column: "no"
              personal: true
        charts:
          - entity: user
            chart:
              feature: "on"
          - entity: user
            chart:
              grid:
                x: a
                "y": b
        destinations:
          - name: hook
            type: webhook
            url: http://127.0.0.1:9000/rows
            secret: env:HOOK
            batch: 100
        activations:
          - name: lapsed to hook
            segment: "yes"
            destination: hook
            mode: mirror
            key: id
            mapping:
              email: email
              name: "{{ first }} {{ last }}"
              "n": 1
              b: true
            schedule: 0 9 * * *
            limits:
              removals_max_percent: 20
              growth_max_percent: 300
        "#);
    }

    #[test]
    fn a_file_written_by_hand_with_comments_is_read_and_its_head_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let hand = "# Ours, ask Ana\n\nversion: 1 # first\nsegments:\n  # the good ones\n  - name: A\n    cohort: all\n    where: \"x > 1\"\n";
        std::fs::write(&file, hand).unwrap();
        let workspace = load(&file).unwrap();
        assert_eq!(workspace.segments[0].condition, "x > 1");
        save(&file, &workspace).unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("# Ours, ask Ana\n\nversion"));
        assert_eq!(load(&file).unwrap(), workspace);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_neither_read_nor_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("theirs")).unwrap();
        std::fs::write(at("mine.yaml"), "version: 1\n").unwrap();
        let file = at("theirs").join(FILE);
        for target in ["../mine.yaml", "../not there yet"] {
            std::os::unix::fs::symlink(target, &file).unwrap();
            assert!(load(&file).unwrap_err().what.contains("leads out"));
            assert!(save(&file, &full()).unwrap_err().what.contains("leads out"));
            std::fs::remove_file(&file).unwrap();
        }
        assert_eq!(std::fs::read_to_string(at("mine.yaml")).unwrap(), "version: 1\n");
        assert!(!at("not there yet").exists());
        // One that stays inside is the workspace.
        std::fs::write(at("theirs/real.yaml"), "version: 1\n").unwrap();
        std::os::unix::fs::symlink("real.yaml", &file).unwrap();
        save(&file, &full()).unwrap();
        assert_eq!(load(&file).unwrap(), full());
        assert!(links::is_link(&file));
    }

    #[cfg(unix)]
    #[test]
    fn a_new_workspace_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join(FILE);
        save(&file, &full()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        // One that is shared stays so.
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        save(&file, &full()).unwrap();
        assert_eq!(mode(&file), 0o644);
    }

    #[track_caller]
    fn check_refused(content: &str, word: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        std::fs::write(&file, content).unwrap();
        let failure = load(&file).unwrap_err();
        assert!(failure.what.contains(word), "{failure}");
        assert!(!failure.what.contains('\n'), "{failure}");
        assert!(save(&file, &Workspace::default()).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), content, "left as it is");
    }

    #[test]
    fn what_cannot_be_read_is_told_and_left_alone() {
        check_refused("version: 2\nsomething: new\n", "version 2");
        check_refused("segments: []\n", "no version");
        check_refused("version: 1\nsegmets: []\n", "segmets");
        check_refused("version: 1\nsegments: {\n", "cannot be read");
        check_refused("version: 1\ncorrections:\n  - shrink: {table: a}\n", "shrink");
    }

    #[test]
    fn an_empty_file_is_an_empty_workspace() {
        let empty = parse("# nothing yet\n---\n", Path::new("x")).unwrap();
        assert_eq!(empty, Workspace::default());
    }

    fn check_place(path: &Path, workspace: Option<&Path>) -> PathBuf {
        locate(&OpenRequest {
            paths: vec![path.to_owned()],
            password: None,
            workspace: workspace.map(Path::to_owned),
            ..OpenRequest::default()
        })
    }

    #[test]
    fn the_workspace_stands_beside_the_source_or_where_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("shop.csv");
        std::fs::write(&source, "a\n1\n").unwrap();
        let beside = folder.path().join(FILE);
        assert_eq!(check_place(&source, None), beside);
        assert_eq!(check_place(folder.path(), None), beside);
        let asked = folder.path().join("mine");
        assert_eq!(check_place(&source, Some(&asked)), asked.join(FILE));
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing but the source is there: {left:?}");
    }

    #[test]
    fn a_source_in_a_place_that_is_not_there_has_its_own_folder_among_the_users_data() {
        let a = check_place(Path::new("/no/such/folder/a b.duckdb"), None);
        let b = check_place(Path::new("/no/such/other/a b.duckdb"), None);
        assert!(a.to_string_lossy().contains("a_b-"), "{a:?}");
        assert_ne!(a, b);
    }
}
