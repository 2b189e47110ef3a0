//! Tables and numbers for a person to read.

use comfy_table::{CellAlignment, ContentArrangement, Table};

/// The longest value that a cell shows.
const CELL_CHARS: usize = 60;

/// Rows under headings, without a frame but for a line under the headings. Columns whose number
/// is in `right` are aligned to the right.
pub(super) fn table(headings: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.iter().map(|value| cut(value)).collect::<Vec<_>>());
    }
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.to_string();
    lines.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// One line that fits in a cell: long values are cut, and characters that would move the cursor
/// or colour the terminal are replaced.
pub(super) fn cut(value: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        // They would turn the rest of the line around.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    let mut chars = value.chars();
    let mut out: String = chars.by_ref().take(CELL_CHARS).map(shown).collect();
    if chars.next().is_some() {
        out.pop();
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_dangerous_values_are_tamed() {
        assert_eq!(cut("a\nb\u{1b}[31mc"), "a b\u{fffd}[31mc");
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
