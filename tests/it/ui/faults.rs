//! What was found wrong in the window once, each as its user met it.

use super::{click, opened, settle, until};
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use muster::app::MusterApp;
use muster::model::export::ExportFormat;
use muster::state::{
    Action, Dialog, ExportAction, LibraryAction, PeopleAction, SliceAction, SourceAction, Tab,
    ViewAction,
};

/// Opens the "+ condition" box by its key and types into it.
fn search_conditions(harness: &mut Harness<'_, MusterApp>, text: &str) {
    harness.event(egui::Event::Text("c".into()));
    harness.run();
    let name = "Search features, values, related rows, cohorts and segments";
    harness.get_by_role_and_label(Role::TextInput, name).type_text(text);
    settle(harness);
}

#[test]
fn enter_in_the_dialogs_of_names_means_what_was_typed() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    harness.state_mut().act(Action::Slice(SliceAction::Typing("orders >= 3".into())), &ctx);
    harness.state_mut().act(Action::Slice(SliceAction::CommitTyped), &ctx);
    settle(&mut harness);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Name").type_text("Regulars");
    harness.run();
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    assert_eq!(harness.state().state().canvas.segment.as_deref(), Some("Regulars"));
    let rename = LibraryAction::AskRename("Regulars".into());
    harness.state_mut().act(Action::Library(rename), &ctx);
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Name").type_text(" of May");
    harness.run();
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    assert_eq!(harness.state().state().canvas.segment.as_deref(), Some("Regulars of May"));
}

#[test]
fn nothing_happens_behind_what_is_in_front() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::E);
    harness.run();
    let keys = [egui::Key::K, egui::Key::S, egui::Key::Num2, egui::Key::Z, egui::Key::L];
    for key in keys {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        harness.run();
        let state = harness.state().state();
        assert_eq!(
            (&state.front.dialog, state.canvas.tab),
            (&Dialog::Export, Tab::Look),
            "{key:?}"
        );
    }
    harness.key_press(egui::Key::Escape);
    harness.run();
    assert_eq!(harness.state().state().front.dialog, Dialog::None);
}

#[test]
fn a_tooltip_does_not_stay_over_what_is_put_in_front() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    let tip = "Send to the tool where people work";
    harness.get_by_role_and_label(Role::Button, "Activate…").hover();
    for _ in 0..60 {
        harness.step();
    }
    assert!(harness.query_by_label_contains(tip).is_some(), "it shows at first");
    harness.state_mut().act(ViewAction::Keys.into(), &ctx);
    harness.run();
    assert!(harness.query_by_label_contains(tip).is_none());
}

#[test]
fn the_export_sheet_stands_still_when_the_format_changes() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    harness.state_mut().act(Action::Export(ExportAction::Open), &ctx);
    settle(&mut harness);
    let mut places = Vec::new();
    for format in ExportFormat::ALL {
        harness.state_mut().act(Action::Export(ExportAction::Format(format)), &ctx);
        harness.run();
        let place = |name: &str| harness.get_by_role_and_label(Role::Button, name).rect();
        places.push((place("Cancel").min, place(ExportFormat::Csv.name()).min));
    }
    assert!(places.windows(2).all(|two| two[0] == two[1]), "{places:?}");
}

#[test]
fn a_list_that_is_there_is_replaced_by_the_button_that_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list.csv");
    std::fs::write(&path, "mine").expect("a file of somebody");
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    harness.state_mut().act(Action::Export(ExportAction::Open), &ctx);
    let typed = ExportAction::Path(path.display().to_string());
    harness.state_mut().act(Action::Export(typed), &ctx);
    settle(&mut harness);
    harness.get_by_label("Replaces list.csv");
    screen.shoot(&harness, "export-replaces");
    harness.get_by_role_and_label(Role::TextInput, "Path of the file to write").focus();
    harness.run();
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().front.dialog, Dialog::Export);
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "mine");
    click(&mut harness, "Replace");
    until(&mut harness, "the list is written", |s| {
        s.status.jobs.is_empty() && s.status.notices.iter().any(|n| !n.bad)
    });
    assert!(std::fs::read_to_string(&path).expect("the list").lines().count() > 6000);
}

#[test]
fn arrows_choose_among_what_the_condition_box_finds() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    search_conditions(&mut harness, "order");
    screen.shoot(&harness, "adding-found");
    harness.key_press(egui::Key::ArrowDown);
    harness.run();
    let second = harness.state().state().suggestions()[1].clone();
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    let form = harness.state().state().canvas.editor.as_ref().map(|e| e.form.clone());
    assert_eq!(second.take, muster::state::Take::Edit(Box::new(form.expect("an editor"))));
}

#[test]
fn what_is_typed_right_after_a_key_arrives_where_it_leads() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    // Both within one frame, as on a busy machine.
    let key = egui::Event::Key {
        key: egui::Key::L,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::COMMAND,
    };
    let letters = ["c", "i", "t", "y"].map(|letter| egui::Event::Text(letter.into()));
    harness.input_mut().events.extend([key].into_iter().chain(letters));
    harness.run();
    let state = harness.state().state();
    assert!(state.canvas.adding.is_none());
    assert_eq!(state.canvas.typed.text, "city");
}

