//! Tables and numbers for a person to read.

use super::print::Lines;
use crate::model::shown::shown;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// The longest value that a cell shows.
const CELL_CHARS: usize = 60;

/// Rows under headings, without a frame except for a line under the headings. Columns whose number
/// is in `right` are aligned to the right.
pub(super) fn table(headings: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> Lines {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| cut(heading)).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.iter().map(|value| cut(value)).collect::<Vec<_>>());
    }
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().split('\n').map(str::trim_end).collect()
}

/// One line that fits in a cell: long values are cut, hidden characters are made visible, so that
/// a column is as wide as it looks.
pub(super) fn cut(value: &str) -> String {
    // No more than fits is looked at: a value may be a whole document.
    let start: String = value.chars().take(CELL_CHARS + 1).collect();
    let mut out: String = shown(&start).chars().take(CELL_CHARS + 1).collect();
    if out.chars().count() > CELL_CHARS {
        out = out.chars().take(CELL_CHARS - 1).collect();
        out.push('…');
    }
    out
}

/// A table with a title over it.
pub(super) fn section(title: &str, table: Lines, out: &mut Lines) {
    out.blank();
    out.line(format_args!("  {title}"));
    out.add("   ", table);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_dangerous_values_are_tamed() {
        assert_eq!(cut("a\nb\u{1b}[31mc"), "a⟨LF⟩b⟨ESC⟩[31mc");
        let long = cut(&"x".repeat(100));
        assert_eq!(long.chars().count(), CELL_CHARS);
        assert!(long.ends_with('…'));
        assert_eq!(cut(&"x".repeat(CELL_CHARS)).len(), CELL_CHARS);
    }

    #[test]
    fn numbers_stand_right() {
        let rows = vec![vec!["a".into(), "1".into()], vec!["bb".into(), "1,000".into()]];
        insta::assert_snapshot!(table(&["name", "size"], rows, &[1]), @r"
        name   size
        a         1
        bb    1,000
        ");
    }
}
