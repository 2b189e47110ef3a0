//! What a sync is to send: members mapped and compared with what was sent before, on their way into
//! a file. After this the source is let go.

use super::now_utc;
use super::who::{key_of, slice_of};
use crate::activate::guards::{self, Circumstances};
use crate::activate::ledger::{Before, Ledger, NewRun, State};
use crate::activate::spool::{Record, Spool};
use crate::bind;
use crate::compile;
use crate::destinations::suggest::suggest;
use crate::destinations::{Files, Kind, Limits, Repeat, Rows, Settings, Takes};
use crate::engine::{Job, Session};
use crate::mapping::compare::{Change, Comparing, Difference, Known};
use crate::mapping::rows::{CONSENT, Payloads};
use crate::mapping::{self, Mapping};
use crate::model::activation::{
    DryRun, FailedRow, NormalisedField, Op, Reason, SavedActivation, Stopped, SyncCounts,
    SyncRequest,
};
use crate::model::catalog::{Catalog, Entity};
use crate::model::failure::{Failure, FailureKind};
use crate::model::question::Slice;
use crate::protocol::Progress;
use polars::prelude::DataFrame;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

/// How many members are mapped at a time.
const FRAME_ROWS: usize = 20_000;

/// How a destination takes the rows, as planning needs it.
pub(super) struct Taker<'a> {
    pub(super) settings: &'a Settings,
    pub(super) limits: Limits,
    pub(super) repeat: Repeat,
    fields: Vec<crate::destinations::Field>,
    is_open: bool,
    invalid: Check<'a>,
}

/// What is wrong with a row, if anything.
enum Check<'a> {
    Nothing,
    Rows(&'a dyn Rows),
    File(&'a dyn Files),
}

impl<'a> Taker<'a> {
    /// For a kind of destination.
    pub(super) fn of(kind: &'a Kind, settings: &'a Settings) -> Self {
        match kind.takes {
            Takes::Rows(rows) => {
                let fields = rows.fields(settings);
                Self {
                    settings,
                    limits: rows.limits(settings),
                    repeat: rows.repeat(settings),
                    is_open: rows.is_open(),
                    invalid: if fields.is_empty() { Check::Nothing } else { Check::Rows(rows) },
                    fields,
                }
            }
            Takes::File(files) => Self {
                settings,
                limits: Limits::of(usize::MAX, usize::MAX),
                repeat: Repeat::Safe,
                fields: files.fields(settings),
                is_open: files.is_open(),
                invalid: Check::File(files),
            },
            Takes::Table | Takes::Start(_) | Takes::Notice(_) => Self {
                settings,
                limits: Limits::of(5_000, 8_000_000),
                repeat: Repeat::Safe,
                fields: Vec::new(),
                is_open: true,
                invalid: Check::Nothing,
            },
        }
    }

    fn wrong(&self, op: Op, data: &str) -> Option<String> {
        if data.len() > self.limits.row_bytes {
            let most = self.limits.row_bytes;
            return Some(format!("it is longer than the {most} bytes that the destination takes"));
        }
        let fields = || serde_json::from_str(data).unwrap_or_default();
        match self.invalid {
            Check::Nothing => None,
            Check::Rows(rows) => rows.invalid(self.settings, op, &fields()),
            Check::File(files) => files.invalid(&fields()),
        }
    }
}

/// What is planned.
pub(super) struct Plan {
    pub(super) rows: Spool,
    /// Rows that cannot be sent; the payload is why.
    pub(super) invalid: Spool,
    pub(super) counts: SyncCounts,
    pub(super) reasons: Vec<Reason>,
    pub(super) normalised: Vec<NormalisedField>,
    /// The first rows of each kind of change, with personal values covered.
    pub(super) samples: Vec<Record>,
    pub(super) stopped: Vec<Stopped>,
    pub(super) definition: String,
    pub(super) source: String,
    pub(super) source_run: Option<u64>,
    pub(super) mapping: String,
    suggested: serde_json::Map<String, Value>,
}

impl Plan {
    /// As a dry run tells it.
    pub(super) fn told(&self) -> DryRun {
        DryRun {
            counts: self.counts,
            invalid: self.reasons.clone(),
            stopped: self.stopped.clone(),
            samples: Vec::new(),
            normalised: self.normalised.clone(),
            suggested: self.suggested.clone(),
        }
    }

    /// The sync that begins with it.
    pub(super) fn new_run(&self, request: &SyncRequest) -> NewRun {
        NewRun {
            destination: request.destination.name.clone(),
            began: now_utc(),
            who: request.who.clone(),
            definition: self.definition.clone(),
            source: self.source.clone(),
            source_run: self.source_run,
            mapping: self.mapping.clone(),
            planned: self.counts,
        }
    }

    /// The rows that cannot be sent, as the history keeps them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn invalid_rows(
        &mut self,
    ) -> std::io::Result<impl Iterator<Item = std::io::Result<FailedRow>> + use<>> {
        let failed = |record: Record| FailedRow {
            key: record.key,
            op: record.op.word().to_owned(),
            outcome: "invalid".to_owned(),
            message: record.data,
        };
        Ok(self.invalid.read()?.map(move |record| record.map(failed)))
    }
}

