//! The tools that members are sent to, each a small file of one shape: what it asks for, what it
//! can take, how its requests are made and how its replies are read.
//!
//! Nothing here connects to anything: a destination is values in, values out. Nothing else in the
//! program knows one by name; [`KINDS`] is the only list.

pub mod normal;
pub mod request;
pub mod settings;
pub mod suggest;
pub mod template;

mod airbyte;
mod braze;
mod census;
mod customerio;
mod dbt_cloud;
mod folder;
mod google_file;
mod hightouch;
mod hubspot;
mod iterable;
mod klaviyo;
mod linkedin_file;
mod lists;
mod mailchimp;
mod meta_file;
mod parts;
mod postgresql;
mod rudderstack;
mod rudderstack_profiles;
mod rudderstack_retl;
mod runs;
mod salesforce;
mod slack;
mod tiktok_file;
mod webhook;

use crate::model::activation::{Fate, Mode, Op};
use crate::model::failure::Failure;
pub use request::{Body, Header, Method, Reply, Request};
use serde_json::{Map, Value};
pub use settings::{Setting, Settings};
use std::time::Duration;

/// Every kind of destination, in the order in which it is offered.
pub const KINDS: &[&Kind] = &[
    &webhook::INBOX,
    &webhook::KIND,
    &rudderstack::KIND,
    &klaviyo::KIND,
    &hubspot::KIND,
    &braze::KIND,
    &customerio::KIND,
    &iterable::KIND,
    &mailchimp::KIND,
    &salesforce::KIND,
    &slack::KIND,
    &postgresql::KIND,
    &rudderstack_retl::KIND,
    &rudderstack_profiles::KIND,
    &hightouch::KIND,
    &census::KIND,
    &airbyte::KIND,
    &dbt_cloud::KIND,
    &folder::KIND,
    &meta_file::KIND,
    &google_file::KIND,
    &linkedin_file::KIND,
    &tiktok_file::KIND,
];

/// The kind that `muster.yaml` names so.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The receiver on this machine, by which an activation is tried without an account.
pub fn practice() -> &'static Kind {
    &webhook::INBOX
}

/// One kind of destination.
pub struct Kind {
    /// Its name in `muster.yaml`: `webhook`.
    pub name: &'static str,
    /// What it is called on screen.
    pub label: &'static str,
    /// What is sent there, in one line.
    pub about: &'static str,
    /// What it asks for.
    pub settings: &'static [Setting],
    /// How it takes members.
    pub takes: Takes,
}

