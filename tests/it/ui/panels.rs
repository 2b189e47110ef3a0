//! Panels one by one.

use super::{app, click, opened, settle};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use muster::model::clause::{Expr, Node, Test};
use muster::state::{Action, Dialog, SliceAction, ViewAction};

#[test]
fn the_welcome_screen_offers_three_ways_in() {
    let (mut harness, screen) = app([1280.0, 800.0], false);
    harness.run();
    for name in ["Open a file…", "Open a folder…", "Explore the sample shop"] {
        harness.get_by_label(name);
    }
    screen.shoot(&harness, "welcome-light");
}

#[test]
fn a_path_that_is_not_there_is_said_and_kept_in_the_notices() {
    let (mut harness, _) = app([1000.0, 700.0], false);
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Path of a file or folder").focus();
    harness.run();
    harness
        .get_by_role_and_label(Role::TextInput, "Path of a file or folder")
        .type_text("/nowhere/at/all.parquet");
    harness.run();
    harness.key_press(egui::Key::Enter);
    super::until(&mut harness, "the failure is told", |s| !s.status.notices.is_empty());
    assert!(harness.state().state().status.notices[0].bad);
    click(&mut harness, "1 notice");
    assert_eq!(harness.state().state().front.dialog, Dialog::Notices);
}

#[test]
fn a_click_on_a_bar_keeps_one_value_and_a_second_click_takes_it_back() {
    let (mut harness, _) = opened([1280.0, 900.0], false);
    let bar = |h: &egui_kittest::Harness<'_, muster::app::MusterApp>| {
        let state = h.state().state();
        let chart = state.look.charts.iter().find_map(|c| match state.answers.answer(&c.slot()) {
            Some(muster::model::question::Answer::Values(v)) => Some((c.clone(), v.clone())),
            _ => None,
        });
        let (chart, values) = chart.expect("a chart of values");
        let muster::model::question::ChartKind::Feature(column) = chart.kind else {
            panic!("a feature")
        };
        (column, muster::ui::text::cell(&values.top[0].0))
    };
    let (column, value) = bar(&harness);
    harness.get_all_by_label_contains(&format!("{value}, ")).next().expect("the bar").click();
    settle(&mut harness);
    let tree = harness.state().state().canvas.tree().clone();
    let Node::Clause(clause) = &tree.parts[0].node else { panic!("a clause") };
    assert_eq!(clause.left, Expr::Column(column));
    assert!(matches!(clause.test, Test::OneOf(..) | Test::Compare(..)), "{clause:?}");
}

#[test]
fn dragging_over_a_histogram_keeps_the_range_as_one_step() {
    let (mut harness, screen) = opened([1280.0, 900.0], false);
    let plot = harness.get_by_label("Histogram of orders").rect();
    let at = |part: f32| egui::pos2(plot.left() + plot.width() * part, plot.center().y);
    harness.hover_at(at(0.25));
    harness.run();
    harness.drag_at(at(0.25));
    harness.run();
    for part in [0.4, 0.6, 0.75] {
        harness.hover_at(at(part));
        harness.run();
    }
    screen.shoot(&harness, "brushing-light");
    harness.drop_at(at(0.75));
    settle(&mut harness);
    let state = harness.state().state();
    let Some(Test::Between(Expr::Value(low), Expr::Value(high))) =
        state.canvas.own_clause("orders").map(|c| &c.test)
    else {
        panic!("a range: {:?}", state.canvas.tree())
    };
    // The axis is from 0 to 54 orders.
    assert_eq!((low.as_u64(), high.as_u64()), (Some(14), Some(40)));
    assert!(state.look.brushing.is_none());
    click(&mut harness, "Undo");
    assert!(harness.state().state().canvas.tree().parts.is_empty(), "one drag is one step");
}

#[test]
fn a_personal_column_is_masked_until_it_is_revealed() {
    let (mut harness, _) = opened([1280.0, 900.0], false);
    let ctx = harness.ctx.clone();
    let new = muster::state::EditAction::New("email".into());
    harness.state_mut().act(Action::Edit(new), &ctx);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("@").is_none());
    click(&mut harness, "Reveal email");
    settle(&mut harness);
    assert!(harness.query_all_by_label_contains("@").count() > 0);
}

#[test]
fn the_condition_box_takes_the_first_on_enter_and_the_editor_says_what_it_keeps() {
    let (mut harness, screen) = opened([1280.0, 900.0], false);
    click(&mut harness, "+ condition");
    let name = "Search features, values, related rows, cohorts and segments";
    harness.get_by_role_and_label(Role::TextInput, name).type_text("country");
    harness.run();
    screen.shoot(&harness, "adding-light");
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    let state = harness.state().state();
    assert_eq!(state.canvas.editor.as_ref().and_then(|e| e.form.column()), Some("country"));
    screen.shoot(&harness, "editor-text-light");
    harness.get_by_label("Only DE").click();
    settle(&mut harness);
    harness.get_by_label_contains("keeps ");
    click(&mut harness, "Apply");
    settle(&mut harness);
    assert_eq!(harness.state().state().canvas.tree().parts.len(), 1);
}

