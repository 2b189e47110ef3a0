//! What is sent where: destinations and activations as a person keeps them, and what a sync of one
//! came to.
//!
//! The first half is written in `muster.yaml` and stays readable; the second half is what the two
//! faces show.

use super::now::Moment;
use super::segment::SavedSegment;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// A place to send to, with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedDestination {
    /// Its name.
    pub name: String,
    /// The kind of destination: `webhook`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What that kind asks for. A secret stands as `env:NAME` or `keyring:NAME`, never as itself.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

/// A cohort or segment, where it goes, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedActivation {
    /// Its name. What was sent before is remembered under it.
    pub name: String,
    /// The segment that is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Or the cohort: `ENTITY/COHORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<String>,
    /// The destination's name.
    pub destination: String,
    /// What is sent of changes.
    #[serde(default)]
    pub mode: Mode,
    /// The feature whose value tells one member from another; the entity's key if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Field of the destination → where its value comes from. In the order in which it is written.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub mapping: Map<String, Value>,
    /// When `muster sync --due` runs it: five fields of cron.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The time zone of the schedule; UTC if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What a sync stops at, to ask.
    #[serde(default, skip_serializing_if = "SyncLimits::is_usual")]
    pub limits: SyncLimits,
    /// The feature that says whether a member may be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The destination (a notice or a webhook) that is told of failures and unusual sizes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
}

/// What is sent of the changes since the sync before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Who is new and what changed; who left stays there.
    #[default]
    Upsert,
    /// Who is new and who left; what changed is not told.
    AddRemove,
    /// All three. Only who was sent before is removed.
    Mirror,
}

impl Mode {
    /// Every mode, in the order in which it is offered.
    pub const ALL: [Self; 3] = [Self::Upsert, Self::AddRemove, Self::Mirror];

    /// The word for it in `muster.yaml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upsert => "upsert",
            Self::AddRemove => "add_remove",
            Self::Mirror => "mirror",
        }
    }

    /// What it is called on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Upsert => "Add and update",
            Self::AddRemove => "Add and remove",
            Self::Mirror => "Mirror",
        }
    }

    /// What it does, as a person reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Upsert => "sends who is new and what changed; who left stays there",
            Self::AddRemove => "sends who is new and who left; changes are not sent",
            Self::Mirror => "sends who is new, what changed and who left",
        }
    }

    /// Whether changed payloads are sent.
    pub fn updates(self) -> bool {
        self != Self::AddRemove
    }

    /// Whether who left is told.
    pub fn removes(self) -> bool {
        self != Self::Upsert
    }
}

/// What a sync stops at, to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncLimits {
    /// Removals, in percent of what was sent before.
    pub removals_max_percent: u32,
    /// Additions, in percent of what was sent before; 0 for no limit.
    pub growth_max_percent: u32,
}

impl Default for SyncLimits {
    fn default() -> Self {
        Self { removals_max_percent: 30, growth_max_percent: 300 }
    }
}

impl SyncLimits {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens to one member at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It was not sent before.
    Add,
    /// It was sent before, with another payload.
    Update,
    /// It was sent before and is gone.
    Remove,
}

impl Op {
    /// The word for it, in payloads and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Remove => "remove",
        }
    }

    /// The change that a word means.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Add, Self::Update, Self::Remove].into_iter().find(|op| op.word() == word)
    }
}

/// What became of one row, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The destination says that it has it.
    Accepted,
    /// It says that it has not.
    Rejected {
        /// Its words.
        message: String,
        /// Whether sending it once more may help.
        again: bool,
    },
    /// It may or may not have it.
    Unknown {
        /// Why.
        message: String,
    },
}

/// Something that a sync stops at until a person says to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Nobody is in the cohort or segment.
    Empty,
    /// More would be removed than the limit.
    Removals,
    /// More would be added than the limit.
    Growth,
    /// The mapping is not the one of the last sync.
    Mapping,
    /// The source is not the one of the last sync.
    Source,
    /// The run that is shown is older than that of the last sync.
    Run,
    /// Rows of a sync before may or may not have arrived.
    Unfinished,
    /// Members have not consented.
    Consent,
}