/// The mapping of an activation, for a destination of this kind.
///
/// # Errors
/// When a field or a feature is not there.
pub fn mapping_of(
    activation: &SavedActivation,
    entity: &Entity,
    kind: &Kind,
    settings: &Settings,
) -> Result<Mapping, Failure> {
    let taker = Taker::of(kind, settings);
    read_mapping(activation, entity, &taker)
}

fn read_mapping(
    activation: &SavedActivation,
    entity: &Entity,
    taker: &Taker<'_>,
) -> Result<Mapping, Failure> {
    let feature = |name: &str| entity.known_feature(name, "").map(|column| column.name.clone());
    Mapping::read(activation, (&taker.fields, taker.is_open), &feature)
}

/// What was sent before, when there is a ledger.
pub(super) struct Earlier<'a> {
    pub(super) ledger: Option<&'a Ledger>,
    pub(super) activation: i64,
    pub(super) before: Option<Before>,
    /// Whether a sync that was ended from outside is gone on with.
    pub(super) resumes: bool,
}

/// Plans a sync.
///
/// # Errors
/// When the activation does not fit the source, reading fails, or it is cancelled.
pub(super) fn plan(
    session: &Session,
    request: &SyncRequest,
    taker: &Taker<'_>,
    earlier: &Earlier<'_>,
    job: &mut Job<'_>,
) -> Result<Plan, Failure> {
    let catalog = session.catalog();
    let activation = &request.activation;
    let slice = slice_of(activation, &request.now, (catalog, &request.segments))?;
    let entity = catalog.entity(&slice.cohort.entity).ok_or_else(|| {
        Failure::wrong_use(format!("there is no entity {}", slice.cohort.entity), "", "")
    })?;
    let key = key_of(activation, entity)?;
    let mut mapping = read_mapping(activation, entity, taker)?;
    let consent = match &activation.consent {
        None => None,
        Some(name) => {
            let place = format!("consent of {}", activation.name);
            let name = entity.known_feature(name, &place)?.name.clone();
            Some(mapping.place_of_known(name))
        }
    };
    let features: Vec<&crate::model::catalog::Column> = mapping
        .features
        .iter()
        .map(|name| entity.known_feature(name, "in the mapping"))
        .collect::<Result<_, _>>()?;
    let is_personal =
        |name: &str| entity.known_feature(name, "").is_ok_and(|c| c.personal.is_some());
    let covered = mapping.fields_with(&is_personal);
    let country = Some(taker.settings.text("country")).filter(|text| !text.is_empty());
    let already_hashed = taker.settings.flag("already_hashed");
    let payloads = Payloads::new(mapping, &compile::feature_column, (country, already_hashed));

    let bound = bind::slice(catalog, &slice)?;
    let query = compile::sync_rows(&bound, key, &features);
    let mut comparing = Comparing::new(activation.mode, taker.repeat == Repeat::Safe);
    let mut taking = Taking::new(request, taker, earlier)?;
    session.obey(job.cancelled.clone());
    session.store().attach()?;
    let statement = session.statement(&query);
    let mut known = earlier.pages();
    let streamed = session.store().frames(&statement, FRAME_ROWS, &mut |frame| {
        if job.cancelled.load(Ordering::Relaxed) {
            return Err(Failure::cancelled());
        }
        let payload = payloads.of(with_consent(frame, consent)?)?;
        comparing.next(payload, &mut known, &mut |found| taking.take(found))?;
        let members = crate::model::value::grouped(taking.members);
        let doing = format!("Comparing {members} of {}", activation.name);
        (job.report)(Progress { doing, part: None });
        Ok(())
    });
    let let_go = session.rest();
    streamed?;
    let_go?;
    if !session.is_unchanged() {
        let hint = "open the source again, and sync";
        let failure = Failure::new("the source was changed while it was read", "", hint);
        return Err(failure.of(FailureKind::Changed));
    }
    comparing.end(&mut known, &mut |found| taking.take(found))?;
    let mut plan = taking.finished((catalog, &slice), payloads.normalised())?;
    cover(&mut plan.samples, &covered, key.personal.is_some());
    if activation.mapping.is_empty() {
        let features: Vec<(&str, bool)> =
            entity.listed().map(|c| (c.name.as_str(), c.personal.is_some())).collect();
        plan.suggested = suggest(&features, &taker.fields, taker.is_open);
    }
    Ok(plan)
}

