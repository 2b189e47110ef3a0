//! Which lines of a file are one definition, so that it can be shown as it was written.
//!
//! The layout is read from the indentation alone: a file which is no valid YAML has excerpts, too.

use std::ops::RangeInclusive;

/// An excerpt is cut to this many lines.
const LINES_MAX: usize = 400;

/// The lines, counted from 1, of the definition which stands at or around `line` of `text`.
///
/// A definition is an item of a list, from its dash to the end of its block, with the comment
/// directly above it. Trailing blank lines and comments are left out. An item of a flow list
/// (`vars: [{…}, {…}]`) is shown by its own lines, and what is in no list by its block.
///
/// The result lies within the text, holds `line` and is at most 400 lines long. A `line` which is
/// blank or a comment stands for the next one which is neither, one beyond the end for the last.
pub fn excerpt(text: &str, line: u64) -> RangeInclusive<u64> {
    let lines: Vec<Line> = text.trim_start_matches('\u{feff}').lines().map(Line::new).collect();
    let wanted = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let wanted = wanted.min(lines.len().saturating_sub(1));
    let is_content = |at: &usize| lines[*at].is_content();
    let Some(at) = (wanted..lines.len()).find(is_content).or((0..wanted).rfind(is_content)) else {
        return numbers(wanted, wanted);
    };

    let mut start = first_line(&lines, at);
    let end = last_line(&lines, start);
    if at - start >= LINES_MAX {
        start = at;
    }
    let end = end.min(start + LINES_MAX - 1);
    let (first, last) = (first_comment(&lines, start, end).min(wanted), end.max(wanted));
    if last - first < LINES_MAX { numbers(first, last) } else { numbers(wanted, wanted) }
}

fn numbers(first: usize, last: usize) -> RangeInclusive<u64> {
    first as u64 + 1..=last as u64 + 1
}

/// The line which opens the item that line `at` is part of.
fn first_line(lines: &[Line], at: usize) -> usize {
    if lines[at].is_item() || lines[at].opens_flow_list() {
        return at;
    }
    let mut block = at;
    for above in (0..at).rev() {
        let line = &lines[above];
        if !line.is_content() || line.depth >= lines[block].depth {
            continue;
        }
        if line.opens_flow_list() {
            return block;
        }
        if line.is_item() {
            return above;
        }
        block = above;
    }
    at
}

/// The last line of the block which line `start` opens.
fn last_line(lines: &[Line], start: usize) -> usize {
    let depth = lines[start].depth;
    let mut last = start;
    let mut scalar = lines[start].opens_block_scalar();
    for (at, line) in lines.iter().enumerate().skip(start + 1) {
        if line.is_blank() || scalar.is_some_and(|scalar| line.depth > scalar) {
            // Within a block scalar a line which looks like a comment is text.
            last = if line.is_blank() { last } else { at };
            continue;
        }
        scalar = line.opens_block_scalar();
        if line.is_comment() {
            continue;
        }
        if line.depth <= depth {
            return if line.depth == depth && line.only_closes() { at } else { last };
        }
        last = at;
    }
    last
}

/// The first line of the comment directly above line `start`, as far as there is room.
fn first_comment(lines: &[Line], start: usize, end: usize) -> usize {
    let room = LINES_MAX - (end - start + 1);
    let depth = lines[start].depth;
    let is_its = |line: &&Line| line.is_comment() && line.depth == depth;
    start - lines[..start].iter().rev().take(room).take_while(is_its).count()
}