impl Guard {
    /// Every guard.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Removals,
        Self::Growth,
        Self::Mapping,
        Self::Source,
        Self::Run,
        Self::Unfinished,
        Self::Consent,
    ];

    /// The word by which `--force` names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Removals => "removals",
            Self::Growth => "growth",
            Self::Mapping => "mapping",
            Self::Source => "source",
            Self::Run => "run",
            Self::Unfinished => "unfinished",
            Self::Consent => "consent",
        }
    }

    /// The guard that a word names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.word() == word)
    }
}

/// A guard that stopped a sync, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Which.
    pub guard: Guard,
    /// What it found.
    pub what: String,
}

/// Rows of a sync, by what became of them.
///
/// `planned = accepted + rejected + invalid + unknown` and
/// `planned = adds + updates + removes + invalid` hold for every sync that is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCounts {
    /// Rows that the sync meant to send, and those that it could not.
    pub planned: u64,
    /// The destination has them.
    pub accepted: u64,
    /// The destination refused them.
    pub rejected: u64,
    /// They cannot be sent: without a key, an identifier or consent.
    pub invalid: u64,
    /// They may or may not have arrived.
    pub unknown: u64,
    /// Of those that can be sent: new ones.
    pub adds: u64,
    /// Changed ones.
    pub updates: u64,
    /// Ones that left.
    pub removes: u64,
    /// Not sent, since nothing about them changed.
    pub unchanged: u64,
    /// Not sent, since of an earlier sync it is not known whether they arrived.
    pub waiting: u64,
}

impl SyncCounts {
    /// What does not add up, if anything.
    pub fn mismatch(&self) -> Option<String> {
        let told = self.accepted + self.rejected + self.invalid + self.unknown;
        let meant = self.adds + self.updates + self.removes + self.invalid;
        if self.planned == told && self.planned == meant {
            return None;
        }
        Some(format!(
            "{} rows were planned ({} by kind of change), but {told} are accounted for",
            self.planned, meant
        ))
    }
}

/// What is asked for when an activation is synced.
#[derive(Debug, Clone)]
pub struct SyncRequest {
    /// The activation.
    pub activation: SavedActivation,
    /// Its destination.
    pub destination: SavedDestination,
    /// What "now" means in its segment.
    pub now: Moment,
    /// The workspace's segments, as they are now.
    pub segments: Vec<SavedSegment>,
    /// What it does not stop at.
    pub force: Vec<Guard>,
    /// Send nothing, and say what would be sent.
    pub is_dry: bool,
    /// Only the rows that failed in this sync.
    pub only_failed_of: Option<u64>,
    /// The user of the machine; empty when it is not known yet.
    pub who: String,
}

/// What came of it.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one for each sync")]
pub enum Synced {
    /// Of a dry run.
    Dry(DryRun),
    /// Of a sync.
    Run(Box<SyncRun>),
}

/// Where a sync stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// It runs, or was ended from outside; the next sync goes on with it.
    Unfinished,
    /// Every row's fate is known and none failed.
    Done,
    /// It came to its end, and some rows were refused, invalid or unknown.
    Partly,
    /// It could not go on: a wrong secret, a destination out of reach.
    Failed,
}

impl SyncStatus {
    /// The word for it, in the ledger and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Done => "done",
            Self::Partly => "partly",
            Self::Failed => "failed",
        }
    }

    /// The status that a word means.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Unfinished, Self::Done, Self::Partly, Self::Failed]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// One sync, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncRun {
    /// Its number in the workspace.
    pub run: u64,
    /// The activation.
    pub activation: String,
    /// The destination's name.
    pub destination: String,
    /// Where it stands.
    pub status: SyncStatus,
    /// When it began, in UTC.
    pub began: String,
    /// When it ended.
    pub ended: Option<String>,
    /// Seconds that it took, so far as it ran.
    pub seconds: u64,
    /// The user of the machine who started it.
    pub who: String,
    /// What was sent: cohort, typed condition, now, commit and file of its definition.
    pub definition: Value,
    /// Its rows.
    #[serde(flatten)]
    pub counts: SyncCounts,
    /// Rows that were not tried, because it stopped before.
    pub left: u64,
    /// What went wrong, if something did.
    pub message: String,
    /// What a job that was started reports of itself.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub reported: Map<String, Value>,
}

