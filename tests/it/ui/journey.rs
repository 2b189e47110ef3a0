//! Journeys through the whole window over the real engine and the sample shop.

use super::{click, opened, settle};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use muster::state::{Action, Dialog, SliceAction, Slot, State, Tab, ViewAction};

fn kept(state: &State) -> u64 {
    match state.answers.answer(&Slot::Size) {
        Some(muster::model::question::Answer::Size(size)) => size.kept,
        other => panic!("no size: {other:?}"),
    }
}

#[test]
fn the_sample_shows_its_cohorts_and_first_charts() {
    let (harness, screen) = opened([1280.0, 800.0], false);
    let state = harness.state().state();
    assert_eq!(state.canvas.cohort.as_ref().map(|c| c.entity.as_str()), Some("user"));
    assert_eq!(kept(state), 6000);
    assert_eq!(state.look.charts.len(), 6);
    harness.get_by_label_contains("All users, 6,000");
    harness.get_by_label_contains("lapsed");
    for chart in &state.look.charts {
        assert!(state.answers.answer(&chart.slot()).is_some(), "{chart:?}");
    }
    screen.shoot(&harness, "look-light");
}

#[test]
fn a_typed_condition_slices_and_undo_takes_it_back() {
    let (mut harness, screen) = opened([1280.0, 800.0], true);
    harness.get_by_role_and_label(Role::TextInput, "Condition as text").focus();
    harness.run();
    harness
        .get_by_role_and_label(Role::TextInput, "Condition as text")
        .type_text("country = 'DE' and orders >= 3");
    harness.run();
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    let state = harness.state().state();
    assert_eq!(state.canvas.tree().parts.len(), 2);
    let sliced = kept(state);
    assert!(sliced > 0 && sliced < 6000, "{sliced}");
    screen.shoot(&harness, "sliced-dark");
    for (tab, name) in
        [(Tab::People, "people"), (Tab::Steps, "steps"), (Tab::Definition, "definition")]
    {
        let ctx = harness.ctx.clone();
        harness.state_mut().act(ViewAction::Tab(tab).into(), &ctx);
        settle(&mut harness);
        screen.shoot(&harness, &format!("{name}-dark"));
    }
    click(&mut harness, "Undo");
    settle(&mut harness);
    assert_eq!(kept(harness.state().state()), 6000);
    click(&mut harness, "Redo");
    settle(&mut harness);
    assert_eq!(kept(harness.state().state()), sliced);
}

#[test]
fn a_person_opens_at_the_side_and_says_why_they_are_in() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    let act = |h: &mut egui_kittest::Harness<'_, muster::app::MusterApp>, action: Action| {
        h.state_mut().act(action, &ctx);
        settle(h);
    };
    act(&mut harness, Action::Slice(SliceAction::Typing("orders >= 3".into())));
    act(&mut harness, Action::Slice(SliceAction::CommitTyped));
    act(&mut harness, ViewAction::Tab(Tab::People).into());
    let grid = harness.get_by_role(Role::Grid);
    let said = grid.accesskit_node().label().unwrap_or_default();
    assert!(said.starts_with("People, "), "{said}");
    harness.get_by_role(Role::Grid).focus();
    harness.run();
    harness.key_press(egui::Key::ArrowDown);
    harness.run();
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    let state = harness.state().state();
    assert_eq!(state.people.cursor.0, 1);
    assert!(state.people.profile.is_some());
    harness.get_by_label("In this segment");
    screen.shoot(&harness, "profile-light");
}

#[test]
fn an_export_writes_the_file_and_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    click(&mut harness, "Export…");
    assert_eq!(harness.state().state().front.dialog, Dialog::Export);
    screen.shoot(&harness, "export-light");
    let path = folder.path().join("all.csv");
    let ctx = harness.ctx.clone();
    let typed = muster::state::ExportAction::Path(path.display().to_string());
    harness.state_mut().act(Action::Export(typed), &ctx);
    harness.run();
    click(&mut harness, "Export");
    super::until(&mut harness, "the list is written", |s| {
        s.status.jobs.is_empty() && !s.status.notices.is_empty()
    });
    let notice = harness.state().state().status.notices.last().cloned().expect("a notice");
    assert!(!notice.bad, "{notice:?}");
    let lines = std::fs::read_to_string(&path).expect("the list").lines().count();
    assert!(lines > 6000, "{lines}");
}
