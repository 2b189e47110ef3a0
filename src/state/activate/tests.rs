//! Tests of activations on screen: what is asked of the engine, what is kept, what is shown.

use super::*;
use crate::model::activation::{
    DryRun, Guard, SavedActivation, SavedDestination, Stopped, SyncCounts, SyncHistory,
    SyncRequest, SyncRun, SyncStatus, Synced,
};
use crate::model::catalog::CohortRef;
use crate::model::failure::Failure;
use crate::model::workspace::{SavedSegment, Workspace};
use crate::protocol::{Command, Event, Outcome};
use crate::state::tests::{opened, opened_with};
use crate::state::{Action, Dialog, Effect, LibraryAction, SliceAction, State};
use serde_json::json;

const URL: &str = "http://127.0.0.1:4755/rows";

fn act(state: &mut State, action: ActivateAction) -> Vec<Effect> {
    state.on_action(Action::Activate(action))
}

fn edit(state: &mut State, edit: DraftEdit) -> Vec<Effect> {
    act(state, ActivateAction::Edit(edit))
}

/// The sync that is asked for.
#[track_caller]
fn asked(effects: &[Effect]) -> (Ticket, &SyncRequest) {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::Sync { ticket, request }) => Some((*ticket, request.as_ref())),
        _ => None,
    });
    found.expect("a sync is asked for")
}

fn asks_for_no_sync(effects: &[Effect]) -> bool {
    !effects.iter().any(|effect| matches!(effect, Effect::Send(Command::Sync { .. })))
}

/// The workspace that is to be kept.
fn kept(effects: &[Effect]) -> Option<&Workspace> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::SaveWorkspace { workspace, .. }) => Some(workspace.as_ref()),
        _ => None,
    })
}

fn sheet(state: &State) -> &Sheet {
    state.activate.sheet.as_ref().expect("a sheet")
}

/// The practice inbox listens.
fn listens(state: &mut State) -> Vec<Effect> {
    let view = InboxView { url: URL.into(), ..InboxView::default() };
    state.on_event(Event::InboxChanged(Arc::new(view)))
}

fn dry(adds: u64, stopped: &[Guard]) -> DryRun {
    let stopped = stopped.iter().map(|guard| Stopped { guard: *guard, what: "so".into() });
    let counts = SyncCounts { planned: adds, adds, ..SyncCounts::default() };
    DryRun { counts, stopped: stopped.collect(), ..DryRun::default() }
}

fn run_of(activation: &str, counts: SyncCounts) -> SyncRun {
    let failed = counts.rejected + counts.invalid + counts.unknown;
    SyncRun {
        run: 7,
        activation: activation.into(),
        destination: "Practice inbox".into(),
        status: if failed > 0 { SyncStatus::Partly } else { SyncStatus::Done },
        began: "2026-11-23T09:00:00Z".into(),
        ended: None,
        seconds: 1,
        who: "me".into(),
        definition: json!({}),
        counts,
        left: 0,
        message: String::new(),
        reported: Default::default(),
    }
}

/// The sheet with the practice inbox chosen and its dry run done; gives what that asked for.
fn tried(state: &mut State, told: DryRun) -> SyncRequest {
    act(state, ActivateAction::Open);
    act(state, ActivateAction::ChooseNew("inbox"));
    let effects = listens(state);
    let (ticket, request) = asked(&effects);
    let request = request.clone();
    state.on_event(Event::Synced(ticket, Synced::Dry(told)));
    state.on_event(Event::Finished(ticket, Outcome::Done));
    request
}

/// A workspace with a segment that goes to a webhook.
fn with_hook() -> Workspace {
    let settings = json!({"url": "https://example.com/rows", "secret": "env:HOOK"});
    let settings = settings.as_object().expect("an object").clone();
    let mapping = json!({"email": "email", "name": {"feature": "country"}});
    Workspace {
        segments: vec![SavedSegment {
            name: "regulars".into(),
            cohort: "user/known".into(),
            condition: "orders >= 3".into(),
        }],
        destinations: vec![SavedDestination {
            name: "hook".into(),
            kind: "webhook".into(),
            settings,
        }],
        activations: vec![SavedActivation {
            name: "regulars to hook".into(),
            segment: Some("regulars".into()),
            destination: "hook".into(),
            mapping: mapping.as_object().expect("an object").clone(),
            ..SavedActivation::default()
        }],
        ..Workspace::default()
    }
}

