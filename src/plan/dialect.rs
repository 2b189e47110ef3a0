//! Words of other warehouses that no macro can lend, rewritten to DuckDB's.
//!
//! The tokens are those of a maintained tokenizer; what is not named here stays letter for letter.
//!
//! - `datediff(day, a, b)`: the bare word becomes the text that DuckDB takes.
//! - `current_date`, `getdate()`, …: "now" is the end of the run, so that a run can be made again.
//! - `listagg(a) within group (order by b)`: the order moves into the brackets.
//! - `to_date(a, 'YYYY-MM-DD')`: the layout becomes DuckDB's.
//! - `::number(10, 2)`, `::timestamp_ntz(9)`: types with sizes under DuckDB's names.
//! - A column called `at`: a word that DuckDB keeps for itself is quoted.
//! - `// a comment` becomes `-- a comment`.

use super::end_of_run;
use sqlparser::dialect::{DuckDbDialect, SnowflakeDialect};
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// Functions whose first argument is a part of a date.
const OF_DATES: [&str; 9] = [
    "datediff",
    "date_diff",
    "timestampdiff",
    "dateadd",
    "timestampadd",
    "date_trunc",
    "date_part",
    "datepart",
    "timediff",
];
/// Parts of a date, without the `s` of the plural.
const PARTS: [&str; 18] = [
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "dayofweek",
    "dow",
    "dayofyear",
    "doy",
    "epoch",
    "isoweek",
    "yy",
    "dd",
];
/// Words that read the clock also without brackets.
const CLOCK_WORDS: [&str; 3] = ["current_date", "current_timestamp", "localtimestamp"];
/// Functions that read the clock.
const CLOCK_CALLS: [&str; 8] = [
    "getdate",
    "sysdate",
    "systimestamp",
    "now",
    "today",
    "get_current_timestamp",
    "transaction_timestamp",
    "get_current_time",
];

/// `sql` as DuckDB reads it. What is no SQL comes back as it is.
pub(super) fn duckdb(sql: &str) -> String {
    let tokens = Tokenizer::new(&SnowflakeDialect {}, sql).with_unescape(false).tokenize();
    let Ok(tokens) = tokens else { return sql.to_owned() };
    let mut writer = Writer { tokens: &tokens, out: String::with_capacity(sql.len()), odd: false };
    writer.range(0, tokens.len());
    // Printing tokens may change what is equal in meaning only; without need it is not done.
    if writer.odd { writer.out } else { sql.to_owned() }
}

/// The statements of a text, one by one. Whether they are what the database reads in it is for the
/// database to say.
pub fn single_statements(sql: &str) -> Vec<String> {
    let tokens = Tokenizer::new(&DuckDbDialect {}, sql).with_unescape(false).tokenize();
    let Ok(tokens) = tokens else { return vec![sql.to_owned()] };
    let texts = tokens.split(|token| *token == Token::SemiColon).filter_map(|tokens| {
        let has_words = tokens.iter().any(|token| !matches!(token, Token::Whitespace(_)));
        has_words.then(|| tokens.iter().map(ToString::to_string).collect::<String>())
    });
    texts.collect()
}

/// With which words statements begin that may be carried out for a project. What they may change is
/// for the database to say; this keeps the others out of the files of a plan.
const BEGINNINGS: [&str; 12] = [
    "select", "with", "from", "values", "(", "create", "insert", "update", "delete", "drop",
    "alter", "merge",
];

/// Why statements of a model are not carried out, by the words with which they begin.
pub(super) fn other_than_tables(sql: &str) -> Option<String> {
    let other = single_statements(sql).into_iter().find(|statement| {
        let tokens = Tokenizer::new(&DuckDbDialect {}, statement).with_unescape(false).tokenize();
        let first = tokens.ok().and_then(|tokens| {
            let first = tokens.iter().find(|token| !matches!(token, Token::Whitespace(_)));
            first.map(|token| token.to_string().to_lowercase())
        });
        first.is_none_or(|word| !BEGINNINGS.contains(&word.as_str()))
    });
    other.map(|statement| refusal(&statement))
}

/// The sentence that tells that a statement of a project is not carried out.
pub fn refusal(statement: &str) -> String {
    let words: Vec<&str> = statement.split_whitespace().take(8).collect();
    format!(
        "`{}` is not carried out for a project: it may make its own table and temporary ones, and \
         change those",
        words.join(" ")
    )
}

struct Writer<'a> {
    tokens: &'a [Token],
    out: String,
    /// Something was rewritten.
    odd: bool,
}