/// What was sent from a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncHistory {
    /// The last syncs, the latest first.
    pub runs: Vec<SyncRun>,
    /// How many members each activation's destination has, and of how many that is unknown.
    pub held: Vec<(String, u64, u64)>,
}

/// What the practice inbox holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxView {
    /// Where it listens; empty when it does not.
    pub url: String,
    /// Members that it holds.
    pub members: u64,
    /// Requests that came.
    pub arrived: u64,
    /// The last of them, the latest first.
    pub requests: Vec<ArrivedRequest>,
}

/// A request as it arrived at the practice inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedRequest {
    /// Its number, from 1.
    pub number: u64,
    /// Method and path, headers and body.
    pub request: ShownRequest,
    /// Rows that were taken of it.
    pub taken: u64,
    /// The status that it was answered with; 0 for none.
    pub status: u16,
}

/// A row of a sync that did not arrive for sure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedRow {
    /// Its key.
    pub key: String,
    /// What was to happen.
    pub op: String,
    /// `rejected`, `invalid` or `unknown`.
    pub outcome: String,
    /// Why.
    pub message: String,
}

/// What a sync would do, without a request sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Rows by kind of change; nothing is accepted or refused yet.
    pub counts: SyncCounts,
    /// Why rows cannot be sent, with how many.
    pub invalid: Vec<Reason>,
    /// What it would stop at.
    pub stopped: Vec<Stopped>,
    /// The requests of the first rows of each kind, as they would be sent.
    pub samples: Vec<ShownRequest>,
    /// What was changed about identifiers on the way.
    pub normalised: Vec<NormalisedField>,
    /// Where nothing is mapped: a first mapping, from the names of features and fields.
    pub suggested: Map<String, Value>,
}

/// Why rows cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// In words.
    pub reason: String,
    /// How many rows.
    pub rows: u64,
    /// The key of one of them.
    pub example: String,
}

/// What normalising did to a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NormalisedField {
    /// The destination's field.
    pub field: String,
    /// What is done, in words.
    pub how: String,
    /// Values that are written otherwise than before.
    pub changed: u64,
    /// Values of which nothing is left.
    pub lost: u64,
}

/// A request as a person may see it: secrets and personal values are covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownRequest {
    /// The method and the address.
    pub line: String,
    /// Its headers.
    pub headers: Vec<String>,
    /// Its body.
    pub body: String,
}

/// A secret. It is written nowhere: neither `Debug` nor `Display` tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of this content.
    pub fn new(content: impl Into<String>) -> Self {
        Self(content.into())
    }

    /// What is to be sent, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_or_say_why_not() {
        let counts = SyncCounts {
            planned: 10,
            accepted: 6,
            rejected: 1,
            invalid: 2,
            unknown: 1,
            adds: 5,
            updates: 2,
            removes: 1,
            unchanged: 90,
            waiting: 0,
        };
        assert_eq!(counts.mismatch(), None);
        let lost = SyncCounts { accepted: 5, ..counts };
        assert!(lost.mismatch().unwrap().contains("9 are accounted for"));
    }

    #[test]
    fn words_are_read_back() {
        for guard in Guard::ALL {
            assert_eq!(Guard::of_word(guard.word()), Some(guard));
        }
        for op in [Op::Add, Op::Update, Op::Remove] {
            assert_eq!(Op::of_word(op.word()), Some(op));
        }
        assert_eq!(SyncStatus::of_word("partly"), Some(SyncStatus::Partly));
    }

    #[test]
    fn a_secret_is_not_told() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(…))");
    }
}
