//! Golden projects: YAML in, everything that was understood and everything that is wrong out.
//!
//! Each folder of `tests/cases` is a project; `understood.snap` and `findings.snap` beside its YAML
//! hold what the reader makes of it. `INSTA_UPDATE=always` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use muster::define::{self, Project};
use muster::model::finding::{Finding, Severity};
use proptest::prelude::*;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// The files of a project folder, named as if the folder stood at the root.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, root, found);
            } else if define::wanted(&path) {
                let name = path.strip_prefix(root).unwrap().to_path_buf();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found
}

fn of_text(files: &[(&str, &str)]) -> Vec<(PathBuf, Vec<u8>)> {
    files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
}

fn read(files: &[(PathBuf, Vec<u8>)]) -> (Project, Vec<Finding>) {
    let (project, findings) = define::read(files, Path::new(""), None);
    holds(&project, &findings);
    (project, findings)
}

/// What holds for whatever is read: every reference leads somewhere, and whatever is not in the
/// order says why.
fn holds(project: &Project, findings: &[Finding]) {
    let outline = define::outline(project);
    assert!(outline.starts_with("project "));
    for (at, cohort) in project.cohorts.iter().enumerate() {
        let built = project.order.contains(&define::Item::Cohort(define::CohortId(at)));
        assert_eq!(built, cohort.broken.is_none(), "{}", cohort.name);
    }
    for (at, feature) in project.features.iter().enumerate() {
        let built = project.order.contains(&define::Item::Feature(define::FeatureId(at)));
        assert_eq!(built, feature.broken.is_none(), "{}", feature.name);
    }
    for finding in findings {
        assert!(!finding.message.ends_with('.'), "{}", finding.message);
        assert!(finding.line != Some(0), "{}", finding.message);
    }
}

fn shown(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let file = finding.file.as_ref().map(|f| f.display().to_string()).unwrap_or_default();
        let hint = finding.hint.as_ref().map(|hint| format!("\n    {hint}")).unwrap_or_default();
        format!("{severity} {file}:{}: {}{hint}", finding.line.unwrap_or(0), finding.message)
    };
    if findings.is_empty() {
        return "nothing".into();
    }
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_case_is_understood_as_written_beside_it() {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 10, "the cases are not where they should be");
    for folder in folders {
        let (project, findings) = read(&files(&folder));
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(name);
        settings.bind(|| {
            insta::assert_snapshot!("understood", define::outline(&project));
            insta::assert_snapshot!("findings", shown(&findings));
        });
    }
}

#[test]
fn everything_stands_in_the_order_after_what_it_needs() {
    let (project, _) = read(&files(&cases().join("schema_96_incremental")));
    let needs = define::needs_of_all(&project);
    let at = |item| project.order.iter().position(|other| *other == item).unwrap();
    for (item, list) in &needs {
        assert!(list.iter().all(|need| at(*need) < at(*item)), "{item:?} needs {list:?}");
    }
    let model = define::Item::SqlModel(define::SqlModelId(0));
    let (_, list) = needs.iter().find(|(item, _)| *item == model).unwrap();
    let features = list.iter().filter(|item| matches!(item, define::Item::Feature(_))).count();
    assert_eq!(features, 5, "the roll-up reads every var of user");
}

#[test]
fn cases_of_real_layouts_have_no_errors() {
    for entry in fs::read_dir(cases()).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("schema_") {
            continue;
        }
        let (_, findings) = read(&files(&folder));
        let errors: Vec<&Finding> =
            findings.iter().filter(|f| f.severity == Severity::Error).collect();
        let expected = usize::from(name == "schema_96_incremental");
        assert_eq!(errors.len(), expected, "{name}: {errors:#?}");
    }
}

