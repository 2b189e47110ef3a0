//! What a person can do, and what the app does about it: two closed lists.

use super::activate::ActivateAction;
use super::{Focus, Form, Place, Scale, Tab, Theme};
use crate::model::catalog::CohortRef;
use crate::model::clause::{Combine, Missing, Node};
use crate::model::export::{ExportFormat, Normal};
use crate::model::question::ChartKind;
use crate::model::value::Value;
use crate::model::workspace::Correction;
use crate::protocol::{Command, Ticket};
use std::path::PathBuf;

/// What a person did, by the part of the window it concerns.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Opening sources.
    Source(SourceAction),
    /// Cohorts and segments.
    Library(LibraryAction),
    /// The clause tree.
    Slice(SliceAction),
    /// The editor of one clause.
    Edit(EditAction),
    /// Charts.
    Look(LookAction),
    /// The table of people.
    People(PeopleAction),
    /// The features panel.
    Features(FeatureAction),
    /// The export sheet.
    Export(ExportAction),
    /// Activations.
    Activate(ActivateAction),
    /// The corrections sheet.
    Correct(CorrectionAction),
    /// Everything else about the window.
    View(ViewAction),
}

/// Opening sources.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceAction {
    /// Ask for a file.
    PickFile,
    /// Ask for a folder.
    PickFolder,
    /// The sample shop.
    OpenSample,
    /// These paths.
    Open(Vec<PathBuf>),
    /// The path typed into the dialog.
    OpenTyped(String),
    /// The same source again.
    Reopen,
    /// The same source as of this run; none is the latest.
    ShowRun(Option<u64>),
    /// The key of the encrypted file.
    Password(String),
    /// The chooser could not be shown: ask for a path by typing.
    NoChooser,
    /// Back to the welcome screen.
    Close,
}

/// Cohorts and segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LibraryAction {
    /// Slice this cohort, starting with everyone in it.
    SelectCohort(CohortRef),
    /// Show how this is defined, without slicing it.
    ShowDefinition(CohortRef),
    /// Put a saved segment on the canvas.
    SelectSegment(String),
    /// Do it although there are unsaved changes.
    Anyway(Box<LibraryAction>),
    /// Keep the canvas under its name, or ask for one.
    Save,
    /// Keep the canvas under this name.
    SaveAs(String),
    /// A condition at the end of the root: in this cohort or segment, or not in it.
    Use(String, bool),
    /// Keep a copy of a segment.
    Duplicate(String),
    /// Ask for a new name.
    AskRename(String),
    /// Give a segment a new name.
    Rename(String, String),
    /// Ask whether to delete a segment.
    AskDelete(String),
    /// Delete a segment.
    Delete(String),
}

/// The clause tree. Paths are an index per level.
#[derive(Debug, Clone, PartialEq)]
pub enum SliceAction {
    /// One step back.
    Undo,
    /// One step forward.
    Redo,
    /// Back or forward to a step of the history.
    GoTo(usize),
    /// The typed condition changed while typing.
    Typing(String),
    /// The typed condition is meant.
    CommitTyped,
    /// The typed condition is not meant.
    CancelTyped,
    /// Take out a part.
    Remove(Vec<usize>),
    /// Switch a part on or off.
    Toggle(Vec<usize>),
    /// A copy right after it.
    Duplicate(Vec<usize>),
    /// Negate a clause, say what that means for missing values, or take the negation away.
    Negate(Vec<usize>, Option<Missing>),
    /// Move a part within its group: -1 is up.
    Move(Vec<usize>, isize),
    /// Move a part to stand before an index of a group.
    MoveTo(Vec<usize>, Vec<usize>, usize),
    /// Put a group of its own around a part.
    Wrap(Vec<usize>),
    /// Put the parts of a group in its place.
    Unwrap(Vec<usize>),
    /// How the parts of a group combine.
    Combine(Vec<usize>, Combine),
    /// An empty group at the end of a group.
    AddGroup(Vec<usize>),
    /// A node at the end of a group.
    Add(Vec<usize>, Node),
    /// Everyone again.
    Clear,
    /// Open the "+ condition" box of a group.
    StartAdding(Vec<usize>),
    /// The text of the "+ condition" box.
    Adding(String),
    /// Move the mark among the results of the "+ condition" box.
    MoveFound(isize),
    /// Take the Nth result of the "+ condition" box, or its opposite.
    Take(usize, bool),
    /// Close the "+ condition" box.
    StopAdding,
}

/// The editor of one clause.
#[derive(Debug, Clone, PartialEq)]
pub enum EditAction {
    /// Edit the clause there.
    Open(Vec<usize>),
    /// A new clause on a feature, at the end of the root.
    New(String),
    /// The form as it is now.
    Change(Box<Form>),
    /// Search the values.
    Search(String),
    /// Take it.
    Commit,
    /// Leave things as they were.
    Cancel,
}