/// A line of YAML, as far as its looks tell.
struct Line<'a> {
    /// How many blanks it starts with.
    depth: usize,
    /// The rest, without trailing blanks.
    text: &'a str,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let text = line.trim_start_matches([' ', '\t']);
        Self { depth: line.len() - text.len(), text: text.trim_end() }
    }

    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    fn is_comment(&self) -> bool {
        self.text.starts_with('#')
    }

    fn is_content(&self) -> bool {
        !self.is_blank() && !self.is_comment()
    }

    /// It starts with the dash of an item.
    fn is_item(&self) -> bool {
        without_dash(self.text).is_some()
    }

    /// What follows its dashes, and how deep that is.
    fn behind_dashes(&self) -> (usize, &'a str) {
        let mut text = self.text;
        while let Some(rest) = without_dash(text) {
            text = rest;
        }
        (self.depth + self.text.len() - text.len(), text)
    }

    /// Its value starts with `[`: what follows is an item within brackets.
    fn opens_flow_list(&self) -> bool {
        let (_, text) = self.behind_dashes();
        let value = match text.split_once(": ") {
            Some((key, value)) if !key.starts_with(['{', '[', '"', '\'']) => value.trim_start(),
            _ => text,
        };
        let value = match value.split_once(' ') {
            Some((anchor, value)) if anchor.starts_with('&') => value.trim_start(),
            _ => value,
        };
        value.starts_with('[')
    }

    /// The depth which the lines of its block scalar (`|` or `>`) exceed, if it opens one.
    fn opens_block_scalar(&self) -> Option<usize> {
        let text = self.text.split_once(" #").map_or(self.text, |(text, _)| text).trim_end();
        let (before, sign) = text.rsplit_once([' ', '\t'])?;
        let modifiers = sign.strip_prefix(['|', '>'])?;
        if !modifiers.chars().all(|it| matches!(it, '+' | '-' | '0'..='9')) {
            return None;
        }
        let (depth, text) = self.behind_dashes();
        if text.starts_with(['|', '>']) {
            return Some(self.depth);
        }
        let last = before.split([' ', '\t']).next_back().unwrap_or_default();
        (last.ends_with(':') || last.starts_with(['&', '!'])).then_some(depth)
    }

    /// It closes brackets and does nothing else.
    fn only_closes(&self) -> bool {
        self.text.starts_with(['}', ']']) && self.text.trim_matches(['}', ']', ',', ' ']).is_empty()
    }
}

