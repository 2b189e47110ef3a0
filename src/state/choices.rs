//! What a person chooses between: the tabs of the canvas, light or dark.

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