impl Writer<'_> {
    fn range(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            at = self.rewritten(at, end).unwrap_or_else(|| {
                self.out.push_str(&self.tokens[at].to_string());
                at + 1
            });
        }
    }

    fn write(&mut self, text: &str) {
        self.odd = true;
        self.out.push_str(text);
    }

    /// Writes what stands at `at` in DuckDB's words and gives where to go on; `None` when it is to
    /// stay as it is.
    fn rewritten(&mut self, at: usize, end: usize) -> Option<usize> {
        if let Token::Whitespace(Whitespace::SingleLineComment { comment, prefix }) =
            &self.tokens[at]
            && prefix == "//"
        {
            self.write(&format!("--{comment}"));
            return Some(at + 1);
        }
        let word = self.word(at)?;
        let is_part = self.before(at).is_some_and(|t| matches!(t, Token::Period));
        if is_part && word != "at" {
            return None;
        }
        let after = self.next(at + 1);
        if word == "at" && !after.is_some_and(|after| self.is(after, "time")) {
            self.write("\"at\"");
            return Some(at + 1);
        }
        let open = after.filter(|at| self.tokens[*at] == Token::LParen);
        let empty = open.and_then(|open| self.next(open + 1));
        let empty = empty.filter(|at| self.tokens[*at] == Token::RParen);
        let is_clock = (CLOCK_WORDS.contains(&word.as_str())
            && (open.is_none() || empty.is_some()))
            || (CLOCK_CALLS.contains(&word.as_str()) && empty.is_some());
        if is_clock {
            let end_of_run = end_of_run();
            let now = match word.as_str() {
                "current_date" | "today" => format!("CAST({end_of_run} AS DATE)"),
                _ => end_of_run.to_string(),
            };
            self.write(&now);
            return Some(empty.unwrap_or(at) + 1);
        }
        if let Some(open) = open {
            return self.call(at, &word, open).or_else(|| self.sized_type(at, &word, open));
        }
        let is_type = self.is_type(at) && word == "timestamp_tz";
        is_type
            .then(|| {
                self.write("TIMESTAMP");
                at + 1
            })
            .filter(|next| *next <= end)
    }

    fn call(&mut self, at: usize, word: &str, open: usize) -> Option<usize> {
        if OF_DATES.contains(&word) {
            let part_at = self.next(open + 1)?;
            let part = self.word(part_at)?;
            let comma = self.next(part_at + 1)?;
            if self.tokens[comma] != Token::Comma || !is_part(&part) {
                return None;
            }
            self.range_as_is(at, part_at);
            self.write(&format!("'{part}'"));
            return Some(part_at + 1);
        }
        let of_layouts = ["to_date", "to_timestamp", "to_timestamp_ntz", "to_char", "to_varchar"];
        if of_layouts.contains(&word) {
            return self.with_layout(word, open);
        }
        if !matches!(word, "listagg" | "string_agg" | "array_agg") {
            return None;
        }
        let close = self.closing(open)?;
        let within = self.next(close + 1).filter(|at| self.is(*at, "within"))?;
        let group = self.next(within + 1).filter(|at| self.is(*at, "group"))?;
        let order_open = self.next(group + 1).filter(|at| self.tokens[*at] == Token::LParen)?;
        let order_close = self.closing(order_open)?;
        self.write(if word == "array_agg" { "array_agg(" } else { "string_agg(" });
        self.range(open + 1, close);
        self.out.push(' ');
        self.range(order_open + 1, order_close);
        self.out.push(')');
        Some(order_close + 1)
    }

    /// `to_date(a, 'YYYY-MM-DD')` and `to_char(a, 'YYYY-MM-DD')`.
    fn with_layout(&mut self, word: &str, open: usize) -> Option<usize> {
        let close = self.closing(open)?;
        let comma = (open..close).rev().find(|at| self.tokens[*at] == Token::Comma)?;
        let layout_at = self.next(comma + 1)?;
        let Token::SingleQuotedString(layout) = &self.tokens[layout_at] else { return None };
        let is_of_dates = layout.to_uppercase().contains(['Y', 'M', 'D', 'H', 'S']);
        if self.next(layout_at + 1) != Some(close) || !is_of_dates {
            return None;
        }
        let layout = crate::sql::text(&crate::sql::warehouse::layout(layout));
        let (before, after) = match word {
            "to_char" | "to_varchar" => ("strftime(CAST((", format!(") AS TIMESTAMP), {layout})")),
            "to_date" => ("CAST(strptime(CAST((", format!(") AS VARCHAR), {layout}) AS DATE)")),
            _ => ("strptime(CAST((", format!(") AS VARCHAR), {layout})")),
        };
        self.write(before);
        self.range(open + 1, comma);
        self.write(&after);
        Some(close + 1)
    }

    fn sized_type(&mut self, at: usize, word: &str, open: usize) -> Option<usize> {
        if !self.is_type(at) {
            return None;
        }
        let close = self.closing(open)?;
        match word {
            "number" | "numeric" => {
                self.write("DECIMAL");
                Some(at + 1)
            }
            "timestamp_ntz" | "timestamp_ltz" | "timestamp_tz" | "timestamp" | "datetime" => {
                self.write("TIMESTAMP");
                Some(close + 1)
            }
            _ => None,
        }
    }

    /// Whether a type stands at `at`: after `::`, or after `as` as in a cast.
    fn is_type(&self, at: usize) -> bool {
        match self.before(at) {
            Some(Token::DoubleColon) => true,
            Some(Token::Word(word)) => word.value.eq_ignore_ascii_case("as"),
            _ => false,
        }
    }

    fn range_as_is(&mut self, start: usize, end: usize) {
        for token in &self.tokens[start..end] {
            self.out.push_str(&token.to_string());
        }
    }

    fn word(&self, at: usize) -> Option<String> {
        match self.tokens.get(at)? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
            _ => None,
        }
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.word(at).is_some_and(|found| found == word)
    }

    /// The first token from `at` on that is no space and no comment.
    fn next(&self, at: usize) -> Option<usize> {
        let rest = self.tokens.get(at..)?;
        rest.iter().position(|t| !matches!(t, Token::Whitespace(_))).map(|offset| at + offset)
    }

    fn before(&self, at: usize) -> Option<&Token> {
        self.tokens[..at].iter().rev().find(|t| !matches!(t, Token::Whitespace(_)))
    }

    /// Where the bracket closes that opens at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (offset, token) in self.tokens[open..].iter().enumerate() {
            match token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 1 => return Some(open + offset),
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        None
    }
}

