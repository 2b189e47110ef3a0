//! What a person keeps beside a source: segments, corrections, charts, destinations and
//! activations.
//!
//! `muster.yaml`, version 1. A small file that reads and diffs well; it holds no customer rows and
//! no secrets. Clause trees are kept in their typed form.

use super::activation::{SavedActivation, SavedDestination};
use super::question::ChartKind;
pub use super::segment::SavedSegment;
use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// The format's version: 1.
    pub version: u32,
    /// Saved slices.
    #[serde(default)]
    pub segments: Vec<SavedSegment>,
    /// What the person changed about what discovery found.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// The charts on the Look tab.
    #[serde(default)]
    pub charts: Vec<SavedChart>,
    /// Where lists go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<SavedDestination>,
    /// What goes there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activations: Vec<SavedActivation>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            version: 1,
            segments: Vec::new(),
            corrections: Vec::new(),
            charts: Vec::new(),
            destinations: Vec::new(),
            activations: Vec::new(),
        }
    }
}

/// One change to what discovery found. They are applied in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Correction {
    /// A table is an entity with this key, whatever discovery thought. A column whose values repeat
    /// makes it a log: each different value is one.
    Entity {
        /// The table's handle.
        table: String,
        /// The entity's name.
        name: String,
        /// Its key column.
        key: String,
        /// Other logs that hold the same id, each as `table.column`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// An entity that was found is not one.
    NotEntity {
        /// The entity's name.
        name: String,
    },
    /// Rows of one table point at rows of another.
    Relation {
        /// `table.column` that points.
        from: String,
        /// `table.column` that is pointed at.
        to: String,
        /// How values of different types are compared: `text` or `whole number`; as discovery does
        /// when it is not said.
        #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
        form: Option<String>,
    },
    /// Of several columns by which one table points at another, the one that is used unless a
    /// condition says otherwise.
    Way {
        /// `table.column` that points.
        by: String,
    },
    /// A relation that was found is not one.
    NotRelation {
        /// `table.column` that points.
        from: String,
        /// `table.column` that is pointed at.
        to: String,
    },
    /// The column that says when a row happened.
    TimeColumn {
        /// The table's handle.
        table: String,
        /// The column; `None` for not a log of events.
        column: Option<String>,
    },
    /// Whether a column is personal.
    Personal {
        /// The table's handle.
        table: String,
        /// The column.
        column: String,
        /// Whether it is.
        personal: bool,
    },
    /// What the text in a column of files becomes.
    Columns {
        /// The table's handle.
        table: String,
        /// The column.
        column: String,
        /// The form, as [`super::reading::Form`] is written: `date %d/%m/%Y`.
        #[serde(rename = "as")]
        form: String,
    },
    /// How the files of a table are written.
    File(FileCorrection),
}

/// How the files of a table are written, where that was guessed otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCorrection {
    /// The table's handle.
    pub table: String,
    /// What stands between cells; `\\t` is a tab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The quote character; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The encoding: `windows-1252`, `shift_jis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether a line holds the names of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Lines above that line, or above the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_lines: Option<u64>,
}

/// A chart on the Look tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedChart {
    /// The entity it is about.
    pub entity: String,
    /// What it shows.
    pub chart: ChartKind,
}