/// How a destination takes members.
#[derive(Clone, Copy)]
pub enum Takes {
    /// Rows, in requests.
    Rows(&'static dyn Rows),
    /// None: a job over there is started and followed.
    Start(&'static dyn Job),
    /// A message about a sync, without rows.
    Notice(&'static dyn Notice),
    /// Rows, into a table of a PostgreSQL database.
    Table,
    /// Rows, as a file in a folder.
    File(&'static dyn Files),
}

/// A field of a destination to which a feature is mapped.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in the payload and in `muster.yaml`.
    pub name: &'static str,
    /// What it is called on screen.
    pub label: &'static str,
    /// Whether it is one of those by which the destination knows a person.
    pub is_identifier: bool,
    /// Names of features, in small letters, that most likely hold it.
    pub alike: &'static [&'static str],
    /// What is done to its value first.
    pub normal: Normal,
    /// Whether its SHA-256 is sent instead of it.
    pub is_hashed: bool,
}

impl Field {
    /// A plain field.
    pub const fn plain(name: &'static str, alike: &'static [&'static str]) -> Self {
        let normal = Normal::AsItIs;
        Self { name, label: name, is_identifier: false, alike, normal, is_hashed: false }
    }

    /// An identifier, sent as it is.
    pub const fn identifier(name: &'static str, alike: &'static [&'static str]) -> Self {
        Self { is_identifier: true, ..Self::plain(name, alike) }
    }

    /// The same, called otherwise on screen.
    #[must_use]
    pub const fn labelled(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// The same, normalised before.
    #[must_use]
    pub const fn normal(self, normal: Normal) -> Self {
        Self { normal, ..self }
    }

    /// The same, of which the SHA-256 is sent.
    #[must_use]
    pub const fn hashed(self) -> Self {
        Self { is_hashed: true, ..self }
    }
}

/// What is done to a value before it is sent or hashed. Vendors disagree, so each says its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Normal {
    /// Nothing.
    AsItIs,
    /// An address of e-mail: without white space at its ends, in small letters.
    Email,
    /// The same; at gmail.com and googlemail.com without dots and what follows a plus sign.
    EmailGoogle,
    /// The same at every domain.
    EmailTikTok,
    /// A telephone number as `+` and digits, with the country's code.
    PhoneE164,
    /// A telephone number as digits without leading zeros, with the country's code.
    PhoneDigits,
    /// A name: in small letters, without punctuation, trimmed.
    Name,
    /// A name in plain, trimmed; a longer one than LinkedIn takes is not sent.
    ShortName,
    /// A town: in small letters, letters only, of any script.
    Letters,
    /// A state or province: the same; one of the US as its two letters.
    State,
    /// A postcode: in small letters, without spaces, the part before a dash.
    Postcode,
    /// A country as two small letters.
    Country,
    /// A country as two capital letters.
    CountryCapital,
    /// The year of a date of birth, or a year.
    BirthYear,
    /// Its month in two digits.
    BirthMonth,
    /// Its day in two digits.
    BirthDay,
    /// In small letters, trimmed: ids of mobile devices.
    Lower,
}

/// How many go into a request, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Rows.
    pub rows: usize,
    /// Bytes of the whole body.
    pub bytes: usize,
    /// Bytes of one row's payload; a longer one is invalid.
    pub row_bytes: usize,
    /// Requests in so much time, if it says.
    pub rate: Option<(u32, Duration)>,
    /// Requests at once.
    pub connections: usize,
}

impl Limits {
    /// So many rows and bytes, one request after the other.
    pub const fn of(rows: usize, bytes: usize) -> Self {
        Self { rows, bytes, row_bytes: bytes, rate: None, connections: 1 }
    }
}

/// Whether a request that may have arrived can be sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Twice does the same as once.
    Safe,
    /// After a reply that says that it failed, and not after none.
    AfterAnswer,
    /// Twice does it twice: what may have arrived is unknown, and a person decides.
    Unsafe,
}

/// One row of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What happens.
    pub op: Op,
    /// The member's key.
    pub key: String,
    /// The mapped fields as a JSON object; of a row that is removed its identifiers.
    pub data: String,
}

impl Row {
    /// The mapped fields.
    pub fn fields(&self) -> Map<String, Value> {
        serde_json::from_str(&self.data).unwrap_or_default()
    }
}

/// Rows that go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The sync's number.
    pub run: String,
    /// Its number in the sync, from 1.
    pub number: u64,
    /// The same for the same rows of the same chunk, however often it is sent.
    pub id: String,
    /// What the activation sends of changes.
    pub mode: Mode,
    /// The rows: at least one, all of the same [`Rows::lane`].
    pub rows: Vec<Row>,
}

/// How far the talk about a chunk is.
#[derive(Debug, Clone, Copy)]
pub struct Talk<'a> {
    /// What was remembered with the last request: a job's number over there.
    pub memory: Option<&'a str>,
    /// The reply to the last request, unless this is the first.
    pub reply: Option<&'a Reply>,
}

/// What comes next in the talk about a chunk.
#[derive(Debug)]
pub enum Step {
    /// Ask this. What is to be remembered is kept before.
    Ask {
        /// The request.
        request: Request,
        /// Kept before it is sent, and handed back with the reply, also after a crash.
        memory: Option<String>,
        /// Waited before.
        wait: Duration,
    },
    /// It is over: one fate per row, in order.
    Done(Vec<Fate>),
    /// None of the rows was taken, because of one or some of them: halve it.
    AllRefused(String),
    /// Nothing can be sent on with these settings.
    Stop(Failure),
}

impl Step {
    /// A request without anything to remember or wait for.
    pub fn ask(request: Request) -> Self {
        Self::Ask { request, memory: None, wait: Duration::ZERO }
    }

    /// Every row was taken.
    pub fn all_accepted(chunk: &Chunk) -> Self {
        Self::Done(vec![Fate::Accepted; chunk.rows.len()])
    }

    /// Every row was refused with these words, for good.
    pub fn all_rejected(chunk: &Chunk, message: &str) -> Self {
        let fate = Fate::Rejected { message: message.to_owned(), again: false };
        Self::Done(vec![fate; chunk.rows.len()])
    }
}

/// A destination that takes rows in requests.
///
/// Replies with status 408, 425, 429 and 5xx, time-outs and broken connections never come here:
/// they are waited out and repeated, or told as unknown, alike for all. Status 401 and 403 stop
/// the sync.
pub trait Rows: Sync {
    /// How many go into a request.
    fn limits(&self, settings: &Settings) -> Limits;