/// What follows the dash that `text` starts with.
fn without_dash(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('-')?;
    let inner = rest.trim_start_matches([' ', '\t']);
    (rest.is_empty() || inner.len() < rest.len()).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARS: &str = r#"var_groups:
  - name: buyer_core
    entity_key: buyer
    vars:
      # How often they bought.
      # Without returns.
      - entity_var:
          {name: orders_n, select: "count(*)", from: inputs/orders, where: "total > 0",
           default_value: 0, description: "orders", tags: [revenue]}

      # Where they live.

      - entity_var:
          name: last_city
          select: first_value(city)
          window: {order_by: [placed_at desc]}
      - entity_var: {name: spend, select: sum(total), from: inputs/orders, is_feature: false,
                     column_data_type: '{{warehouse.DataType("float")}}'}
      # - entity_var: {name: gone}
      - entity_var: {name: aov, select: "{{buyer.Var('spend')}}"}

# Not of the group.
models:
  - name: buyer_ids
    model_type: id_stitcher
"#;

    /// The excerpt around the only line of `text` which holds `mark`.
    #[track_caller]
    fn check(text: &str, mark: &str, expected: RangeInclusive<u64>) {
        let line = text.lines().position(|line| line.contains(mark)).expect("the mark is there");
        assert_eq!(excerpt(text, line as u64 + 1), expected, "{mark}");
    }

    #[test]
    fn a_flow_mapping_below_its_dash_comes_with_the_dash_and_the_comment_above() {
        check(VARS, "name: orders_n", 5..=9);
    }

    #[test]
    fn a_name_below_its_dash_comes_with_the_dash() {
        check(VARS, "name: last_city", 13..=16);
    }

    #[test]
    fn a_flow_mapping_goes_on_where_it_is_indented() {
        check(VARS, "name: spend", 17..=18);
        check(VARS, "column_data_type", 17..=18);
    }

    #[test]
    fn a_comment_above_goes_with_the_item_below() {
        check(VARS, "name: gone", 19..=20);
        check(VARS, "name: aov", 19..=20);
    }

    #[test]
    fn an_item_holds_the_lists_within_it_and_no_comment_behind_it() {
        check(VARS, "name: buyer_core", 2..=20);
        check(VARS, "name: buyer_ids", 24..=25);
    }

    #[test]
    fn a_name_which_is_not_the_first_key_comes_with_the_whole_item() {
        let text =
            "inputs:\n- table: orders\n  ids:\n  - select: a\n    type: b\n  name: orders\n- x\n";
        check(text, "name: orders", 2..=6);
        check(text, "type: b", 4..=5);
    }

    #[test]
    fn a_block_scalar_belongs_to_its_item_with_all_that_looks_like_a_comment() {
        let text = "\
macros:
  - name: first # a comment
    inputs: [column]
    value: |- # a comment
      {% if x %}

      - name: not an item
      # not a comment

    # a comment
  - name: second
    value: >
      text
      # text
  - |
   # text
  - third
";
        check(text, "name: first", 2..=8);
        check(text, "name: second", 11..=14);
        check(text, "- |", 15..=16);
        check(text, "- third", 17..=17);
    }

    #[test]
    fn an_item_of_a_flow_list_on_one_line_is_that_line() {
        let text = "\
- name: g
  vars: [{entity_var: {name: boo}}, {entity_var: {name: far}}]
  id_types: &ids [user_id, email]
  entity_key: ghost
";
        check(text, "name: boo", 2..=2);
        check(text, "email", 3..=3);
        check(text, "ghost", 1..=4);
    }

    #[test]
    fn an_item_of_a_flow_list_on_several_lines_has_its_own_lines() {
        let text = "\
- name: g
  vars: [
    {name: first, select: 1,
      from: orders},
    {
      name: second
    },
    {name: third}
  ]
";
        check(text, "name: first", 3..=4);
        check(text, "name: second", 5..=7);
        check(text, "name: third", 8..=8);
    }

    #[test]
    fn an_id_type_is_one_line_unless_it_says_more() {
        let text = "\
name: shop
entities:
  - name: user
    id_types:
      - user_id
      - name: email
        filters:
          - type: exclude
            value: unknown
    feature_views:
";
        check(text, "- user_id", 5..=5);
        check(text, "name: email", 6..=9);
        check(text, "name: user", 3..=10);
        check(text, "name: shop", 1..=1);
    }

    #[test]
    fn a_dash_alone_opens_an_item() {
        check("vars:\n  -\n    name: a\n\n  -\n    name: b\n", "name: a", 2..=3);
    }

    #[test]
    fn a_new_document_ends_an_item() {
        check("- a: 1\n---\n  name: b\n", "name: b", 3..=3);
        check("- a: 1\n---\n  name: b\n", "a: 1", 1..=1);
    }

    #[test]
    fn windows_newlines_and_a_byte_order_mark_change_nothing() {
        for line in 1..=VARS.lines().count() as u64 {
            let windows = format!("\u{feff}{}", VARS.replace('\n', "\r\n"));
            assert_eq!(excerpt(&windows, line), excerpt(VARS, line), "line {line}");
        }
        assert_eq!(excerpt("\u{feff}- name: a\r\n  b: 1\r\n- c", 2), 1..=2);
    }

    #[test]
    fn a_line_beyond_the_text_stands_for_its_end() {
        assert_eq!(excerpt("", 0), 1..=1);
        assert_eq!(excerpt("", 7), 1..=1);
        assert_eq!(excerpt("\n\n# only this\n", 2), 2..=2);
        assert_eq!(excerpt("- a\n- b: 1\n  c: 2\n\n", u64::MAX), 2..=4);
    }

    #[test]
    fn a_large_item_is_cut_around_the_line() {
        let text = format!("# above\n- name: large\n{}", "  key: 1\n".repeat(10_000));
        assert_eq!(excerpt(&text, 2), 2..=401);
        assert_eq!(excerpt(&text, 401), 2..=401);
        assert_eq!(excerpt(&text, 9_000), 9_000..=9_399);
        assert_eq!(excerpt(&"# above\n".repeat(10_000), 5_000), 5_000..=5_000);
        let text = format!("{}- a", "# above\n".repeat(10_000));
        assert_eq!(excerpt(&text, 10_001), 9_602..=10_001);
        assert_eq!(excerpt(&text, 5_000), 5_000..=5_000);
    }

    #[test]
    fn whatever_the_text_the_excerpt_holds_the_line_and_is_short() {
        let pieces = [
            "- ", "-", "  ", "\t", "\n", "\r\n", "\n\n", "# x", "name: ä", "[", "]", "{", "}",
            ": ", "|", " >-", " #", "&a ", "\u{feff}", "\u{a0}", "---\n", "\"", "\u{2028}",
        ];
        // A fixed sequence which looks random: the same texts in every run.
        let mut state = 7_u64;
        for _ in 0..3_000 {
            let mut text = String::new();
            for _ in 0..state % 40 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            state = state.wrapping_add(1);
            let lines = text.lines().count().max(1) as u64;
            for line in 1..=lines {
                let found = excerpt(&text, line);
                assert!(found.contains(&line) && *found.end() <= lines, "{text:?} {line}");
            }
        }
        let deep = (0..1_000).map(|it| " ".repeat(it) + "-\n").collect::<Vec<_>>().concat();
        for line in (1..=1_000).step_by(99) {
            let found = excerpt(&deep, line);
            assert!(found.contains(&line) && found.end() - found.start() < 400, "{line}");
        }
    }
}