#[test]
fn what_was_sent_is_asked_when_a_source_is_opened() {
    let (_, effects) = opened_with(Workspace::default());
    let tells = |e: &Effect| matches!(e, Effect::Send(Command::TellSyncs { .. }));
    assert!(effects.iter().any(tells));
}

#[test]
fn the_practice_inbox_is_started_first_and_then_tried_at_once() {
    let mut state = opened();
    act(&mut state, ActivateAction::Open);
    assert_eq!(state.front.dialog, Dialog::Activate);
    assert_eq!(sheet(&state).subject, Subject::Cohort(CohortRef::all("user")));
    let effects = act(&mut state, ActivateAction::ChooseNew("inbox"));
    let starts = |e: &Effect| matches!(e, Effect::Send(Command::PracticeInbox { is_on: true, .. }));
    assert!(effects.iter().any(starts) && asks_for_no_sync(&effects));
    let effects = listens(&mut state);
    let (_, request) = asked(&effects);
    assert!(request.is_dry);
    assert_eq!(request.destination.settings["url"], URL);
    assert_eq!(request.activation.cohort.as_deref(), Some("user/all"));
    // All that is not personal, and the address of e-mail.
    let fields: Vec<&String> = request.activation.mapping.keys().collect();
    assert_eq!(fields, ["user_id", "email", "country", "orders", "joined"]);
    assert!(kept(&effects).is_none(), "a dry run keeps nothing");
}

#[test]
fn an_inbox_that_cannot_listen_is_told_on_the_sheet() {
    let mut state = opened();
    act(&mut state, ActivateAction::Open);
    let effects = act(&mut state, ActivateAction::ChooseNew("inbox"));
    let ticket = effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::PracticeInbox { ticket, .. }) => Some(*ticket),
        _ => None,
    });
    let failure = Failure::new("no port", "", "");
    let failed = Outcome::Failed(failure.clone());
    state.on_event(Event::Finished(ticket.expect("it is started"), failed));
    assert!(matches!(&sheet(&state).dry, Dry::Failed(told) if *told == failure));
}

#[test]
fn sending_keeps_the_activation_and_its_destination() {
    let mut state = opened();
    let tried = tried(&mut state, dry(100, &[]));
    let effects = act(&mut state, ActivateAction::Send);
    let (_, sent) = asked(&effects);
    assert!(!sent.is_dry && sent.force.is_empty());
    assert_eq!(sent.activation, tried.activation, "what was tried is what is sent");
    let workspace = kept(&effects).expect("it is kept");
    assert_eq!(workspace.activations, std::slice::from_ref(&sent.activation));
    assert_eq!(workspace.destinations, std::slice::from_ref(&sent.destination));
    assert!(asks_for_no_sync(&act(&mut state, ActivateAction::Send)), "once");
}

#[test]
fn a_guard_is_gone_past_only_by_its_own_tick() {
    let mut state = opened();
    tried(&mut state, dry(100, &[Guard::Growth, Guard::Source]));
    assert!(asks_for_no_sync(&act(&mut state, ActivateAction::Send)));
    act(&mut state, ActivateAction::Tick(Guard::Growth, true));
    assert!(asks_for_no_sync(&act(&mut state, ActivateAction::Send)));
    act(&mut state, ActivateAction::Tick(Guard::Source, true));
    let effects = act(&mut state, ActivateAction::Send);
    assert_eq!(asked(&effects).1.force, [Guard::Growth, Guard::Source]);
}

#[test]
fn a_change_makes_the_dry_run_old_and_takes_back_the_ticks() {
    let mut state = opened();
    tried(&mut state, dry(100, &[Guard::Growth]));
    act(&mut state, ActivateAction::Tick(Guard::Growth, true));
    assert!(sheet(&state).can_send());
    edit(&mut state, DraftEdit::Map(2, Origin::Constant("X".into())));
    assert!(!sheet(&state).can_send() && sheet(&state).ticked.is_empty());
    let effects = act(&mut state, ActivateAction::DryRun);
    assert_eq!(asked(&effects).1.activation.mapping["country"], json!({"constant": "X"}));
    // One that is under way is of no use either.
    let ticket = asked(&effects).0;
    let effects = edit(&mut state, DraftEdit::Map(2, Origin::Nothing));
    let stops = |e: &Effect| matches!(e, Effect::Send(Command::Cancel(t)) if *t == ticket);
    assert!(effects.iter().any(stops));
    state.on_event(Event::Synced(ticket, Synced::Dry(dry(5, &[]))));
    assert!(sheet(&state).known().is_none(), "an overtaken answer is thrown away");
}