    /// The fields it knows.
    fn fields(&self, settings: &Settings) -> Vec<Field>;

    /// Whether fields that it does not know may be mapped, as attributes of one's own.
    fn is_open(&self) -> bool {
        true
    }

    /// The modes that it can do with these settings.
    fn modes(&self, settings: &Settings) -> &'static [Mode];

    /// Whether a request may be repeated.
    fn repeat(&self, settings: &Settings) -> Repeat {
        let _ = settings;
        Repeat::Safe
    }

    /// Rows of different lanes never share a chunk: say, what is added and what is removed.
    fn lane(&self, op: Op) -> u8 {
        let _ = op;
        0
    }

    /// What is wrong with a row before it is sent: an identifier that is missing.
    fn invalid(&self, settings: &Settings, op: Op, fields: &Map<String, Value>) -> Option<String> {
        let _ = (settings, op, fields);
        None
    }

    /// What comes next for a chunk.
    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step;

    /// How long a refusal for being too fast asks to wait, if in another way than `Retry-After`.
    fn wait_for(&self, reply: &Reply, now_unix: u64) -> Option<Duration> {
        let _ = (reply, now_unix);
        None
    }
}

/// A job at another service that is started and followed to its end.
///
/// It is never started twice: the number that [`Job::started`] finds is kept before anything else
/// is asked, and after a reply that did not arrive [`Job::find`] is asked first.
pub trait Job: Sync {
    /// Starts it.
    fn start(&self, settings: &Settings) -> Request;

    /// The run's number in the reply to [`Job::start`].
    ///
    /// # Errors
    /// What the service says instead.
    fn started(&self, reply: &Reply) -> Result<String, String>;

    /// Asks for the runs of late, when it is not known whether it was started; `None` when the
    /// service has no such list.
    fn find(&self, settings: &Settings) -> Option<Request>;

    /// The number of a run that began at or after a moment, in the reply to [`Job::find`].
    fn found(&self, reply: &Reply, since: &str) -> Option<String>;

    /// Asks how far a run is.
    fn poll(&self, settings: &Settings, run: &str) -> Request;

    /// How far it is.
    fn state(&self, settings: &Settings, run: &str, reply: &Reply) -> JobState;

    /// Cancels a run, where that can be done.
    fn cancel(&self, settings: &Settings, run: &str) -> Option<Request>;
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    /// It goes on.
    Running {
        /// In words: `processing`.
        doing: String,
        /// From 0 to 1, when it says.
        part: Option<f32>,
    },
    /// It came to its end.
    Ended {
        /// Whether all went well.
        is_good: bool,
        /// What it says of itself.
        message: String,
        /// The counts that it reports, by the service's own names.
        counts: Map<String, Value>,
    },
}

/// A message about a sync.
pub trait Notice: Sync {
    /// The request that tells it.
    fn tell(&self, settings: &Settings, text: &str) -> Request;

    /// Whether the reply says that it was told.
    ///
    /// # Errors
    /// What the reply says instead.
    fn told(&self, reply: &Reply) -> Result<(), String> {
        match reply.is_good() {
            true => Ok(()),
            false => Err(reply.message()),
        }
    }
}

/// A file of rows in a folder.
pub trait Files: Sync {
    /// The columns that the platform knows; empty when every mapped field is a column.
    fn fields(&self, settings: &Settings) -> Vec<Field>;

    /// Whether other columns may be mapped.
    fn is_open(&self) -> bool;

    /// Whether all of its columns stand in the file, also those to which nothing is mapped: the
    /// platform takes its own template and nothing else.
    fn is_whole_template(&self) -> bool {
        false
    }

    /// Whether a file begins with the columns `op` and `key`. Otherwise who is added or updated and
    /// who is removed go into files of their own, since the platform cannot tell them apart.
    fn tells_ops(&self) -> bool {
        false
    }

    /// How the file is written.
    fn format(&self, settings: &Settings) -> FileFormat {
        let _ = settings;
        FileFormat::Csv
    }

    /// The beginning of the file's name, without anything that could lead out of the folder.
    fn file(&self, settings: &Settings) -> String {
        lists::file_name(settings.text("file"))
    }

    /// What is wrong with a row before it is written. The fields are as they are written:
    /// normalised and hashed.
    fn invalid(&self, fields: &Map<String, Value>) -> Option<String>;
}

/// How a file of rows is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// As text with commas, in UTF-8, with the columns' names in the first line.
    Csv,
    /// As Parquet.
    Parquet,
}

impl FileFormat {
    /// The word for it in settings, and the end of the file's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}