fn is_part(word: &str) -> bool {
    PARTS.contains(&word) || word.strip_suffix('s').is_some_and(|one| PARTS.contains(&one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Run;
    use jiff::civil::date;

    fn check(sql: &str) -> String {
        Run { number: 1, end: date(2026, 11, 20).at(6, 0, 0, 0) }.settle(&duckdb(sql))
    }

    #[test]
    fn bare_parts_of_dates_become_text() {
        assert_eq!(check("datediff(day, a, b)"), "datediff('day', a, b)");
        assert_eq!(check("DateDiff( days , a, b)"), "DateDiff( 'days' , a, b)");
        assert_eq!(check("date_trunc('day', a)"), "date_trunc('day', a)");
        assert_eq!(check("datediff(\"day\", a, b)"), "datediff(\"day\", a, b)");
        assert_eq!(
            check("datediff(day, a, dateadd(month, 1, b))"),
            "datediff('day', a, dateadd('month', 1, b))"
        );
    }

    #[test]
    fn now_is_the_end_of_the_run() {
        let end = "TIMESTAMP '2026-11-20 06:00:00.000000'";
        assert_eq!(check("getdate()"), end);
        assert_eq!(check("current_timestamp"), end);
        assert_eq!(check("CURRENT_DATE() - 1"), format!("CAST({end} AS DATE) - 1"));
        assert_eq!(check("t.current_date, 'now()', now"), "t.current_date, 'now()', now");
    }

    #[test]
    fn a_column_called_at_is_quoted_and_a_time_zone_is_not() {
        assert_eq!(check("max(t.at), \"at\""), "max(t.\"at\"), \"at\"");
        assert_eq!(check("a at time zone 'UTC'"), "a at time zone 'UTC'");
    }

    #[test]
    fn an_order_moves_into_its_aggregate() {
        assert_eq!(
            check("listagg(a, ',') within group (order by current_date desc) as x"),
            "string_agg(a, ',' order by CAST(TIMESTAMP '2026-11-20 06:00:00.000000' AS DATE) desc) as x"
        );
    }

    #[test]
    fn layouts_are_duckdbs() {
        assert_eq!(
            check("to_date(trim(a), 'YYYY-MM-DD')"),
            "CAST(strptime(CAST((trim(a)) AS VARCHAR), '%Y-%m-%d') AS DATE)"
        );
        assert_eq!(check("to_date(a)"), "to_date(a)");
        assert_eq!(check("to_char(a, 'YYYY-MM')"), "strftime(CAST((a) AS TIMESTAMP), '%Y-%m')");
        assert_eq!(check("to_char(a, '999')"), "to_char(a, '999')");
        assert_eq!(
            check("to_char(a, 'yyyy-mm-dd hh24:mi:ss')"),
            "strftime(CAST((a) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S')"
        );
    }

    #[test]
    fn types_with_sizes_are_duckdbs() {
        assert_eq!(check("a::number(10, 2)"), "a::DECIMAL(10, 2)");
        assert_eq!(check("cast(a as timestamp_ntz(9))"), "cast(a as TIMESTAMP)");
        assert_eq!(check("a::timestamp_ntz"), "a::timestamp_ntz");
        assert_eq!(check("number(3)"), "number(3)");
    }

    #[test]
    fn what_is_not_named_stays_letter_for_letter() {
        for sql in ["select 'it''s', \"a b\" -- x\n from t", "'open", "a // b\n", "1.50e3 || $1"] {
            let expected = sql.replace("//", "--");
            assert_eq!(check(sql), expected);
        }
    }
}
