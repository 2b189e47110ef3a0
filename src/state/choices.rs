//! Short lists: the tabs of the canvas, the scales of charts, light or dark, what is in a place.

/// A tab of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Linked charts.
    #[default]
    Look,
    /// The table of people.
    People,
    /// The waterfall.
    Steps,
    /// Where everything comes from.
    Definition,
}

impl Tab {
    /// All of them, in the order shown.
    pub const ALL: [Self; 4] = [Self::Look, Self::People, Self::Steps, Self::Definition];

    /// Its name on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Look => "Look",
            Self::People => "People",
            Self::Steps => "Steps",
            Self::Definition => "Definition",
        }
    }
}

/// What the height of a bar means, in every chart on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// How many: this segment stands within everyone.
    #[default]
    Count,
    /// Which part: this segment and everyone are each a whole, so that their shapes compare.
    Share,
    /// This segment has a scale of its own, so that a small one can be seen.
    Own,
}

impl Scale {
    /// All of them, in the order shown.
    pub const ALL: [Self; 3] = [Self::Count, Self::Share, Self::Own];

    /// Its name on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Share => "Share",
            Self::Own => "Own scale",
        }
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Count => "Blue is this segment, grey is everyone of the cohort",
            Self::Share => "Blue are shares of this segment, grey are shares of everyone",
            Self::Own => "Blue and grey have a scale each: compare shapes, not heights",
        }
    }
}

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What is where a file is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nothing, in a folder that is there.
    Free,
    /// A file, which is replaced.
    File,
    /// A folder.
    Folder,
    /// The folder is not there.
    NoFolder,
}
