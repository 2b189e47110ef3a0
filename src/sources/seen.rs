//! Where something stands in a file, how often, and the first of it: what a finding tells.

/// Places in the tree of all shapes together.
const PLACES_MAX: usize = 50_000;
/// Characters of an example.
const EXAMPLE_MAX: usize = 60;

/// Where a record is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CellPlace<'a> {
    /// The number of the file.
    pub file: usize,
    pub line: u64,
    /// What is left of [`PLACES_MAX`].
    budget: Option<&'a std::cell::Cell<usize>>,
}

impl<'a> CellPlace<'a> {
    pub(super) fn new(file: usize, line: u64, used: &'a std::cell::Cell<usize>) -> Self {
        Self { file, line, budget: Some(used) }
    }

    /// A place in the only file there is.
    pub(super) fn of_line(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Whether there is room for one more place in the tree.
    pub(super) fn has_room(&self) -> bool {
        let Some(used) = self.budget else { return true };
        used.set(used.get() + 1);
        used.get() <= PLACES_MAX
    }
}

/// How many there are, and the first of them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub count: u64,
    pub first: Option<Seen>,
}

/// Something that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub file: usize,
    pub line: u64,
    /// How it begins in the file.
    pub text: String,
}

impl Tally {
    pub(super) fn add(&mut self, text: &str, place: &CellPlace<'_>) {
        self.count += 1;
        if self.first.is_none() {
            let text = text.chars().take(EXAMPLE_MAX).collect();
            self.first = Some(Seen { file: place.file, line: place.line, text });
        }
    }
}