/// Covers personal values in the rows that are shown.
fn cover(samples: &mut [Record], fields: &[String], key_too: bool) {
    for sample in samples {
        let data: Result<serde_json::Map<String, Value>, _> = serde_json::from_str(&sample.data);
        if let Ok(mut data) = data {
            for (_, value) in data.iter_mut().filter(|(name, _)| fields.contains(name)) {
                *value = COVER.into();
            }
            sample.data = Value::Object(data).to_string();
        }
        if key_too {
            COVER.clone_into(&mut sample.key);
        }
    }
}

/// What stands in the place of a personal value.
const COVER: &str = "•••";

/// Names the column by which members say that they may be sent.
fn with_consent(mut frame: DataFrame, place: Option<usize>) -> Result<DataFrame, Failure> {
    let Some(place) = place else { return Ok(frame) };
    let odd = |error: polars::prelude::PolarsError| {
        Failure::new(format!("consent cannot be read: {error}"), "", "").of(FailureKind::OwnFault)
    };
    let mut column = frame.column(&compile::feature_column(place)).map_err(odd)?.clone();
    column.rename(CONSENT.into());
    frame.with_column(column).map_err(odd)?;
    Ok(frame)
}

impl<'a> Earlier<'a> {
    /// What a ledger has of an activation.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn of(ledger: Option<&'a Ledger>, name: &str) -> Result<Self, Failure> {
        let nothing = Self { ledger: None, activation: 0, before: None, resumes: false };
        let Some(ledger) = ledger else { return Ok(nothing) };
        let Some(activation) = ledger.number_of(name)? else { return Ok(nothing) };
        let before = ledger.before(activation)?;
        Ok(Self { ledger: Some(ledger), activation, before, resumes: false })
    }

    fn pages(
        &self,
    ) -> impl FnMut(Option<&str>, Option<&str>, usize) -> Result<Vec<Known>, Failure> + '_ {
        move |after, up_to, most| {
            let Some(ledger) = self.ledger else { return Ok(Vec::new()) };
            let held = ledger.page(self.activation, (after, up_to), most)?;
            let known = held.into_iter().map(|held| Known {
                key: held.key,
                hash: held.hash,
                identity: held.identity,
                is_certain: held.state == State::Held,
            });
            Ok(known.collect())
        }
    }
}

/// Takes what comparing finds.
struct Taking<'a> {
    request: &'a SyncRequest,
    taker: &'a Taker<'a>,
    earlier: &'a Earlier<'a>,
    /// The only keys that are sent, when a person asked for some again.
    only: Option<HashSet<String>>,
    rows: Spool,
    invalid: Spool,
    counts: SyncCounts,
    members: u64,
    without_consent: u64,
    /// Why rows cannot be sent: how many, and the key of the first.
    reasons: BTreeMap<String, (u64, String)>,
    samples: Vec<Record>,
}

impl<'a> Taking<'a> {
    fn new(
        request: &'a SyncRequest,
        taker: &'a Taker<'a>,
        earlier: &'a Earlier<'a>,
    ) -> Result<Self, Failure> {
        let only = match (request.only_failed_of, earlier.ledger) {
            (Some(run), Some(ledger)) => {
                let mut keys = HashSet::new();
                ledger.failed_rows(run, &mut |row| {
                    keys.insert(row.key);
                    Ok(())
                })?;
                Some(keys)
            }
            _ => None,
        };
        Ok(Self {
            request,
            taker,
            earlier,
            only,
            rows: Spool::new().map_err(no_room)?,
            invalid: Spool::new().map_err(no_room)?,
            counts: SyncCounts::default(),
            members: 0,
            without_consent: 0,
            reasons: BTreeMap::new(),
            samples: Vec::new(),
        })
    }

