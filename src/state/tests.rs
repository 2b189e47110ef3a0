//! Tests of the state as a whole: what is asked, what is kept, what follows from a gesture.

use super::*;
use crate::model::catalog::{
    Catalog, Cohort, CohortRef, Column, EntityBase, Fingerprint, SourceKind,
};
use crate::model::clause::{Case, Clause, Comparison, Expr, Missing, Node, Test};
use crate::model::failure::{Failure, FailureKind};
use crate::model::question::{Answer, Answered, Size};
use crate::model::value::{Kind, Value};
use crate::model::workspace::{SavedSegment, Workspace};
use crate::protocol::{Command, Event, Opened, Outcome};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.into(),
        type_name: type_name.into(),
        kind: Kind::of_duckdb_type(type_name),
        description: None,
        personal: (name == "email").then(|| "its name".into()),
    }
}

/// A source with one entity, `user`, of five features and one cohort.
fn catalog() -> Catalog {
    let features = vec![
        column("user_id", "VARCHAR"),
        column("email", "VARCHAR"),
        column("country", "VARCHAR"),
        column("orders", "INTEGER"),
        column("joined", "DATE"),
    ];
    Catalog {
        path: "/data/shop.duckdb".into(),
        source: SourceKind::DuckDb,
        fingerprint: Fingerprint::default(),
        tables: Vec::new(),
        entities: vec![Entity {
            name: "user".into(),
            base: EntityBase::Table("users".into()),
            key: "user_id".into(),
            size: 100,
            features,
            cohorts: vec![Cohort {
                name: "known".into(),
                table: "known".into(),
                key: "user_id".into(),
                size: 40,
                extends: None,
                origin: String::new(),
                why: String::new(),
            }],
            odd_rows: Default::default(),
            why: String::new(),
        }],
        relations: Vec::new(),
        findings: Vec::new(),
        definitions: None,
        runs: Vec::new(),
        run: None,
        shadows: None,
    }
}

fn moment() -> Moment {
    Moment::parse("2026-11-23T09:00:00Z", &jiff::tz::TimeZone::UTC).unwrap()
}

/// A state with the source open, and what opening asked for.
pub(in crate::state) fn opened_with(workspace: Workspace) -> (State, Vec<Effect>) {
    let mut state = State::new(moment());
    let effects =
        state.on_action(Action::Source(SourceAction::Open(vec!["/data/shop.duckdb".into()])));
    let Some(Effect::Send(Command::Open { ticket, .. })) = effects.into_iter().next() else {
        panic!("opening sends a command")
    };
    let opened = Opened {
        catalog: Arc::new(catalog()),
        workspace,
        workspace_file: "/data/muster.yaml".into(),
        is_beginning: false,
    };
    let mut effects = state.on_event(Event::Opened(ticket, Arc::new(opened)));
    effects.extend(state.on_event(Event::Finished(ticket, Outcome::Done)));
    (state, effects)
}

pub(in crate::state) fn opened() -> State {
    opened_with(Workspace::default()).0
}

/// The slots that are asked for.
fn asked(effects: &[Effect]) -> Vec<Slot> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Send(Command::Ask { slot, .. }) => Some(slot.clone()),
            _ => None,
        })
        .collect()
}

