//! What cannot be seen in names and values of a source is visible wherever the window draws it.

use super::{app, settle, until};
use egui::Shape;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use muster::app::MusterApp;
use muster::model::catalog::CohortRef;
use muster::model::question::ChartKind;
use muster::model::shown::is_hidden;
use muster::state::{
    Action, CorrectionAction, EditAction, ExportAction, LibraryAction, LookAction, PeopleAction,
    SliceAction, SourceAction, State, Tab, ViewAction,
};

const ODD: &str = "\u{1b}[2J\n\u{202e}\u{200b}\u{9b}\u{e0041}";

/// A database in which everything has such a name or value.
fn source(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join(format!("shop{}.duckdb", ODD.replace('/', "")));
    let sql = "CREATE TABLE \"u?sers\" AS SELECT i AS \"i?d\", 'v?' || i % 3 AS \"te?xt\", i * 2 AS \"num?ber\",
           i * 3 AS \"other?\", DATE '2026-01-01' + CAST(i AS INTEGER) AS \"da?y\", ['a?'] AS \"li?st\" FROM range(40) AS t(i);
         COMMENT ON COLUMN \"u?sers\".\"te?xt\" IS 'about?';
         CREATE TABLE \"or?ders\" AS SELECT i % 40 AS \"i?d\", 'x?' AS \"wh?at\",
           TIMESTAMP '2026-01-01' + to_days(CAST(i AS INTEGER)) AS \"a?t\" FROM range(80) AS t(i);
         CREATE TABLE \"go?od_users\" AS SELECT \"i?d\" FROM \"u?sers\" WHERE \"i?d\" < 9;";
    let database = duckdb::Connection::open(&path).expect("a database");
    database.execute_batch(&sql.replace('?', ODD)).expect("tables of odd names");
    path
}

fn texts_of(shape: &Shape, found: &mut Vec<String>) {
    match shape {
        Shape::Text(text) => found.push(text.galley.text().to_owned()),
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| texts_of(shape, found)),
        _ => {}
    }
}

/// All that is drawn or spoken, but for what is being typed.
#[track_caller]
fn is_clean(harness: &Harness<'_, MusterApp>, at: &str) {
    let (mut found, mut typed) = (Vec::new(), Vec::new());
    harness.output().shapes.iter().for_each(|clipped| texts_of(&clipped.shape, &mut found));
    for node in harness.root().children_recursive() {
        let node = node.accesskit_node();
        match node.role() {
            Role::TextInput => typed.extend(node.value()),
            Role::TextRun => {}
            _ => found.extend([node.label(), node.value()].into_iter().flatten()),
        }
    }
    // What is typed stays exact: it is what will be asked.
    found.retain(|text| !typed.contains(text));
    assert!(found.len() > 10, "{at}: {found:?}");
    let is_bad = |text: &&String| text.chars().any(|c| is_hidden(c) && !"\n\t".contains(c));
    let bad: Vec<&String> = found.iter().filter(is_bad).collect();
    assert!(bad.is_empty(), "{at}: {bad:?}");
}

fn feature(state: &State, start: &str) -> String {
    let entity = state.entity().expect("an entity");
    let found = entity.features.iter().find(|f| f.name.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start}")).name.clone()
}

#[test]
fn every_panel_shows_what_cannot_be_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut harness, screen) = app([1400.0, 1000.0], false);
    harness.run();
    let ctx = harness.ctx.clone();
    let open = SourceAction::Open(vec![source(folder.path())]);
    harness.state_mut().act(open.into(), &ctx);
    until(&mut harness, "the source is open", |s| s.source.opened.is_some());
    settle(&mut harness);
    let catalog = harness.state().state().source.catalog().expect("a catalog");
    let users = catalog.entities.iter().find(|e| e.features.len() > 4).expect("users");
    let everyone = LibraryAction::SelectCohort(CohortRef::all(&users.name));
    harness.state_mut().act(Action::Library(everyone), &ctx);
    settle(&mut harness);
    let state = harness.state().state();
    assert!(state.entity().is_some_and(|e| e.name.contains('\u{202e}')), "{:?}", state.entity());
    let [text, number, other] = ["te", "num", "other"].map(|start| feature(state, start));
    is_clean(&harness, "look");
    harness.get_all_by_label_contains("⟨ESC⟩").next().expect("a name with an escape");
    let quoted = |name: &str| format!("\"{name}\"");
    let condition = format!("{} <> 'v{ODD}1' and {} > 3", quoted(&text), quoted(&number));
    let steps: Vec<(&str, Action)> = vec![
        (
            "boxes",
            Action::Look(LookAction::Add(ChartKind::Boxes {
                number: number.clone(),
                by: text.clone(),
            })),
        ),
        ("grid", Action::Look(LookAction::Add(ChartKind::Grid { x: number.clone(), y: other }))),
        ("typing", Action::Slice(SliceAction::Typing(condition))),
        ("typed", Action::Slice(SliceAction::CommitTyped)),
        ("people", ViewAction::Tab(Tab::People).into()),
        ("profile", Action::People(PeopleAction::OpenRow(1))),
        ("steps", ViewAction::Tab(Tab::Steps).into()),
        ("definition", ViewAction::Tab(Tab::Definition).into()),
        ("adding", Action::Slice(SliceAction::StartAdding(Vec::new()))),
        ("editor", Action::Edit(EditAction::New(text))),
        ("editor of numbers", Action::Edit(EditAction::New(number))),
        ("palette", ViewAction::Palette.into()),
        ("escape", ViewAction::Escape.into()),
        ("sql", ViewAction::Sql.into()),
        ("escape", ViewAction::Escape.into()),
        ("corrections", Action::Correct(CorrectionAction::Open)),
        ("escape", ViewAction::Escape.into()),
        ("export", Action::Export(ExportAction::Open)),
        ("escape", ViewAction::Escape.into()),
        ("failure", ViewAction::Failed(muster::model::failure::Failure::new(ODD, ODD, ODD)).into()),
        ("notices", ViewAction::Notices.into()),
    ];
    for (at, action) in steps {
        harness.state_mut().act(action, &ctx);
        settle(&mut harness);
        screen.shoot(&harness, &format!("hidden-{at}"));
        is_clean(&harness, at);
    }
}
