//! `muster sync`: sends an activation, or all that are due.

use super::args::{NowArgs, SourceArgs};
use super::session::Watch;
use super::slice::moment;
use super::table::table;
use super::{Lines, Printed};
use crate::engine::Session;
use crate::engine::sync::{self, alert};
use crate::model::activation::{DryRun, Guard, SyncRun, SyncStatus, Synced};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use clap::{ArgGroup, Args};
use serde::Serialize;

/// `muster sync PATH --activation NAME`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["activation", "due"])))]
pub struct Sync {
    #[command(flatten)]
    source: SourceArgs,
    /// The activation, as muster.yaml names it.
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// Every activation whose schedule has come by since its last sync.
    #[arg(long)]
    due: bool,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Go on in spite of what a sync stops at: empty, removals, growth, mapping, source, run,
    /// unfinished or consent. May be given several times.
    #[arg(long, value_name = "GUARD", value_parser = guard)]
    force: Vec<Guard>,
    #[command(flatten)]
    now: NowArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn guard(text: &str) -> Result<Guard, String> {
    Guard::of_word(text).ok_or_else(|| {
        let words: Vec<&str> = Guard::ALL.iter().map(|guard| guard.word()).collect();
        format!("there is {}", words.join(", "))
    })
}

/// What came of one activation, as it is printed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "there is one for each sync")]
pub(super) enum Told {
    Run {
        schema: u32,
        #[serde(flatten)]
        run: Box<SyncRun>,
    },
    Dry {
        schema: u32,
        activation: String,
        dry_run: bool,
        run: Option<u64>,
        planned: u64,
        accepted: Option<u64>,
        rejected: Option<u64>,
        invalid: u64,
        unknown: Option<u64>,
        adds: u64,
        updates: u64,
        removes: u64,
        unchanged: u64,
        waiting: u64,
        #[serde(flatten)]
        more: DryMore,
    },
    Failed {
        schema: u32,
        activation: String,
        error: String,
    },
}

/// What a dry run has besides counts.
#[derive(Debug, Serialize)]
pub(super) struct DryMore {
    reasons: Vec<crate::model::activation::Reason>,
    stopped: Vec<crate::model::activation::Stopped>,
    normalised: Vec<crate::model::activation::NormalisedField>,
    samples: Vec<crate::model::activation::ShownRequest>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    suggested: serde_json::Map<String, serde_json::Value>,
}

impl Sync {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        let now = moment(&self.now)?;
        let session = super::session::open_run(&self.source, self.now.run()?, &watch)?;
        match &self.activation {
            Some(name) => {
                let mut notes = Vec::new();
                let synced = self.one(&session, name, now, &watch, &mut notes);
                let note = notes.first().cloned();
                let synced = match (synced, &note) {
                    (Err(failure), Some(note)) => {
                        return Err(Failure { hint: join(&failure.hint, note), ..failure });
                    }
                    (synced, _) => synced?,
                };
                let told = Told::of(name, synced);
                let status = told.status();
                Ok(match self.json {
                    true => Printed::json(&told),
                    false => Printed::done(&told.text()),
                }
                .with_status(status)
                .with_note(note))
            }
            None => self.all_due(&session, &now, &watch),
        }
    }

    fn one(
        &self,
        session: &Session,
        name: &str,
        now: crate::model::now::Moment,
        watch: &Watch,
        notes: &mut Vec<String>,
    ) -> Result<Synced, Failure> {
        let workspace = &session.opened().workspace;
        let mut request = sync::request_of(workspace, name, now)?;
        request.force.clone_from(&self.force);
        request.is_dry = self.dry_run;
        let synced = watch.over(|job| sync::sync(session, &request, job));
        if !self.dry_run {
            let told = alert::tell(workspace, &request.activation, &synced);
            notes.extend(told.err().map(|failure| failure.to_string()));
        }
        synced
    }

    /// Each that is due, one after the other; one that fails does not keep others from their turn.
    fn all_due(
        &self,
        session: &Session,
        now: &crate::model::now::Moment,
        watch: &Watch,
    ) -> Result<Printed, Failure> {
        let due = sync::due(session, now.instant())?;
        let (mut told, mut notes) = (Vec::new(), Vec::new());
        for name in &due {
            told.push(match self.one(session, name, now.clone(), watch, &mut notes) {
                Ok(synced) => Told::of(name, synced),
                Err(failure) => {
                    let (activation, error) = (name.clone(), failure.to_string());
                    Told::Failed { schema: 1, activation, error }
                }
            });
        }
        let status = told.iter().map(Told::status).max().unwrap_or(0);
        let note = Some(notes.join("; ")).filter(|note| !note.is_empty());
        if self.json {
            return Ok(Printed::json(&told).with_status(status).with_note(note));
        }
        let mut lines = Lines::default();
        if told.is_empty() {
            lines.line("Nothing is due");
        }
        for (number, one) in told.iter().enumerate() {
            if number > 0 {
                lines.blank();
            }
            lines.add("", one.text());
        }
        Ok(Printed::done(&lines).with_status(status).with_note(note))
    }
}

fn join(hint: &str, note: &str) -> String {
    let parts = [hint, note].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("; ")
}