#[test]
fn editors_of_every_kind_draw() {
    let (mut harness, screen) = opened([1280.0, 900.0], true);
    let features: Vec<(String, muster::model::value::Kind)> = {
        let entity = harness.state().state().entity().expect("an entity");
        entity.features.iter().map(|f| (f.name.clone(), f.kind)).collect()
    };
    let ctx = harness.ctx.clone();
    for (name, kind) in features {
        let new = muster::state::EditAction::New(name);
        harness.state_mut().act(Action::Edit(new), &ctx);
        settle(&mut harness);
        assert!(harness.state().state().canvas.editor.is_some());
        screen.shoot(&harness, &format!("editor-{kind:?}"));
    }
    harness.state_mut().act(Action::Slice(SliceAction::StartAdding(Vec::new())), &ctx);
    harness.state_mut().act(Action::Slice(SliceAction::Adding("orders".into())), &ctx);
    let found = harness.state().state().suggestions();
    let related = found.iter().position(|f| f.detail == "related rows");
    let related = related.expect("a related table");
    harness.state_mut().act(Action::Slice(SliceAction::Take(related, false)), &ctx);
    settle(&mut harness);
    screen.shoot(&harness, "editor-related");
    click(&mut harness, "Apply");
    settle(&mut harness);
    assert_eq!(harness.state().state().canvas.tree().parts.len(), 1);
}

#[test]
fn the_palette_finds_a_command_and_takes_it() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run();
    assert_eq!(harness.state().state().front.dialog, Dialog::Palette);
    harness
        .get_by_role_and_label(
            Role::TextInput,
            "Search commands, cohorts, features, values and people",
        )
        .type_text("steps");
    harness.run();
    screen.shoot(&harness, "palette-light");
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().canvas.tab, muster::state::Tab::Steps);
    assert_eq!(harness.state().state().front.dialog, Dialog::None);
}

#[test]
fn every_sheet_draws_and_escape_closes_it() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    let sheets: [(Action, &str); 6] = [
        (ViewAction::Keys.into(), "keys"),
        (ViewAction::Sql.into(), "sql"),
        (ViewAction::AskNow.into(), "now"),
        (ViewAction::Notices.into(), "notices"),
        (Action::Correct(muster::state::CorrectionAction::Open), "corrections"),
        (Action::Source(muster::state::SourceAction::NoChooser), "path"),
    ];
    for (action, name) in sheets {
        harness.state_mut().act(action, &ctx);
        settle(&mut harness);
        assert_ne!(harness.state().state().front.dialog, Dialog::None, "{name}");
        screen.shoot(&harness, &format!("sheet-{name}"));
        harness.key_press(egui::Key::Escape);
        harness.run();
        assert_eq!(harness.state().state().front.dialog, Dialog::None, "{name}");
    }
}

#[test]
fn enter_on_a_sheet_means_what_was_typed() {
    let (mut harness, _) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    harness.state_mut().act(ViewAction::AskNow.into(), &ctx);
    settle(&mut harness);
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    assert_eq!(harness.state().state().front.dialog, Dialog::None, "as of the same instant");
    harness.state_mut().act(Action::Source(muster::state::SourceAction::NoChooser), &ctx);
    settle(&mut harness);
    let field = "Path";
    harness.get_by_role_and_label(Role::TextInput, field).type_text("/nowhere/at/all.parquet");
    harness.run();
    harness.key_press(egui::Key::Enter);
    super::until(&mut harness, "the failure is told", |s| s.status.notices.iter().any(|n| n.bad));
}

#[test]
fn grids_boxes_and_groups_draw_at_every_size_of_text() {
    use muster::model::question::ChartKind;
    use muster::state::LookAction;
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    let charts = [
        ChartKind::Grid { x: "orders".into(), y: "lifetime_value".into() },
        ChartKind::Boxes { number: "lifetime_value".into(), by: "plan".into() },
    ];
    for chart in charts {
        harness.state_mut().act(Action::Look(LookAction::Add(chart)), &ctx);
        settle(&mut harness);
    }
    let condition = "orders >= 1 and (country = 'DE' or plan = 'pro' or not (city like 'B%'))";
    harness.state_mut().act(Action::Slice(SliceAction::Typing(condition.into())), &ctx);
    harness.state_mut().act(Action::Slice(SliceAction::CommitTyped), &ctx);
    settle(&mut harness);
    harness.get_by_role_and_label(Role::Figure, "lifetime_value by orders");
    harness.get_by_role_and_label(Role::Figure, "lifetime_value per plan");
    harness.get_by_label("any of");
    screen.shoot(&harness, "groups-light");
    for scale in [0.75, 2.0] {
        harness.state_mut().act(ViewAction::Scale(scale).into(), &ctx);
        harness.run();
        settle(&mut harness);
        screen.shoot(&harness, &format!("scale-{scale}"));
    }
}