#[test]
fn a_value_is_found_with_its_count_and_taken_at_once() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    search_conditions(&mut harness, "Berlin");
    let found = harness.state().state().suggestions();
    assert_eq!(found[0].name, "city is Berlin");
    let count: u64 = found[0].detail.replace(',', "").parse().expect("a count");
    harness.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::Enter);
    settle(&mut harness);
    let state = harness.state().state();
    let words = muster::language::words::tree(state.canvas.tree(), None);
    assert_eq!(words, "city is not Berlin, or is missing");
    let Some(muster::model::question::Answer::Size(size)) =
        state.answers.answer(&muster::state::Slot::Size)
    else {
        panic!("a size")
    };
    assert_eq!(size.of - size.kept, count);
}

#[test]
fn a_person_opens_from_the_palette_with_why_not() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    harness.state_mut().act(Action::Slice(SliceAction::Typing("orders >= 300".into())), &ctx);
    harness.state_mut().act(Action::Slice(SliceAction::CommitTyped), &ctx);
    settle(&mut harness);
    let key = {
        let state = harness.state().state();
        let entity = state.entity().expect("an entity").clone();
        assert_eq!(entity.name, "user");
        "100211".to_owned()
    };
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run();
    let name = "Search commands, cohorts, features, values and people";
    harness.get_by_role_and_label(Role::TextInput, name).type_text(&key);
    settle(&mut harness);
    screen.shoot(&harness, "palette-person");
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    harness.get_by_label("Not in this segment");
    harness.get_by_label_contains("orders is at least 300 · it is ");
}

#[test]
fn a_file_that_is_replaced_is_said_once_and_read_again() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    let path = harness.state().state().source.request.paths[0].clone();
    let other = path.with_file_name("other.duckdb");
    let database = duckdb::Connection::open(&other).expect("a database");
    let made = "CREATE TABLE users AS SELECT i AS user_id, i % 7 AS orders FROM range(50) AS t(i)";
    database.execute_batch(made).expect("a table");
    drop(database);
    std::fs::rename(&other, &path).expect("another file in its place");
    harness.state_mut().act(Action::Slice(SliceAction::Typing("orders >= 3".into())), &ctx);
    harness.state_mut().act(Action::Slice(SliceAction::CommitTyped), &ctx);
    until(&mut harness, "the change is seen", |s| s.source.changed.is_some());
    settle(&mut harness);
    for tab in [Tab::Look, Tab::People, Tab::Steps] {
        harness.state_mut().act(ViewAction::Tab(tab).into(), &ctx);
        settle(&mut harness);
        harness.get_by_label_contains("shop.duckdb changed at ");
        let said: Vec<String> = harness
            .root()
            .children_recursive()
            .filter_map(|n| n.accesskit_node().label())
            .filter(|l| l.contains("does not exist") || l.contains("no table"))
            .collect();
        assert!(said.is_empty(), "{tab:?}: {said:?}");
    }
    screen.shoot(&harness, "changed");
    click(&mut harness, "Read again");
    until(&mut harness, "it is read again", |s| s.source.changed.is_none());
    settle(&mut harness);
    let state = harness.state().state();
    let notice = state.status.notices.last().expect("a notice");
    assert!(notice.more.contains("the feature city of user"), "{notice:?}");
}

#[test]
fn an_opening_says_what_it_does_and_can_be_left() {
    let folder = tempfile::tempdir().expect("a folder");
    for i in 0..40 {
        let rows: String = (0..4000).map(|n| format!("{n},{}\n", n * i)).collect();
        std::fs::write(folder.path().join(format!("t{i}.csv")), format!("id,n{i}\n{rows}"))
            .expect("a file");
    }
    let (mut harness, screen) = super::app([1280.0, 800.0], false);
    harness.run();
    let ctx = harness.ctx.clone();
    let open = SourceAction::Open(vec![folder.path().to_owned()]);
    harness.state_mut().act(open.into(), &ctx);
    harness.step();
    assert!(harness.state().state().source.opening.is_some());
    assert!(harness.query_all_by_label_contains("Opening ").count() > 0);
    assert!(harness.query_by_label("Explore the sample shop").is_none());
    screen.shoot(&harness, "opening");
    harness.get_by_label("Cancel").click();
    until(&mut harness, "it is left", |s| s.source.opening.is_none());
    harness.get_by_label("Explore the sample shop");
}

#[test]
fn a_profile_shows_related_rows_in_a_usual_window() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    // Four tables have rows of this person, so that the last ones lie below the window.
    let key = muster::model::value::Value::Integer(100_112);
    harness.state_mut().act(Action::People(PeopleAction::Profile(key)), &ctx);
    settle(&mut harness);
    screen.shoot(&harness, "profile-related");
    let top = |heading: &str| harness.get_by_label(heading).rect().top();
    let room = top("user_history · 6 rows") - top("orders · 33 rows");
    assert!(room > 200.0, "the time line and at least some of the rows: {room}");
}