impl Told {
    pub(super) fn of(activation: &str, synced: Synced) -> Self {
        match synced {
            Synced::Run(run) => Self::Run { schema: 1, run },
            Synced::Dry(DryRun { counts, invalid, stopped, samples, normalised, suggested }) => {
                Self::Dry {
                    schema: 1,
                    activation: activation.to_owned(),
                    dry_run: true,
                    run: None,
                    planned: counts.planned,
                    // Nothing was sent, so this is not known; it is not nought.
                    accepted: None,
                    rejected: None,
                    invalid: counts.invalid,
                    unknown: None,
                    adds: counts.adds,
                    updates: counts.updates,
                    removes: counts.removes,
                    unchanged: counts.unchanged,
                    waiting: counts.waiting,
                    more: DryMore { reasons: invalid, stopped, normalised, samples, suggested },
                }
            }
        }
    }

    /// 1 when something did not arrive, or a guard would stop it.
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Run { run, .. } => {
                let counts = &run.counts;
                let lost = counts.rejected + counts.unknown + counts.waiting + run.left;
                u8::from(lost > 0 || run.status == SyncStatus::Failed)
            }
            Self::Dry { more, .. } => u8::from(!more.stopped.is_empty()),
            Self::Failed { .. } => 1,
        }
    }

    pub(super) fn text(&self) -> Lines {
        let mut out = Lines::default();
        match self {
            Self::Run { run, .. } => run_text(run, &mut out),
            Self::Failed { activation, error, .. } => {
                out.line(format_args!("{activation}: {error}"));
            }
            Self::Dry {
                activation,
                planned,
                invalid,
                adds,
                updates,
                removes,
                unchanged,
                more,
                ..
            } => {
                let name = format!("{activation}: nothing was sent");
                out.line(name);
                let row = |what: &str, many: &u64| vec![what.to_owned(), grouped(*many)];
                let rows = vec![
                    row("add", adds),
                    row("update", updates),
                    row("remove", removes),
                    row("cannot be sent", invalid),
                    row("planned", planned),
                    row("unchanged", unchanged),
                ];
                out.add("", table(&["would", "rows"], rows, &[1]));
                dry_text(more, &mut out);
            }
        }
        out
    }
}

fn dry_text(more: &DryMore, out: &mut Lines) {
    for reason in &more.reasons {
        let (many, why) = (grouped(reason.rows), &reason.reason);
        out.line(format_args!("{many} cannot be sent: {why} (such as {})", reason.example));
    }
    for field in &more.normalised {
        let (changed, lost) = (grouped(field.changed), grouped(field.lost));
        let (name, how) = (&field.field, &field.how);
        out.line(format_args!("{name}: {how}; {changed} changed, {lost} lost"));
    }
    for stopped in &more.stopped {
        let word = stopped.guard.word();
        out.line(format_args!("it would stop: {} (--force {word})", stopped.what));
    }
    if !more.suggested.is_empty() {
        let pairs = more.suggested.iter().map(|(field, from)| format!("{field}: {from}"));
        let pairs: Vec<String> = pairs.collect();
        out.line(format_args!(
            "nothing is mapped; it could be mapping: {{ {} }}",
            pairs.join(", ")
        ));
    }
    for sample in &more.samples {
        out.blank();
        out.line(&sample.line);
        for header in &sample.headers {
            out.line(header);
        }
        out.add("", sample.body.lines().collect());
    }
}

/// A sync for a person to read.
pub(super) fn run_text(run: &SyncRun, out: &mut Lines) {
    let counts = &run.counts;
    out.line(format_args!(
        "{} to {}: sync {} is {}",
        run.activation,
        run.destination,
        run.run,
        run.status.word()
    ));
    if counts.planned + counts.unchanged + run.left > 0 {
        let row = |what: &str, many: u64| vec![what.to_owned(), grouped(many)];
        let mut rows = vec![
            row("planned", counts.planned),
            row("accepted", counts.accepted),
            row("rejected", counts.rejected),
            row("invalid", counts.invalid),
            row("unknown", counts.unknown),
            row("unchanged", counts.unchanged),
        ];
        if counts.waiting > 0 {
            rows.push(row("of unknown fate before", counts.waiting));
        }
        if run.left > 0 {
            rows.push(row("not tried", run.left));
        }
        out.add("", table(&["rows", ""], rows, &[1]));
        let (adds, updates, removes) =
            (grouped(counts.adds), grouped(counts.updates), grouped(counts.removes));
        out.line(format_args!("{adds} added, {updates} updated, {removes} removed"));
    }
    for (name, value) in &run.reported {
        out.line(format_args!("{name}: {value}"));
    }
    if !run.message.is_empty() {
        out.line(&run.message);
    }
    if counts.waiting > 0 {
        out.line(
            "say what became of them: muster syncs PATH --activation NAME --settle arrived|lost",
        );
    }
    if counts.rejected + counts.invalid + counts.unknown > 0 {
        out.line(format_args!(
            "see the rows: muster syncs PATH --activation \"{}\" --failed --to FILE.csv",
            run.activation
        ));
    }
}