fn asked_with_ticket(effects: &[Effect], wanted: &Slot) -> Ticket {
    let found = effects.iter().find_map(|e| match e {
        Effect::Send(Command::Ask { slot, ticket, .. }) if slot == wanted => Some(*ticket),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{wanted:?} is not asked"))
}

fn size(kept: u64) -> Arc<Answered> {
    let answer = Answer::Size(Size { kept, of: 100 });
    Arc::new(Answered { answer, sql: String::new(), took: Duration::ZERO, from_codes: false })
}

/// The slot of the chart of a feature.
fn chart_slot(state: &State, column: &str) -> Slot {
    let kind = crate::model::question::ChartKind::Feature(column.into());
    state.look.charts.iter().find(|c| c.kind == kind).expect("a chart of it").slot()
}

fn brush(low: f64, high: f64, done: bool) -> Action {
    Action::Look(LookAction::BrushNumber { column: "orders".into(), range: (low, high), done })
}

#[test]
fn opening_asks_for_the_size_and_one_chart_per_plain_feature() {
    let (state, effects) = opened_with(Workspace::default());
    let slots = asked(&effects);
    assert_eq!(slots, [Slot::Size, Slot::Chart(0), Slot::Chart(1), Slot::Chart(2)]);
    let charts: Vec<_> = state.look.charts.iter().map(|c| c.kind.clone()).collect();
    let feature = |n: &str| crate::model::question::ChartKind::Feature(n.into());
    // Neither the key nor the personal column.
    assert_eq!(charts, [feature("country"), feature("orders"), feature("joined")]);
    assert_eq!(state.settings.recent, [PathBuf::from("/data/shop.duckdb")]);
}

#[test]
fn a_brush_sets_a_clause_and_its_own_chart_is_not_asked_again() {
    let mut state = opened();
    let effects = state.on_action(brush(2.2, 7.9, false));
    let clause = state.canvas.own_clause("orders").cloned().expect("a clause");
    let bound = |n| Expr::Value(Value::Integer(n));
    assert_eq!(clause.test, Test::Between(bound(3), bound(7)));
    let slots = asked(&effects);
    assert!(slots.contains(&Slot::Size) && slots.contains(&chart_slot(&state, "country")));
    assert!(!slots.contains(&chart_slot(&state, "orders")), "{slots:?}");
}

#[test]
fn one_drag_is_one_step_back() {
    let mut state = opened();
    state.on_action(brush(2.0, 3.0, false));
    state.on_action(brush(2.0, 5.0, false));
    state.on_action(brush(2.0, 8.0, true));
    state.on_action(brush(1.0, 4.0, true));
    assert_eq!(state.canvas.tree().parts.len(), 1);
    state.on_action(Action::Slice(SliceAction::Undo));
    let bound = |n| Expr::Value(Value::Integer(n));
    let clause = state.canvas.own_clause("orders").cloned().expect("the first drag");
    assert_eq!(clause.test, Test::Between(bound(2), bound(8)));
    state.on_action(Action::Slice(SliceAction::Undo));
    assert!(state.canvas.tree().parts.is_empty());
    assert!(!state.canvas.history.can_undo());
    state.on_action(Action::Slice(SliceAction::Redo));
    assert_eq!(state.canvas.own_clause("orders"), Some(&clause));
}

#[test]
fn an_overtaken_answer_is_dropped_and_the_previous_one_stays_meanwhile() {
    let (mut state, effects) = opened_with(Workspace::default());
    let first = asked_with_ticket(&effects, &Slot::Size);
    state.on_event(Event::Answered(first, Slot::Size, size(100)));
    let second = asked_with_ticket(&state.on_action(brush(1.0, 2.0, true)), &Slot::Size);
    let third = asked_with_ticket(&state.on_action(brush(1.0, 3.0, true)), &Slot::Size);
    let now = |state: &State| match state.answers.answer(&Slot::Size) {
        Some(Answer::Size(size)) => size.kept,
        other => panic!("{other:?}"),
    };
    assert_eq!(now(&state), 100);
    assert!(state.answers.is_waiting(&Slot::Size));
    state.on_event(Event::Answered(second, Slot::Size, size(7)));
    assert_eq!(now(&state), 100);
    state.on_event(Event::Answered(third, Slot::Size, size(9)));
    state.on_event(Event::Finished(third, Outcome::Done));
    assert_eq!(now(&state), 9);
    assert!(!state.answers.is_waiting(&Slot::Size));
}

#[test]
fn each_tab_asks_for_its_own_and_lets_go_of_the_others() {
    let mut state = opened();
    let effects = state.on_action(ViewAction::Tab(Tab::People).into());
    assert_eq!(asked(&effects), [Slot::Page(0)]);
    let cancelled = effects.iter().filter(|e| matches!(e, Effect::Send(Command::Cancel(_))));
    assert_eq!(cancelled.count(), 3, "the charts that were on their way");
    let effects = state.on_action(Action::People(PeopleAction::See(390, 430)));
    assert_eq!(asked(&effects), [Slot::Page(1), Slot::Page(2)]);
    let effects = state.on_action(ViewAction::Tab(Tab::Definition).into());
    assert_eq!(asked(&effects), [Slot::Members]);
}

#[test]
fn what_was_answered_is_not_asked_again_when_a_tab_comes_back() {
    let (mut state, effects) = opened_with(Workspace::default());
    for slot in [Slot::Chart(0), Slot::Chart(1), Slot::Chart(2)] {
        let ticket = asked_with_ticket(&effects, &slot);
        state.on_event(Event::Answered(ticket, slot, size(1)));
        state.on_event(Event::Finished(ticket, Outcome::Done));
    }
    state.on_action(ViewAction::Tab(Tab::People).into());
    let effects = state.on_action(ViewAction::Tab(Tab::Look).into());
    assert!(asked(&effects).is_empty(), "{:?}", asked(&effects));
}

#[test]
fn a_failed_question_is_not_asked_again_until_it_is_meant() {
    let (mut state, effects) = opened_with(Workspace::default());
    let ticket = asked_with_ticket(&effects, &Slot::Size);
    let failure = crate::model::failure::Failure::new("no", "", "");
    let effects = state.on_event(Event::Finished(ticket, Outcome::Failed(failure.clone())));
    assert!(asked(&effects).is_empty());
    assert_eq!(state.answers.failure(&Slot::Size), Some(&failure));
    let effects = state.on_action(ViewAction::Retry.into());
    assert_eq!(asked(&effects), [Slot::Size]);
}

#[test]
fn clicks_on_bars_keep_add_exclude_and_clear() {
    let mut state = opened();
    let text = |t: &str| Value::Text(t.into());
    let look = |action| Action::Look(action);
    let country = || "country".to_owned();
    state.on_action(look(LookAction::Only(country(), text("DE"))));
    state.on_action(look(LookAction::Include(country(), text("AT"))));
    let test = Test::OneOf(vec![text("DE"), text("AT")], Case::Sensitive);
    assert_eq!(state.canvas.own_clause("country").map(|c| &c.test), Some(&test));
    state.on_action(look(LookAction::Exclude(country(), text("FR"))));
    let clause = state.canvas.own_clause("country").cloned().expect("a clause");
    assert_eq!(clause.negated, Some(Missing::Keep));
    assert_eq!(look::keeps(&clause, &text("FR")), Some(false));
    assert_eq!(look::keeps(&clause, &Value::Missing), Some(true));
    state.on_action(look(LookAction::Clear(country())));
    assert!(state.canvas.tree().parts.is_empty());
    state.on_action(look(LookAction::Only(country(), text("DE"))));
    state.on_action(look(LookAction::Only(country(), text("DE"))));
    assert!(state.canvas.tree().parts.is_empty(), "a second click takes it back");
}

#[test]
fn a_brush_keeps_a_root_that_is_not_all_as_one_part() {
    let mut state = opened();
    state.on_action(Action::Slice(SliceAction::Typing("orders = 1 and country = 'DE'".into())));
    state.on_action(Action::Slice(SliceAction::CommitTyped));
    let any = crate::model::clause::Combine::Any;
    state.on_action(Action::Slice(SliceAction::Combine(Vec::new(), any)));
    state.on_action(brush(1.0, 2.0, true));
    assert_eq!(state.canvas.tree().combine, crate::model::clause::Combine::All);
    assert_eq!(state.canvas.tree().parts.len(), 2);
}

#[test]
fn a_click_on_a_list_asks_for_all_its_items() {
    let mut state = opened();
    let items = vec![Value::Text("a".into()), Value::Text("b".into())];
    let only = LookAction::Only("country".into(), Value::List(items.clone()));
    state.on_action(Action::Look(only));
    assert_eq!(state.canvas.own_clause("country").map(|c| &c.test), Some(&Test::ListHasAll(items)));
}

#[test]
fn a_segment_is_saved_found_again_and_guarded_when_it_changed() {
    let mut state = opened();
    state.on_action(Action::Slice(SliceAction::Typing("orders >= 3".into())));
    state.on_action(Action::Slice(SliceAction::CommitTyped));
    state.on_action(Action::Library(LibraryAction::Save));
    assert_eq!(state.front.dialog, Dialog::SaveSegment);
    let effects = state.on_action(Action::Library(LibraryAction::SaveAs("Regulars".into())));
    assert!(
        effects.iter().any(|e| matches!(e, Effect::Send(Command::SaveWorkspace { workspace, .. })
        if workspace.segments.len() == 1 && workspace.segments[0].cohort == "user/all"))
    );
    assert!(!state.canvas.is_dirty());
    state.on_action(brush(1.0, 2.0, true));
    assert!(state.canvas.is_dirty());
    let everyone = LibraryAction::SelectCohort(CohortRef::all("user"));
    state.on_action(Action::Library(everyone.clone()));
    assert_eq!(state.front.dialog, Dialog::Leave(Box::new(everyone.clone())));
    assert_eq!(state.canvas.segment.as_deref(), Some("Regulars"));
    state.on_action(Action::Library(LibraryAction::Anyway(Box::new(everyone))));
    assert_eq!((state.canvas.segment.as_ref(), state.canvas.tree().parts.len()), (None, 0));
    state.on_action(Action::Library(LibraryAction::SelectSegment("Regulars".into())));
    assert_eq!(crate::language::print(state.canvas.tree()), "orders >= 3");
}

#[test]
fn a_segment_of_another_source_stays_in_the_workspace_and_is_told() {
    let saved = SavedSegment {
        name: "Odd".into(),
        cohort: "user/all".into(),
        condition: "no_such_feature = 1".into(),
    };
    let workspace = Workspace { segments: vec![saved], ..Workspace::default() };
    let (state, _) = opened_with(workspace);
    assert!(state.source.segments.is_empty());
    assert_eq!(state.source.workspace.segments.len(), 1);
    assert!(state.status.notices[0].bad && state.status.notices[0].what.contains("Odd"));
}

#[test]
fn the_editor_changes_the_tree_only_when_it_is_taken() {
    let mut state = opened();
    state.on_action(Action::Edit(EditAction::New("orders".into())));
    let mut form = state.canvas.editor.as_ref().expect("an editor").form.clone();
    let Form::Number { low, .. } = &mut form else { panic!("a number") };
    *low = "3".into();
    let effects = state.on_action(Action::Edit(EditAction::Change(Box::new(form))));
    assert!(asked(&effects).contains(&Slot::EditedSize));
    assert!(state.canvas.tree().parts.is_empty());
    state.on_action(Action::Edit(EditAction::Commit));
    assert_eq!(crate::language::print(state.canvas.tree()), "orders >= 3");
    assert!(state.canvas.editor.is_none());
}

#[test]
fn every_form_comes_back_from_the_clause_it_makes() {
    let state = opened();
    let entity = state.entity().expect("an entity");
    let forms = [
        Form::Number {
            column: "orders".into(),
            test: NumberTest::Between,
            low: "1".into(),
            high: "5".into(),
            not: Some(Missing::Drop),
        },
        Form::Text {
            column: "country".into(),
            mode: TextMode::OneOf,
            values: vec![Value::Text("DE".into()), Value::Text("AT".into())],
            pattern: String::new(),
            case: Case::Sensitive,
            not: None,
        },
        Form::Text {
            column: "country".into(),
            mode: TextMode::Length(Comparison::Greater),
            values: Vec::new(),
            pattern: "14".into(),
            case: Case::Ignored,
            not: Some(Missing::Keep),
        },
        Form::Date {
            column: "joined".into(),
            mode: DateMode::Last,
            from: String::new(),
            to: String::new(),
            count: "30".into(),
            unit: crate::model::clause::Unit::Day,
            not: Some(Missing::Keep),
        },
        Form::Presence { column: "user_id".into(), present: true },
        Form::Member { name: "known".into(), inside: false },
    ];
    for form in forms {
        let Ok(Node::Clause(clause)) = form.node(&state) else { panic!("{form:?} makes a clause") };
        // Text columns have a richer form than presence; the clause must be the same.
        let again = form_read::form_of(&clause, entity).node(&state);
        assert_eq!(again, Ok(Node::Clause(clause.clone())), "{form:?}");
        let typed = matches!(form_read::form_of(&clause, entity), Form::Typed { .. });
        assert!(!typed, "{form:?} is edited by its fields");
    }
}

#[test]
fn f_and_x_act_on_the_cell_under_the_keys() {
    let mut state = opened();
    let effects = state.on_action(ViewAction::Tab(Tab::People).into());
    let ticket = asked_with_ticket(&effects, &Slot::Page(0));
    let page = crate::model::question::Page {
        offset: 0,
        columns: ["user_id", "email", "country", "orders", "joined"].map(String::from).into(),
        rows: vec![vec![
            Value::Text("u1".into()),
            Value::Missing,
            Value::Text("DE".into()),
            Value::Integer(3),
            Value::Missing,
        ]],
    };
    let answered = Answered {
        answer: Answer::Page(page),
        sql: String::new(),
        took: Duration::ZERO,
        from_codes: false,
    };
    state.on_event(Event::Answered(ticket, Slot::Page(0), Arc::new(answered)));
    state.on_action(Action::People(PeopleAction::Cursor(0, 3)));
    state.on_action(Action::People(PeopleAction::FilterToCell));
    assert_eq!(crate::language::print(state.canvas.tree()), "orders = 3");
    state.on_action(Action::Slice(SliceAction::Undo));
    state.on_action(Action::People(PeopleAction::Cursor(0, 2)));
    state.on_action(Action::People(PeopleAction::ExcludeCell));
    let Node::Clause(Clause { negated, .. }) = &state.canvas.tree().parts[0].node else {
        panic!("a clause")
    };
    assert_eq!(*negated, Some(Missing::Keep));
}

#[test]
fn an_export_needs_columns_with_names_of_their_own() {
    let mut state = opened();
    state.on_action(Action::Export(ExportAction::Open));
    assert!(state.front.export.path.ends_with("all_users.csv"), "{}", state.front.export.path);
    state.on_action(Action::Export(ExportAction::Format(
        crate::model::export::ExportFormat::Parquet,
    )));
    assert!(state.front.export.path.ends_with("all_users.parquet"));
    state.on_action(Action::Export(ExportAction::Rename(1, "user_id".into())));
    let effects = state.on_action(Action::Export(ExportAction::Start { replace: false }));
    assert!(effects.is_empty());
    assert_eq!(state.front.error.as_deref(), Some("two columns are called user_id"));
    state.on_action(Action::Export(ExportAction::Choose(1, false)));
    let effects = state.on_action(Action::Export(ExportAction::Start { replace: false }));
    let request = effects.iter().find_map(|e| match e {
        Effect::Send(Command::Export { request, .. }) => Some(request),
        _ => None,
    });
    let request = request.expect("an export");
    assert_eq!(request.columns.len(), 4);
    assert!(!request.byte_order_mark && request.columns.iter().all(|c| c.hash.is_none()));
    assert_eq!(state.status.jobs.len(), 1);
}

#[test]
fn an_export_carries_its_mark_and_ways_to_hash() {
    use crate::model::export::{ExportFormat, Normal};
    let mut state = opened();
    state.on_action(Action::Export(ExportAction::Open));
    state.on_action(Action::Export(ExportAction::Mark(true)));
    state.on_action(Action::Export(ExportAction::Hash(1, Some(Normal::Email))));
    let mut request = |format| {
        state.on_action(Action::Export(ExportAction::Format(format)));
        let effects = state.on_action(Action::Export(ExportAction::Start { replace: false }));
        let sent = effects.into_iter().find_map(|e| match e {
            Effect::Send(Command::Export { request, .. }) => Some(request),
            _ => None,
        });
        sent.expect("an export")
    };
    let csv = request(ExportFormat::Csv);
    assert!(csv.byte_order_mark);
    assert_eq!(csv.columns[1].hash, Some(Normal::Email));
    assert!(!request(ExportFormat::Parquet).byte_order_mark, "only text has a mark");
}

#[test]
fn an_encrypted_file_asks_for_its_key() {
    let mut state = State::new(moment());
    let effects =
        state.on_action(Action::Source(SourceAction::Open(vec!["/data/x.duckdb".into()])));
    let Some(Effect::Send(Command::Open { ticket, .. })) = effects.first() else { panic!() };
    let failed = |kind| {
        let failure = Failure::new("it does not open", "x.duckdb", "").of(kind);
        Outcome::Failed(failure)
    };
    state.on_event(Event::Finished(*ticket, failed(FailureKind::KeyNeeded)));
    assert_eq!((&state.front.dialog, &state.front.error), (&Dialog::Password, &None));
    let effects = state.on_action(Action::Source(SourceAction::Password("s3cre".into())));
    let Some(Effect::Send(Command::Open { ticket, request })) = effects.first() else { panic!() };
    assert_eq!(request.password.as_deref(), Some("s3cre"));
    // One that is mistyped is asked for again, and told.
    state.on_event(Event::Finished(*ticket, failed(FailureKind::KeyWrong)));
    assert_eq!(state.front.dialog, Dialog::Password);
    assert!(state.front.error.is_some() && state.status.notices.is_empty());
    let effects = state.on_action(Action::Source(SourceAction::Password("s3cret".into())));
    assert!(effects.iter().any(|e| matches!(e, Effect::Send(Command::Open { request, .. })
        if request.password.as_deref() == Some("s3cret"))));
}

#[test]
fn a_correction_is_kept_and_the_source_read_again() {
    let mut state = opened();
    state.on_action(Action::Correct(CorrectionAction::Open));
    let correction = crate::model::workspace::Correction::NotEntity { name: "user".into() };
    state.on_action(Action::Correct(CorrectionAction::Draft(correction)));
    let effects = state.on_action(Action::Correct(CorrectionAction::Add));
    let Some(Effect::Send(Command::SaveWorkspace { ticket, .. })) = effects.first() else {
        panic!("the workspace is kept")
    };
    let effects = state.on_event(Event::Finished(*ticket, Outcome::Done));
    assert!(matches!(effects.first(), Some(Effect::Send(Command::Open { .. }))));
}

#[test]
fn moving_now_asks_everything_again() {
    let mut state = opened();
    let set = ViewAction::SetNow("2026-01-01 00:00".into(), "Europe/Berlin".into());
    let effects = state.on_action(set.into());
    assert_eq!(asked(&effects), [Slot::Size, Slot::Chart(0), Slot::Chart(1), Slot::Chart(2)]);
    assert_eq!(state.canvas.now.display(), "1 Jan 2026 00:00 Europe/Berlin");
    state.on_action(ViewAction::SetNow("soon".into(), "UTC".into()).into());
    assert!(state.front.error.is_some());
}

#[test]
fn a_rectangle_on_two_numbers_keeps_a_range_of_each_as_one_step() {
    let mut state = opened();
    let drag = |to: f64, done| {
        let (x, y) = (("orders".to_owned(), (2.0, to)), ("joined".to_owned(), (1.0, 2.0)));
        Action::Look(LookAction::BrushGrid { x, y, done })
    };
    state.on_action(drag(5.0, false));
    state.on_action(drag(7.0, true));
    assert_eq!(state.canvas.tree().parts.len(), 2);
    let bound = |n| Expr::Value(Value::Integer(n));
    let clause = state.canvas.own_clause("orders").expect("a clause on the one across");
    assert_eq!(clause.test, Test::Between(bound(2), bound(7)));
    state.on_action(Action::Slice(SliceAction::Undo));
    assert!(state.canvas.tree().parts.is_empty());
}

#[test]
fn those_that_a_step_drops_meet_the_steps_before_and_not_that_one() {
    let mut state = opened();
    let clause = |n: i128| -> Node {
        Clause::on("orders", Test::OneOf(vec![Value::Integer(n)], Case::Sensitive)).into()
    };
    for n in 1..=3 {
        state.on_action(Action::Slice(SliceAction::Add(Vec::new(), clause(n))));
    }
    let effects = state.on_action(Action::People(PeopleAction::ShowDropped(Some(1))));
    assert!(asked(&effects).contains(&Slot::Dropped));
    assert_eq!(state.canvas.tab, Tab::People);
    let tree = state.people_tree();
    assert_eq!(tree.parts.len(), 2, "the step after it has no say");
    assert_eq!(tree.parts[0].node, clause(1));
    let Node::Group(failed) = &tree.parts[1].node else { panic!("a group") };
    assert_eq!(failed.combine, crate::model::clause::Combine::None(Missing::Keep));
    assert_eq!(failed.parts[0].node, clause(2));
    // Another segment has other steps.
    state.on_action(Action::Slice(SliceAction::Undo));
    assert_eq!(state.people.dropped_by, None);
}

#[test]
fn a_source_opens_where_it_was_left() {
    let mut state = opened();
    state.on_action(Action::Library(LibraryAction::SelectCohort(CohortRef {
        entity: "user".into(),
        cohort: Some("known".into()),
    })));
    state.on_action(Action::Slice(SliceAction::Typing("orders >= 3".into())));
    state.on_action(Action::Slice(SliceAction::CommitTyped));
    state.on_action(ViewAction::Tab(Tab::Steps).into());
    state.remember_place();

    let mut next = State::new(moment());
    next.settings.places = state.settings.places.clone();
    let open = Action::Source(SourceAction::Open(vec!["/data/shop.duckdb".into()]));
    let effects = next.on_action(open);
    let Some(Effect::Send(Command::Open { ticket, .. })) = effects.into_iter().next() else {
        panic!("opening sends a command")
    };
    let opened = Opened {
        catalog: Arc::new(catalog()),
        workspace: Workspace::default(),
        workspace_file: "/data/muster.yaml".into(),
        is_beginning: false,
    };
    next.on_event(Event::Opened(ticket, Arc::new(opened)));
    assert_eq!(next.canvas.cohort, state.canvas.cohort);
    assert_eq!(next.canvas.tree(), state.canvas.tree());
    assert!(!next.canvas.tree().parts.is_empty());
    assert_eq!(next.canvas.tab, Tab::Steps);
}

/// A state that shows the first rows of a source, and the command that reads the rest.
fn begun() -> (State, Ticket) {
    let mut state = State::new(moment());
    let open = Action::Source(SourceAction::Open(vec!["/data/shop.csv".into()]));
    let effects = state.on_action(open);
    let Some(Effect::Send(Command::Open { ticket, .. })) = effects.into_iter().next() else {
        panic!("opening sends a command")
    };
    state.on_event(Event::Opened(ticket, Arc::new(found(true))));
    (state, ticket)
}

fn found(is_beginning: bool) -> Opened {
    Opened {
        catalog: Arc::new(catalog()),
        workspace: Workspace::default(),
        workspace_file: "/data/muster.yaml".into(),
        is_beginning,
    }
}

#[test]
fn a_slice_of_the_first_rows_becomes_one_of_all() {
    let (mut state, ticket) = begun();
    assert!(state.source.is_beginning());
    assert!(state.settings.recent.is_empty(), "it is not open yet");
    state.on_action(Action::Slice(SliceAction::Typing("orders >= 3".into())));
    state.on_action(Action::Slice(SliceAction::CommitTyped));
    let tree = state.canvas.tree().clone();
    let effects = state.on_event(Event::Opened(ticket, Arc::new(found(false))));
    assert!(!state.source.is_beginning());
    assert_eq!(state.canvas.tree(), &tree);
    assert!(asked(&effects).contains(&Slot::Size), "all figures are asked for anew");
}

#[test]
fn first_rows_without_the_rest_are_not_shown() {
    for outcome in [Outcome::Cancelled, Outcome::Failed(Failure::new("no", "", ""))] {
        let (mut state, ticket) = begun();
        state.on_event(Event::Finished(ticket, outcome));
        assert!(state.source.opened.is_none());
    }
}

fn typed(state: &mut State, condition: &str) -> Vec<Effect> {
    state.on_action(Action::Slice(SliceAction::Typing(condition.into())));
    state.on_action(Action::Slice(SliceAction::CommitTyped))
}

#[test]
fn a_slice_is_not_exported_under_the_name_of_the_whole() {
    let mut state = opened();
    assert_eq!(state.export_title(), "All users");
    typed(&mut state, "orders >= 3");
    assert_eq!(state.export_title(), "All users, orders is at least 3");
    state.settings.downloads = Some("/home/me/Downloads".into());
    state.on_action(Action::Export(ExportAction::Open));
    let path = "/home/me/Downloads/all_users_orders_is_at_least_3.csv";
    assert_eq!(state.front.export.path, path);
    state.on_action(ViewAction::Escape.into());
    state.on_action(Action::Library(LibraryAction::SaveAs("regulars".into())));
    assert_eq!(state.export_title(), "regulars");
    typed(&mut state, "orders >= 4");
    assert_eq!(state.export_title(), "regulars, changed");
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_that_is_meant() {
    let mut state = opened();
    let effects = state.on_action(Action::Export(ExportAction::Open));
    let path = state.front.export.path.clone();
    assert!(effects.iter().any(|e| matches!(e, Effect::LookAt(asked) if *asked == path)));
    state.on_action(Action::Export(ExportAction::Looked(path, Place::File)));
    let start = |replace| Action::Export(ExportAction::Start { replace });
    assert!(state.on_action(start(false)).is_empty());
    assert_eq!(state.front.dialog, Dialog::Export);
    let error = state.front.error.clone().expect("a word");
    assert!(error.starts_with("all_users.csv is there already"), "{error}");
    // What is said of one path says nothing of another.
    let other = state.on_action(Action::Export(ExportAction::Path("/data/other.csv".into())));
    assert!(other.iter().any(|e| matches!(e, Effect::LookAt(_))));
    assert_eq!(state.front.export.place(), None);
    let effects = state.on_action(start(true));
    assert!(effects.iter().any(|e| matches!(e, Effect::Send(Command::Export { .. }))));
}

#[test]
fn a_failed_export_comes_back_with_why() {
    let mut state = opened();
    state.on_action(Action::Export(ExportAction::Open));
    let effects = state.on_action(Action::Export(ExportAction::Start { replace: true }));
    let Some(Effect::Send(Command::Export { ticket, .. })) = effects.first() else { panic!() };
    assert_eq!(state.front.dialog, Dialog::None);
    let failure = Failure::new("the disk is full", "/data", "make room");
    state.on_event(Event::Finished(*ticket, Outcome::Failed(failure)));
    assert_eq!(state.front.dialog, Dialog::Export);
    assert_eq!(state.front.error.as_deref(), Some("the disk is full; /data; make room"));
    assert_eq!(state.status.notices.len(), 1);
}

#[test]
fn of_files_that_changed_the_old_answers_stay_until_they_are_read_again() {
    let (mut state, effects) = opened_with(Workspace::default());
    let first = asked_with_ticket(&effects, &Slot::Size);
    state.on_event(Event::Answered(first, Slot::Size, size(100)));
    let later = asked_with_ticket(&typed(&mut state, "orders >= 3"), &Slot::Size);
    state.on_event(Event::SourceChanged { at: "02:18".into() });
    let failure = Failure::new("no table is called users", "", "");
    state.on_event(Event::Finished(later, Outcome::Failed(failure)));
    assert!(state.answers.failure(&Slot::Size).is_none(), "that it is another file is said once");
    let Some(Answer::Size(kept)) = state.answers.answer(&Slot::Size) else { panic!("the old one") };
    assert_eq!(kept.kept, 100);
    assert!(asked(&typed(&mut state, "orders >= 4")).is_empty(), "nothing is asked of other files");

    let effects = state.on_action(Action::Source(SourceAction::Reopen));
    let Some(Effect::Send(Command::Open { ticket, .. })) = effects.first() else { panic!() };
    let mut after = catalog();
    after.entities[0].features.retain(|f| f.name != "country");
    after.entities[0].cohorts.clear();
    let opened = Opened { catalog: Arc::new(after), ..found(false) };
    let effects = state.on_event(Event::Opened(*ticket, Arc::new(opened)));
    assert!(asked(&effects).contains(&Slot::Size));
    assert_eq!(state.source.changed, None);
    let said = &state.status.notices.last().expect("a notice").more;
    assert_eq!(said, "the feature country of user; the cohort known of user");
}

#[test]
fn a_mistake_in_a_condition_on_rows_is_told_in_its_own_words() {
    let mut after = catalog();
    after.tables.push(crate::model::catalog::Table {
        name: "orders".into(),
        origin: crate::model::catalog::TableOrigin::Stored {
            schema: "main".into(),
            table: "orders".into(),
        },
        columns: vec![column("user_id", "VARCHAR"), column("total", "DOUBLE")],
        rows: 9,
        time_column: None,
    });
    let mut state = opened();
    let now = Opened { catalog: Arc::new(after), ..found(false) };
    state.source.opened = Some(Arc::new(now));
    for (filter, told) in [
        ("total >", "ends too early"),
        ("total > 3)", ") is not expected here at )"),
        ("totl > 3", "totl"),
    ] {
        let form = RelatedForm { filter: filter.into(), ..RelatedForm::new("orders") };
        let error = Form::Related(form).node(&state).expect_err(filter);
        assert!(error.starts_with("in the condition on rows: ") && error.contains(told), "{error}");
        assert!(!error.contains(">= 1") && !error.to_lowercase().contains("filter"), "{error}");
    }
}

#[test]
fn a_search_finds_values_and_takes_them_or_their_opposite() {
    let mut state = opened();
    state.on_action(Action::Slice(SliceAction::StartAdding(Vec::new())));
    let effects = state.on_action(Action::Slice(SliceAction::Adding("DE".into())));
    let slot = Slot::Found("country".into());
    let ticket = asked_with_ticket(&effects, &slot);
    assert!(!asked(&effects).contains(&Slot::Found("email".into())), "it is masked");
    let counts = crate::model::question::Counts { all: 612, kept: 612 };
    let values = crate::model::question::Values {
        top: vec![(Value::Text("DE".into()), counts)],
        others: Default::default(),
        distinct: 1,
        missing: Default::default(),
    };
    let answer = Answer::Values(values);
    let answered = Answered { answer, sql: String::new(), took: Duration::ZERO, from_codes: false };
    state.on_event(Event::Answered(ticket, slot, Arc::new(answered)));
    let found = state.suggestions();
    let at = found.iter().position(|f| f.name == "country is DE").expect("the value");
    assert_eq!(found[at].detail, "612");
    state.on_action(Action::Slice(SliceAction::Take(at, true)));
    let words = crate::language::words::tree(state.canvas.tree(), None);
    assert_eq!(words, "country is not DE, or is missing");
    // Of another text nothing is known yet.
    state.on_action(Action::Slice(SliceAction::StartAdding(Vec::new())));
    state.on_action(Action::Slice(SliceAction::Adding("DEN".into())));
    assert!(state.suggestions().iter().all(|f| f.name != "country is DE"));
}

#[test]
fn the_palette_looks_for_a_person_among_everyone() {
    let mut state = opened();
    let known = CohortRef { entity: "user".into(), cohort: Some("known".into()) };
    state.on_action(Action::Library(LibraryAction::SelectCohort(known)));
    state.on_action(ViewAction::Palette.into());
    let effects = state.on_action(ViewAction::PaletteText("u17".into()).into());
    let ask = effects.iter().find_map(|e| match e {
        Effect::Send(Command::Ask { slot: Slot::FoundPeople, slice, ticket, .. }) => {
            Some((Arc::clone(slice), *ticket))
        }
        _ => None,
    });
    let (slice, ticket) = ask.expect("it is asked");
    assert_eq!(slice.cohort, CohortRef::all("user"));
    let page = crate::model::question::Page {
        offset: 0,
        columns: vec!["user_id".into()],
        rows: vec![vec![Value::Text("u17".into())]],
    };
    let answered = Answered {
        answer: Answer::Page(page),
        sql: String::new(),
        took: Duration::ZERO,
        from_codes: false,
    };
    state.on_event(Event::Answered(ticket, Slot::FoundPeople, Arc::new(answered)));
    let at = state.palette_entries().iter().position(|e| e.name == "u17").expect("the person");
    state.on_action(ViewAction::PaletteTake(at, false).into());
    assert_eq!(state.people.profile, Some(Value::Text("u17".into())));
}

#[test]
fn a_segment_is_copied_and_used_as_a_condition() {
    let mut state = opened();
    typed(&mut state, "orders >= 3");
    state.on_action(Action::Library(LibraryAction::SaveAs("regulars".into())));
    let effects = state.on_action(Action::Library(LibraryAction::Duplicate("regulars".into())));
    assert!(asked(&effects).contains(&Slot::Segment("regulars copy".into())));
    state.on_action(Action::Library(LibraryAction::SelectCohort(CohortRef::all("user"))));
    state.on_action(Action::Library(LibraryAction::Use("regulars".into(), true)));
    assert_eq!(crate::language::print(state.canvas.tree()), "not in_cohort('regulars')");
}

#[test]
fn charts_are_moved_enlarged_and_share_one_scale() {
    let mut state = opened();
    let names = |state: &State| -> Vec<String> {
        state.look.charts.iter().map(|c| c.kind.title()).collect()
    };
    assert_eq!(names(&state), ["country", "orders", "joined"]);
    let first = state.look.charts[0].id;
    state.on_action(Action::Look(LookAction::MoveTo(first, 3)));
    assert_eq!(names(&state), ["orders", "joined", "country"]);
    state.on_action(Action::Look(LookAction::MoveTo(first, 1)));
    assert_eq!(names(&state), ["orders", "country", "joined"]);
    state.on_action(Action::Look(LookAction::Enlarge(first)));
    assert_eq!(state.look.enlarged, Some(first));
    state.on_action(ViewAction::Escape.into());
    assert_eq!(state.look.enlarged, None);
    state.on_action(Action::Look(LookAction::Scale(Scale::Share)));
    state.on_action(Action::Source(SourceAction::Close));
    assert_eq!(state.look.scale, Scale::Share, "it is how this person looks at charts");
}