#[test]
fn a_schedule_leaves_the_dry_run_as_it_is() {
    let mut state = opened();
    tried(&mut state, dry(100, &[]));
    edit(&mut state, DraftEdit::Schedule("0 9 * * 1".into()));
    assert!(sheet(&state).can_send());
    let effects = act(&mut state, ActivateAction::Save);
    let workspace = kept(&effects).expect("it is kept");
    assert_eq!(workspace.activations[0].schedule.as_deref(), Some("0 9 * * 1"));
    assert_eq!(workspace.activations[0].zone.as_deref(), Some("UTC"));
    assert!(asks_for_no_sync(&effects));
}

#[test]
fn what_failed_is_shown_and_only_that_is_sent_again() {
    let mut state = opened();
    tried(&mut state, dry(100, &[]));
    let effects = act(&mut state, ActivateAction::Send);
    let (ticket, request) = asked(&effects);
    let name = request.activation.name.clone();
    let counts =
        SyncCounts { planned: 100, accepted: 98, rejected: 2, adds: 100, ..SyncCounts::default() };
    let run = run_of(&name, counts);
    let effects = state.on_event(Event::Synced(ticket, Synced::Run(Box::new(run.clone()))));
    let tells = |e: &Effect| matches!(e, Effect::Send(Command::TellFailedRows { run: 7, .. }));
    assert!(effects.iter().any(tells));
    let asks = |e: &Effect| matches!(e, Effect::Send(Command::TellSyncs { .. }));
    assert!(effects.iter().any(asks));
    state.on_event(Event::Finished(ticket, Outcome::Done));
    assert_eq!(sheet(&state).run.as_ref(), Some(&run));
    assert!(!sheet(&state).can_send(), "what it would do now is not known");
    let effects = act(&mut state, ActivateAction::Retry(7));
    let (_, again) = asked(&effects);
    assert_eq!(again.only_failed_of, Some(7));
    assert!(kept(&effects).is_none(), "nothing new to keep");
}

#[test]
fn a_sync_that_fails_is_told_on_the_sheet_and_in_the_notices() {
    let mut state = opened();
    tried(&mut state, dry(100, &[]));
    let effects = act(&mut state, ActivateAction::Send);
    let ticket = asked(&effects).0;
    let failure = Failure::new("out of reach", "there", "try");
    state.on_event(Event::Finished(ticket, Outcome::Failed(failure.clone())));
    assert_eq!(sheet(&state).failure, Some(failure));
    assert!(state.status.notices.iter().any(|notice| notice.bad));
    assert!(state.status.jobs.values().all(|job| job.kind != crate::state::JobKind::Sync));
    assert!(!sheet(&state).is_busy());
}

#[test]
fn an_unsaved_slice_is_kept_first() {
    let mut state = opened();
    state.on_action(Action::Slice(SliceAction::Typing("orders >= 3".into())));
    state.on_action(Action::Slice(SliceAction::CommitTyped));
    act(&mut state, ActivateAction::Open);
    assert_eq!(sheet(&state).subject, Subject::Unsaved);
    act(&mut state, ActivateAction::SaveSlice("known".into()));
    assert_eq!(state.front.error.as_deref(), Some("known is taken"), "by a cohort");
    let effects = act(&mut state, ActivateAction::SaveSlice("regulars".into()));
    assert_eq!(kept(&effects).expect("it is kept").segments[0].condition, "orders >= 3");
    assert_eq!(sheet(&state).subject, Subject::Segment("regulars".into()));
    act(&mut state, ActivateAction::ChooseNew("inbox"));
    let effects = listens(&mut state);
    let (_, request) = asked(&effects);
    assert_eq!(request.activation.segment.as_deref(), Some("regulars"));
    assert_eq!(request.activation.cohort, None);
    assert_eq!(request.segments.len(), 1);
}