/// Charts.
#[derive(Debug, Clone, PartialEq)]
pub enum LookAction {
    /// Keep a range of a number. `done` ends the drag.
    BrushNumber {
        /// The feature.
        column: String,
        /// From and to.
        range: (f64, f64),
        /// Whether the drag is over.
        done: bool,
    },
    /// Keep a range of days, both included.
    BrushDays {
        /// The feature.
        column: String,
        /// From and to, `YYYY-MM-DD`.
        range: (String, String),
        /// Whether the drag is over.
        done: bool,
    },
    /// Keep a range of each of two numbers. `done` ends the drag.
    BrushGrid {
        /// The feature across, from and to.
        x: (String, (f64, f64)),
        /// The feature up, from and to.
        y: (String, (f64, f64)),
        /// Whether the drag is over.
        done: bool,
    },
    /// Keep only this value; again takes it back.
    Only(String, Value),
    /// Add this value to those kept, or take it out.
    Include(String, Value),
    /// Drop this value.
    Exclude(String, Value),
    /// Take back the chart's own clauses.
    Clear(String),
    /// A chart more.
    Add(ChartKind),
    /// A chart less.
    Remove(u64),
    /// As a table, or as a chart again.
    AsTable(u64),
    /// Counts on a logarithmic scale, or on the plain one again.
    LogCounts(u64),
    /// What the height of a bar means, in all of them.
    Scale(Scale),
    /// Fill the screen with one chart, or show all again.
    Enlarge(u64),
    /// Move a chart to stand before the one at this place.
    MoveTo(u64, usize),
    /// Back to the charts that were chosen at first.
    Reset,
}

/// The table of people.
#[derive(Debug, Clone, PartialEq)]
pub enum PeopleAction {
    /// The rows from the first to the second (not included) are on screen.
    See(u64, u64),
    /// Sort by a column; again turns it round, a third time ends it.
    Sort(String),
    /// Show or hide a column.
    Hide(String),
    /// Show all columns.
    ShowAll,
    /// Search columns.
    Search(String),
    /// Show personal values of a column for this sitting, or mask them again.
    Reveal(String),
    /// The cell that the keys act on.
    Cursor(u64, usize),
    /// Keep only people with the value of the cell.
    FilterToCell,
    /// Drop people with the value of the cell.
    ExcludeCell,
    /// Open the person in this row.
    OpenRow(u64),
    /// Show those that a part of the root drops, or the segment again.
    ShowDropped(Option<usize>),
    /// Open a person by key.
    Profile(Value),
    /// Close the profile.
    CloseProfile,
}

/// The features panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureAction {
    /// Search by name and description.
    Search(String),
    /// These features are on screen.
    See(Vec<String>),
    /// Show or hide the panel.
    Toggle,
}

/// The export sheet.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportAction {
    /// Show it.
    Open,
    /// The file.
    Path(String),
    /// Ask for the file.
    PickPath,
    /// The format; the file's ending follows.
    Format(ExportFormat),
    /// Take a column in or out.
    Choose(usize, bool),
    /// All columns in or out.
    ChooseAll(bool),
    /// Its name in the file.
    Rename(usize, String),
    /// Whether it is replaced by its hash, and what is done before.
    Hash(usize, Option<Normal>),
    /// Move it by so many places.
    Move(usize, isize),
    /// Whether formulas are made harmless.
    Neutralise(bool),
    /// Whether a CSV begins with the mark by which Excel knows UTF-8.
    Mark(bool),
    /// Search columns.
    Search(String),
    /// What is where this path leads.
    Looked(String, Place),
    /// Write it; in the place of a file that is there only when that is meant.
    Start {
        /// Whether a file may be replaced.
        replace: bool,
    },
}

/// The corrections sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorrectionAction {
    /// Show it.
    Open,
    /// The correction being written changed.
    Draft(Correction),
    /// Keep it, and read the source again.
    Add,
    /// Take back a correction, and read the source again.
    Remove(usize),
}

/// Everything else about the window.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewAction {
    /// Another tab.
    Tab(Tab),
    /// "As of" is to be edited.
    AskNow,
    /// "As of": the instant and the zone's name.
    SetNow(String, String),
    /// Light, dark or as the system says.
    Theme(Theme),
    /// The size of text.
    Scale(f32),
    /// Show the palette.
    Palette,
    /// The palette's text.
    PaletteText(String),
    /// Take the Nth entry of the palette, or its opposite.
    PaletteTake(usize, bool),
    /// Move the palette's mark.
    PaletteMove(isize),
    /// Show the keys.
    Keys,
    /// Show the notices.
    Notices,
    /// Show the SQL.
    Sql,
    /// Let the toast go.
    DropToast,
    /// Close what is in front, else the editor, else the profile.
    Escape,
    /// The dialog's field.
    DialogText(String),
    /// Stop a job.
    CancelJob(Ticket),
    /// Put a text on the clipboard.
    Copy(String),
    /// Show a file in the folder that it lies in.
    ShowInFolder(PathBuf),
    /// A field takes the keys.
    Focus(Focus),
    /// It did.
    Focused,
    /// Say something that went wrong outside of the engine.
    Failed(crate::model::failure::Failure),
    /// Ask again what failed.
    Retry,
    /// End.
    Quit,
}

/// What the app does for the state.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Tell the engine.
    Send(Command),
    /// Let the person choose files.
    PickFile,
    /// Let the person choose a folder.
    PickFolder,
    /// Let the person choose where to write.
    PickSavePath {
        /// The folder to start in.
        folder: Option<PathBuf>,
        /// The proposed name.
        name: String,
    },
    /// Find out what is where this path leads, and say it.
    LookAt(String),
    /// Show a file in the folder that it lies in.
    ShowInFolder(PathBuf),
    /// Unpack the sample and open it.
    OpenSample,
    /// Put a text on the clipboard.
    CopyText(String),
    /// Keep recent files, theme and scale.
    SaveSettings,
    /// End.
    Quit,
}