    fn take(&mut self, found: Difference) -> Result<(), Failure> {
        if found.change != Change::Send(Op::Remove) {
            self.members += 1;
        }
        if self.only.as_ref().is_some_and(|only| !only.contains(&found.key)) {
            return Ok(());
        }
        match found.change {
            Change::Nothing => {
                self.counts.unchanged += 1;
                Ok(())
            }
            Change::Waits => {
                self.counts.waiting += 1;
                Ok(())
            }
            Change::NoKey => self.refuse(found.key, Op::Add, "it has no key".to_owned()),
            Change::DoubledKey => {
                self.refuse(found.key, Op::Add, "another member has the same key".to_owned())
            }
            Change::NoConsent => {
                self.without_consent += 1;
                self.refuse(found.key, Op::Add, "it has not consented".to_owned())
            }
            Change::Send(op) => match self.taker.wrong(op, &found.data) {
                Some(why) => self.refuse(found.key, op, why),
                None => self.send(op, found),
            },
        }
    }

    fn send(&mut self, op: Op, found: Difference) -> Result<(), Failure> {
        let count = match op {
            Op::Add => &mut self.counts.adds,
            Op::Update => &mut self.counts.updates,
            Op::Remove => &mut self.counts.removes,
        };
        *count += 1;
        let is_among_first = *count <= 2;
        let Difference { key, data, identity, hash, .. } = found;
        let record = Record { op, key, hash, data, identity };
        self.rows.push(&record).map_err(no_room)?;
        if is_among_first {
            self.samples.push(record);
        }
        Ok(())
    }

    fn refuse(&mut self, key: String, op: Op, why: String) -> Result<(), Failure> {
        self.counts.invalid += 1;
        let reason = self.reasons.entry(why.clone()).or_insert_with(|| (0, key.clone()));
        reason.0 += 1;
        let record = Record { op, key, hash: [0; 16], data: why, identity: String::new() };
        self.invalid.push(&record).map_err(no_room)
    }

    fn finished(
        self,
        (catalog, slice): (&Catalog, &Slice),
        normalised: Vec<NormalisedField>,
    ) -> Result<Plan, Failure> {
        let mut counts = self.counts;
        counts.planned = counts.adds + counts.updates + counts.removes + counts.invalid;
        let activation = &self.request.activation;
        let source = catalog.path.display().to_string();
        let mapping = mapping::fingerprint(activation);
        let (held, _) = match self.earlier.ledger {
            Some(ledger) => ledger.sizes(self.earlier.activation)?,
            None => (0, 0),
        };
        let stopped = guards::stopped(&Circumstances {
            counts,
            members: self.members,
            without_consent: self.without_consent,
            mode: activation.mode,
            resumes: self.earlier.resumes,
            held,
            before: self.earlier.before.as_ref(),
            source: &source,
            source_run: catalog.run,
            mapping: &mapping,
            limits: activation.limits,
        });
        let reason = |(reason, (rows, example))| Reason { reason, rows, example };
        let mut reasons: Vec<Reason> = self.reasons.into_iter().map(reason).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
        Ok(Plan {
            rows: self.rows,
            invalid: self.invalid,
            counts,
            reasons,
            normalised,
            samples: self.samples,
            stopped,
            definition: definition(catalog, slice, activation).to_string(),
            source,
            source_run: catalog.run,
            mapping,
            suggested: serde_json::Map::new(),
        })
    }
}

/// What is sent, so that it can be told later: the cohort with the file and commit that define it,
/// the condition, now, the run.
fn definition(catalog: &Catalog, slice: &Slice, activation: &SavedActivation) -> Value {
    let defined = catalog
        .definitions
        .as_ref()
        .zip(slice.cohort.cohort.as_ref())
        .and_then(|(all, name)| all.entity(&slice.cohort.entity)?.cohort(name).cloned());
    let commit = defined.as_ref().and_then(|cohort| cohort.origin.commit.clone());
    json!({
        "cohort": slice.cohort.to_string(),
        "segment": activation.segment,
        "where": crate::language::print(&slice.tree),
        "now": slice.now.written(),
        "mode": activation.mode.word(),
        "file": defined.map(|cohort| cohort.origin.place()),
        "commit": commit.map(|commit| commit.id),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn no_room(error: std::io::Error) -> Failure {
    let what = format!("planned rows cannot be kept: {error}");
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull => FailureKind::DiskFull,
        _ => FailureKind::Failed,
    };
    Failure::new(what, "", "free some space for temporary files, and sync again").of(kind)
}