const PROJECT: &str = "name: p\nschema_version: 85\nconnection: c\nmodel_folders: [m]\nentities: [{name: user, id_types: [email, user_id]}]\nid_types: [{name: email}, {name: user_id}]\n";
const INPUT: &str = "inputs:\n  - name: orders\n    app_defaults:\n      table: orders\n      ids: [{select: email, type: email, entity: user}, {select: user_id, type: user_id, entity: user}]\n";

#[test]
fn files_in_bad_shape_are_read_as_far_as_they_go() {
    let windows = INPUT.replace('\n', "\r\n");
    let bom = "\u{FEFF}var_groups: [{name: v, entity_key: user, vars: [{entity_var: {name: n, select: count(*), from: inputs/orders}}]}]\n";
    let tabs = "macros:\n\t- name: a\n\t  value: b\n";
    let broken = "models:\n  - {name: s, model_type: sql_template, model_spec: {single_sql: select 1}}\n  - name: t\n    model_type: [\n";
    let latin = b"# caf\xE9\nmacros: [{name: c, value: d}]\n";
    let mut files = of_text(&[
        ("pb_project.yaml", PROJECT),
        ("m/a_windows.yaml", &windows),
        ("m/b_bom.yaml", bom),
        ("m/c_tabs.yaml", tabs),
        ("m/d_broken.yaml", broken),
        ("m/e_empty.yaml", ""),
        ("m/f_only_a_word.yaml", "hello"),
    ]);
    files.push(("m/g_latin.yaml".into(), latin.to_vec()));
    files.push(("m/h_zeros.yaml".into(), vec![0; 64]));
    let (project, findings) = read(&files);
    assert_eq!(project.inputs.len(), 1);
    assert_eq!(project.features.len(), 1);
    assert_eq!(project.sql_models.len(), 1);
    assert_eq!(project.macros.len(), 2);
    insta::assert_snapshot!(shown(&findings), @r#"
    note m/a_windows.yaml:1: the file has Windows line endings
        they are read as plain line endings; `git config core.autocrlf input` keeps them out
    note m/b_bom.yaml:1: the file starts with a byte order mark
        save it as UTF-8 without a byte order mark
    error m/c_tabs.yaml:2: a tab is used to indent
        indent with spaces; here each tab was read as two spaces
    warning m/c_tabs.yaml:2: macro `a` is never used
        remove it, or check the spelling of its calls
    error m/d_broken.yaml:4: not valid YAML: unclosed bracket '['
    error m/f_only_a_word.yaml:1: a model file must be a mapping, not `hello`
    error m/g_latin.yaml:1: the file is not UTF-8
        save it as UTF-8; what could not be read is shown as �
    warning m/g_latin.yaml:2: macro `c` is never used
        remove it, or check the spelling of its calls
    error m/h_zeros.yaml:1: not valid YAML: unexpected character: `\u{0}'
    "#);
}

#[test]
fn without_a_project_file_there_is_one_finding() {
    let (_, findings) = define::read(&of_text(&[("a.yaml", "x: 1")]), Path::new(""), None);
    assert_eq!(shown(&findings), "error pb_project.yaml:1: the project has no pb_project.yaml");
    assert!(!define::is_project([Path::new("a.yaml")].into_iter()));
    assert!(define::is_project([Path::new("x/pb_project.yaml")].into_iter()));
}

#[test]
fn a_project_below_the_folder_is_found_and_findings_keep_the_path() {
    let files = of_text(&[
        ("/home/x/repo/p/pb_project.yaml", PROJECT),
        ("/home/x/repo/p/m/a.yaml", "inptus: []\n"),
    ]);
    let (project, findings) = define::read(&files, Path::new("/home/x/repo"), None);
    assert_eq!(project.name, "p");
    assert!(
        shown(&findings).contains("/home/x/repo/p/m/a.yaml:1: `inptus` is not a key"),
        "{}",
        shown(&findings)
    );
}

#[test]
fn a_thousand_cohorts_and_ten_thousand_lines_are_read() {
    let mut text = String::from(INPUT);
    text.push_str("var_groups:\n  - name: v\n    entity_key: user\n    vars:\n");
    for at in 0..2_500 {
        text.push_str(&format!("      - entity_var:\n          name: f{at}\n          select: count({{{{orders.c{at}}}}})\n          from: inputs/orders\n"));
    }
    text.push_str("models:\n");
    for at in 0..1_000 {
        let base = if at == 0 { "user/all".to_owned() } else { format!("models/c{}", at - 1) };
        text.push_str(&format!("  - name: c{at}\n    model_type: entity_cohort\n    model_spec:\n      extends: {base}\n      filter_pipeline:\n        - type: include\n          value: \"{{{{user.f{at}}}}} > {at}\"\n"));
    }
    assert!(text.lines().count() > 10_000);
    let (project, findings) = read(&of_text(&[("pb_project.yaml", PROJECT), ("m/a.yaml", &text)]));
    assert_eq!((project.features.len(), project.cohorts.len()), (2_500, 1_000));
    assert!(findings.is_empty(), "{}", shown(&findings[..findings.len().min(5)]));
    assert_eq!(project.cohorts.iter().filter(|c| c.broken.is_some()).count(), 0);
}

#[test]
fn a_long_chain_of_features_that_ends_in_a_circle_is_reported_once() {
    let vars: String = (0..3_000)
        .map(|at| {
            format!(
                "      - entity_var: {{name: f{at}, select: \"{{{{user.f{}}}}} + 1\"}}\n",
                (at + 1) % 3_000
            )
        })
        .collect();
    let text = format!("{INPUT}var_groups:\n  - name: v\n    entity_key: user\n    vars:\n{vars}");
    let (project, findings) = read(&of_text(&[("pb_project.yaml", PROJECT), ("m/a.yaml", &text)]));
    assert_eq!(findings.len(), 1, "{}", shown(&findings[..findings.len().min(5)]));
    assert!(findings[0].message.starts_with("definitions need each other in a circle: f0 → f1"));
    assert!(project.features.iter().all(|f| f.broken.is_some()));
}

#[test]
fn ten_thousand_findings_are_cut_with_a_word_about_it() {
    let text: String = (0..10_000).map(|at| format!("key_{at}: 1\n")).collect();
    let (_, findings) = read(&of_text(&[("pb_project.yaml", PROJECT), ("m/a.yaml", &text)]));
    assert!(findings.len() < 2_100);
    assert!(findings.iter().any(|f| f.message.ends_with("more findings are not listed")));
}

/// Pieces of every layout, good and bad, that a random project is put together from.
const PIECES: &[&str] = &[
    "inputs:\n",
    "models:\n",
    "var_groups:\n",
    "macros:\n",
    "  - name: a\n",
    "  - name: b\n",
    "    name: c\n",
    "    model_type: entity_cohort\n",
    "    model_type: id_stitcher\n",
    "    model_type: sql_template\n",
    "    model_spec:\n",
    "      extends: user/all\n",
    "      extends: models/a\n",
    "      extends: models/b\n",
    "      filter_pipeline:\n",
    "        - {type: include, value: \"{{user.a}} > 1\"}\n",
    "      filter_expression: {OR: [\"{{a.x}} and (b\", {AND: [c]}]}\n",
    "      single_sql: |\n",
    "        select {{this.DeRef(\"models/a\")}} {% if a %}\n",
    "        {% for x in [1,2] %}{{x}}{% endfor %}\n",
    "      edge_sources: [{from: inputs/a}, {from: models/b}]\n",
    "    entity_key: user\n",
    "    entity_cohort: models/a\n",
    "    vars:\n",
    "      - entity_var: {name: a, select: \"{{user.b}}\", from: inputs/a}\n",
    "      - entity_var: {name: b, select: \"{{user.Var('a')}} + b\"}\n",
    "      - input_var: {name: x, select: 1, from: models/a}\n",
    "    app_defaults: &x\n",
    "      table: t\n",
    "    table: t\n",
    "      <<: *x\n",
    "    ids: [{select: e, type: email, entity: user}]\n",
    "      ids: [{select: e, type: email}, {select: u, type: user_id}]\n",
    "    value: \"{{a()}} {{x}}\"\n",
    "    inputs: [x]\n",
    "\t",
    "\"",
    "'",
    "{{",
    "}}",
    "{%",
    "%}",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "\n",
    "é",
    "\u{0}",
    "&x ",
    "*x",
    "|",
    ">",
    "#",
];

/// Words that a random condition is put together from.
const CONDITIONS: &[&str] = &[
    "{{user.n}}",
    "and",
    "or",
    "not",
    "(",
    ")",
    "=",
    "<>",
    ">",
    "<=",
    "1",
    "-2.5",
    "'a'",
    "'",
    "\"x",
    "null",
    "is",
    "in",
    "(1,2)",
    "between",
    "like",
    "'%a'",
    "case",
    "when",
    "end",
    "true",
    "--",
    "{{",
    "é",
    "::",
    ",",
    "5..5",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_can_be_written_stops_the_reader(
        model in prop::collection::vec(prop::sample::select(PIECES), 0..60),
        project in prop::collection::vec(prop::sample::select(PIECES), 0..4),
    ) {
        let model = model.concat();
        let project = format!("{PROJECT}{}", project.concat());
        read(&of_text(&[("pb_project.yaml", &project), ("m/a.yaml", &format!("{INPUT}{model}")), ("m/b.yaml", &model)]));
    }

    #[test]
    fn no_bytes_stop_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut files = of_text(&[("pb_project.yaml", PROJECT)]);
        files.push(("m/a.yaml".into(), bytes));
        read(&files);
    }

    #[test]
    fn no_template_stops_the_reader(sql in "[a-z{}%#()'\"|!&.,=<>+*~ \n\\[\\]0-9-]{0,120}", open in 0usize..4) {
        let opened = ["", "{{", "{% if ", "{% with a="][open];
        let model = serde_json::to_string(&format!("{opened}{sql}")).unwrap();
        let text = format!("{INPUT}models:\n  - {{name: a, model_type: sql_template, model_spec: {{single_sql: {model}}}}}\n");
        read(&of_text(&[("pb_project.yaml", PROJECT), ("m/a.yaml", &text)]));
    }

    #[test]
    fn no_condition_stops_the_reader(parts in prop::collection::vec(prop::sample::select(CONDITIONS), 0..25)) {
        let value = serde_json::to_string(&parts.join(" ")).unwrap();
        let text = format!("{INPUT}var_groups: [{{name: v, entity_key: user, vars: [{{entity_var: {{name: n, select: count(*), from: inputs/orders}}}}]}}]\nmodels:\n  - {{name: a, model_type: entity_cohort, model_spec: {{extends: user/all, filter_pipeline: [{{type: include, value: {value}}}, {{type: exclude, value: {value}}}]}}}}\n");
        read(&of_text(&[("pb_project.yaml", PROJECT), ("m/a.yaml", &text)]));
    }

    #[test]
    fn a_case_with_a_line_changed_is_still_read(seed in any::<prop::sample::Index>(), line in any::<prop::sample::Index>(), piece in prop::sample::select(PIECES)) {
        let mut folders: Vec<PathBuf> = fs::read_dir(cases()).unwrap().map(|e| e.unwrap().path()).collect();
        folders.sort();
        let mut files = files(&folders[seed.index(folders.len())]);
        let at = line.index(files.len());
        let text = String::from_utf8_lossy(&files[at].1).into_owned();
        let mut lines: Vec<&str> = text.lines().collect();
        if lines.is_empty() { return Ok(()); }
        let cut = line.index(lines.len());
        lines[cut] = piece;
        files[at].1 = lines.join("\n").into_bytes();
        read(&files);
    }
}