#[test]
fn when_no_one_matches_the_condition_to_blame_is_named() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    let ctx = harness.ctx.clone();
    let condition = "country = 'DE' and orders >= 300";
    harness.state_mut().act(Action::Slice(SliceAction::Typing(condition.into())), &ctx);
    harness.state_mut().act(Action::Slice(SliceAction::CommitTyped), &ctx);
    harness.state_mut().act(ViewAction::Tab(muster::state::Tab::People).into(), &ctx);
    settle(&mut harness);
    harness.get_by_label("No one matches");
    harness.get_by_label("orders is at least 300 alone removes everyone");
    screen.shoot(&harness, "empty-light");
}

/// The sample project in a folder by the name of the test, built or not.
fn project(built: bool) -> std::path::PathBuf {
    let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(test).join("profiles");
    // Left by the run before, or not there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("models")).expect("a folder");
    for file in [
        "pb_project.yaml",
        "models/accounts.yaml",
        "models/cohorts.yaml",
        "models/features.yaml",
        "models/ids.yaml",
        "models/inputs.yaml",
        "models/macros.yaml",
    ] {
        let from = std::path::Path::new("sample_data/profiles").join(file);
        std::fs::copy(from, folder.join(file)).expect("a copy of the sample project");
    }
    if built {
        let (project, _) = muster::engine::project::read(&folder).expect("a project");
        for (day, run) in [(1, "first"), (20, "second")] {
            let end = jiff::civil::date(2026, 11, day).at(6, 0, 0, 0);
            let request = muster::engine::builder::BuildRequest {
                into: muster::engine::builder::default_file(&folder, &project).expect("a folder"),
                folder: folder.clone(),
                data: vec!["sample_data/shop.duckdb".into()],
                end: Some(end),
                now: end,
                ..Default::default()
            };
            let cancelled = std::sync::Arc::default();
            let mut job = muster::engine::Job { cancelled, report: &mut |_| () };
            muster::engine::builder::build(&request, &mut job)
                .unwrap_or_else(|e| panic!("{run}: {e}"));
        }
    }
    folder
}

fn open_project(
    built: bool,
    dark: bool,
) -> (egui_kittest::Harness<'static, muster::app::MusterApp>, super::shot::Screen) {
    let (mut harness, screen) = app([1280.0, 800.0], dark);
    harness.run();
    let ctx = harness.ctx.clone();
    let open = muster::state::SourceAction::Open(vec![project(built)]);
    harness.state_mut().act(open.into(), &ctx);
    super::until(&mut harness, "the project is open", |s| s.source.opened.is_some());
    settle(&mut harness);
    (harness, screen)
}

#[test]
fn a_project_that_is_not_built_shows_its_definitions_and_how_to_build_it() {
    let (mut harness, screen) = open_project(false, false);
    harness.get_by_label("sample_shop is not built yet");
    assert!(harness.get_all_by_label_contains("muster build").count() > 0);
    click(&mut harness, "funnel_cart");
    harness.get_by_label("Put something into the cart in the last 30 days and did not order");
    harness.get_by_label("Keep those where carts_30d is at least 1");
    harness.get_by_label("Drop those where they are in the cohort funnel_ordered");
    screen.shoot(&harness, "project-not-built-light");
    // Lineage leads on to another definition.
    harness.get_by_role_and_label(Role::Link, "funnel_ordered").click();
    harness.run();
    harness.get_by_label("Ordered on the web or in the app in the last 30 days");
}

#[test]
fn a_built_project_shows_sizes_definitions_and_runs() {
    let (mut harness, screen) = open_project(true, false);
    harness.get_by_label("big_spenders, 457").click();
    settle(&mut harness);
    click(&mut harness, "Definition");
    harness.get_by_label("Known customers with 500 EUR or more");
    harness.get_by_label("Keep those where revenue is at least 500");
    click(
        &mut harness,
        "largest_order  Total of the largest order in EUR, cancelled and refunded orders left out",
    );
    harness.get_by_label("max(total)");
    screen.shoot(&harness, "project-definition-light");
    let yaml = harness.get_all_by_label_contains("YAML, from line").next().expect("the YAML");
    yaml.click();
    harness.run();
    harness.get_by_role_and_label(Role::ComboBox, "Run").click();
    harness.run();
    harness.get_by_label("run 1 · 2026-11-01 06:00, not the latest").click();
    super::until(&mut harness, "the earlier run is shown", |s| {
        s.source.catalog().is_some_and(|c| c.run == Some(1))
    });
    settle(&mut harness);
    let state = harness.state().state();
    let size = state.entity().and_then(|e| e.cohort("big_spenders")).map(|c| c.size);
    assert!(size.is_some_and(|size| size < 457), "{size:?}");
    assert_eq!(
        state.canvas.cohort.as_ref().and_then(|c| c.cohort.as_deref()),
        Some("big_spenders")
    );
}
