//! Activation through the window, over the real engine: the practice inbox, and a destination that
//! refuses some rows at first.

use super::{click, opened, opened_with, until};
use egui_kittest::kittest::Queryable as _;
use muster::inbox::{Act, Ending, Inbox, Script, Taken};
use muster::model::activation::SyncStatus;
use muster::state::activate::{Dry, Sheet};
use muster::state::{Action, ActivateAction, State};

fn sheet(state: &State) -> &Sheet {
    state.activate.sheet.as_ref().expect("the sheet")
}

#[test]
fn a_first_activation_goes_to_the_practice_inbox() {
    let (mut harness, screen) = opened([1280.0, 800.0], false);
    click(&mut harness, "Activate…");
    screen.shoot(&harness, "activate-destination");
    click(&mut harness, "Practice inbox");
    until(&mut harness, "the dry run is done", |s| sheet(s).known().is_some());
    let everyone = harness.state().state().entity().expect("an entity").size;
    let counts = sheet(harness.state().state()).known().expect("a dry run").counts;
    assert_eq!((counts.adds, counts.invalid), (everyone, 0));
    assert_eq!(harness.state().state().activate.inbox.arrived, 0, "a dry run sends nothing");
    harness.get_by_label("6,000 members would be sent to Practice inbox");
    screen.shoot(&harness, "activate-dry-run");
    click(&mut harness, "Mapping, 17 fields");
    screen.shoot(&harness, "activate-mapping");
    click(&mut harness, "Send 6,000");
    until(&mut harness, "everyone is sent", |s| sheet(s).run.is_some() && !sheet(s).is_busy());
    let run = sheet(harness.state().state()).run.clone().expect("a sync");
    assert_eq!((run.status, run.counts.accepted), (SyncStatus::Done, everyone));
    assert_eq!(run.counts.mismatch(), None);
    until(&mut harness, "the inbox and the history tell", |s| {
        s.activate.inbox.members == everyone && !s.activate.history.runs.is_empty()
    });
    screen.shoot(&harness, "activate-sent");
    harness.get_by_label("Practice inbox accepted 6,000 members");
    click(&mut harness, "Practice inbox, holds 6,000 members");
    harness.get_by_label("It holds 6,000 members");
    screen.shoot(&harness, "activate-inbox");
    click(&mut harness, "History, 1 sync");
    harness.get_by_label("6,000 planned = 6,000 accepted");
    click(&mut harness, "Done");
    // From the library it is one click to see that nothing is new.
    harness.get_by_label_contains("All users to Practice inbox, to Practice inbox, done").click();
    harness.run();
    until(&mut harness, "the second dry run is done", |s| sheet(s).known().is_some());
    harness.get_by_label("Nothing changed since the last sync to Practice inbox");
    harness.get_by_label("Nothing to send");
}

#[test]
fn rows_that_are_refused_are_listed_and_sent_again() {
    let mut script = Script::default();
    script.push("/rows", Act::of(Taken::Without(vec![0, 1]), Ending::Usual));
    let inbox = Inbox::start(0, script, || {}).expect("a port");
    let workspace = format!(
        "version: 1\ndestinations:\n- name: hook\n  type: webhook\n  url: {}\nactivations:\n\
         - name: lapsed to hook\n  cohort: user/lapsed\n  destination: hook\n  \
         mapping: {{ plan: plan }}\n",
        inbox.url()
    );
    let (mut harness, screen) = opened_with([1280.0, 800.0], true, Some(&workspace));
    let entity = harness.state().state().entity().expect("an entity").clone();
    let lapsed = entity.cohort("lapsed").expect("the cohort").size;
    harness.get_by_label("lapsed to hook, to hook, never sent").click();
    harness.run();
    until(&mut harness, "the dry run is done", |s| !matches!(sheet(s).dry, Dry::Running(_)));
    assert_eq!(sheet(harness.state().state()).known().expect("a dry run").counts.adds, lapsed);
    let ctx = harness.ctx.clone();
    harness.state_mut().act(Action::Activate(ActivateAction::Send), &ctx);
    until(&mut harness, "it is sent and what failed is told", |s| {
        sheet(s).run.is_some() && !sheet(s).is_busy() && s.activate.failed.is_some()
    });
    let state = harness.state().state();
    let run = sheet(state).run.clone().expect("a sync");
    assert_eq!(run.status, SyncStatus::Partly);
    assert_eq!((run.counts.accepted, run.counts.rejected), (lapsed - 2, 2));
    let (of, rows) = state.activate.failed.clone().expect("the failed rows");
    assert_eq!((of, rows.len()), (run.run, 2));
    assert_eq!(inbox.held().rows.len() as u64, lapsed - 2);
    harness.get_by_label("Rows that did not arrive for sure");
    harness.get_by_label(rows[0].key.as_str());
    screen.shoot(&harness, "activate-failed-dark");
    click(&mut harness, "Send the failed again");
    until(&mut harness, "they are sent", |s| {
        sheet(s).run.as_ref().is_some_and(|again| again.run != run.run) && !sheet(s).is_busy()
    });
    let again = sheet(harness.state().state()).run.clone().expect("a sync");
    assert_eq!((again.status, again.counts.accepted), (SyncStatus::Done, 2));
    let held = inbox.held();
    assert_eq!((held.rows.len() as u64, held.doubled), (lapsed, 0));
}