#[test]
fn a_kept_activation_is_tried_by_one_click_and_sent_by_a_second() {
    let workspace = with_hook();
    let (mut state, _) = opened_with(workspace.clone());
    let effects = act(&mut state, ActivateAction::Repeat("regulars to hook".into()));
    let (ticket, request) = asked(&effects);
    assert!(request.is_dry);
    // As it was kept: a mapping that is written otherwise passes for a changed one.
    assert_eq!(request.activation, workspace.activations[0]);
    assert_eq!(request.destination, workspace.destinations[0]);
    state.on_event(Event::Synced(ticket, Synced::Dry(dry(5, &[]))));
    let effects = act(&mut state, ActivateAction::Send);
    assert!(!asked(&effects).1.is_dry);
    assert!(kept(&effects).is_none(), "nothing new to keep");
}

#[test]
fn choosing_where_it_goes_already_goes_on_with_that() {
    let (mut state, _) = opened_with(with_hook());
    state.on_action(Action::Library(LibraryAction::SelectSegment("regulars".into())));
    act(&mut state, ActivateAction::Open);
    let effects = act(&mut state, ActivateAction::Choose("hook".into()));
    assert_eq!(asked(&effects).1.activation.name, "regulars to hook");
    assert!(sheet(&state).draft.is_kept);
    // Another slice to the same destination is an activation of its own.
    state.on_action(Action::Library(LibraryAction::SelectCohort(CohortRef::all("user"))));
    act(&mut state, ActivateAction::Open);
    let effects = act(&mut state, ActivateAction::Choose("hook".into()));
    assert_eq!(asked(&effects).1.activation.name, "All users to hook");
}

#[test]
fn a_secret_itself_is_neither_sent_nor_kept() {
    let mut state = opened();
    act(&mut state, ActivateAction::Open);
    act(&mut state, ActivateAction::ChooseNew("webhook"));
    edit(&mut state, DraftEdit::Setting("url", "https://example.com".into()));
    edit(&mut state, DraftEdit::Setting("secret", "hunter2".into()));
    for action in [ActivateAction::DryRun, ActivateAction::Save] {
        let effects = act(&mut state, action);
        assert!(asks_for_no_sync(&effects) && kept(&effects).is_none());
        assert!(state.front.error.is_some());
    }
    edit(&mut state, DraftEdit::Setting("secret", "env:HOOK".into()));
    let effects = act(&mut state, ActivateAction::DryRun);
    assert_eq!(asked(&effects).1.destination.settings["secret"], "env:HOOK");
}

#[test]
fn a_destination_offers_its_own_modes_and_fields() {
    let mut state = opened();
    act(&mut state, ActivateAction::Open);
    for kind in crate::destinations::KINDS {
        if matches!(kind.takes, crate::destinations::Takes::Notice(_)) {
            continue;
        }
        act(&mut state, ActivateAction::ChooseNew(kind.name));
        let draft = &sheet(&state).draft;
        let place = draft.place.as_ref().expect("a destination");
        let modes = place.modes();
        assert!(modes.is_empty() || modes.contains(&draft.saved.mode), "{}", kind.name);
        assert_eq!(modes.is_empty(), !place.takes_members(), "{}", kind.name);
        act(&mut state, ActivateAction::Unchoose);
    }
}

#[test]
fn a_cohort_says_where_it_is_sent_and_by_which_slice() {
    let (mut state, _) = opened_with(with_hook());
    let history = SyncHistory {
        runs: vec![run_of("regulars to hook", SyncCounts::default())],
        held: vec![("regulars to hook".into(), 12, 0)],
    };
    state.on_event(Event::SyncsTold(Ticket(99), Arc::new(history)));
    let known = CohortRef { entity: "user".into(), cohort: Some("known".into()) };
    let sent = state.sent_of_cohort(&known);
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].held, sent[0].slice), (Some(12), Some("orders >= 3")));
    assert_eq!(sent[0].last.map(|run| run.run), Some(7));
    assert_eq!(state.sent_of_segment("regulars"), sent);
    assert!(state.sent_of_cohort(&CohortRef::all("user")).is_empty());
}

#[test]
fn an_activation_is_removed_after_a_question() {
    let (mut state, _) = opened_with(with_hook());
    act(&mut state, ActivateAction::AskRemove("regulars to hook".into()));
    assert_eq!(state.front.dialog, Dialog::RemoveActivation("regulars to hook".into()));
    let effects = act(&mut state, ActivateAction::Remove("regulars to hook".into()));
    let workspace = kept(&effects).expect("it is kept");
    assert!(workspace.activations.is_empty());
    assert_eq!(workspace.destinations.len(), 1, "the destination stays");
}
