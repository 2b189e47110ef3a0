//! The typed condition, read into a clause tree: tokens, syntax and what to say about mistakes.
//! [`super::conditions`] and [`super::expressions`] give the syntax its meaning.

use super::conditions::Reader;
use super::names::Rows;
use super::normal::normalise;
use crate::model::catalog::{Catalog, Entity};
use crate::model::clause::Tree;
use sqlparser::ast::Expr as Sql;
use sqlparser::dialect::{Dialect, DuckDbDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};
use std::any::TypeId;

/// The names that a condition may use.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The source.
    pub catalog: &'a Catalog,
    /// The entity that is sliced.
    pub entity: &'a Entity,
}

/// Why a text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, as a phrase.
    pub message: String,
    /// Where it is, in characters from 0, when that is known.
    pub at: Option<usize>,
    /// What to try.
    pub hint: String,
}

/// Nested parentheses and calls that are read before giving up.
const DEPTH: usize = 120;

/// Words and signs, constants and commas not counted, that are read before giving up. It bounds
/// the memory that a chain such as `a + a + a …` takes; lists of values may be as long as they are.
const TOKENS: usize = 6_000;

/// Reads a condition. Blank text keeps everyone. The tree is in the form that
/// [`normalise`] gives.
///
/// # Errors
/// When it is not a boolean expression over the names of `scope`.
pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Tree, ParseError> {
    if text.trim().is_empty() {
        return Ok(Tree::everyone());
    }
    let places = Places::of(text);
    let syntax = syntax(text, &places)?;
    let reader = Reader { scope: *scope, places: &places };
    reader.tree(&syntax, Rows::Entity).map(|tree| normalise(&tree))
}

fn syntax(text: &str, places: &Places) -> Result<Sql, ParseError> {
    let mut tokens =
        Tokenizer::new(&Condition, text).tokenize_with_location().map_err(|error| {
            let hint = if error.message.contains("Unterminated string") {
                "close the text with a single quote; a quote inside is written twice"
            } else {
                "text stands in single quotes, odd names in double quotes"
            };
            ParseError {
                message: plain(&error.message),
                at: places.at(error.location),
                hint: hint.into(),
            }
        })?;
    let weight = tokens.iter().filter(|t| counts(&t.token)).count();
    if weight > TOKENS {
        return Err(ParseError {
            message: "the condition is too long".to_owned(),
            at: None,
            hint: "write long lists as x in ('a', 'b', …)".to_owned(),
        });
    }
    singular_quarters(&mut tokens);
    let mut parser =
        Parser::new(&Condition).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    let found = parser.parse_expr().map_err(|error| of_parser(&error, places))?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        return Err(unexpected(&next, places));
    }
    Ok(found)
}

fn counts(token: &Token) -> bool {
    !matches!(
        token,
        Token::Whitespace(_) | Token::Comma | Token::SingleQuotedString(_) | Token::Number(..)
    )
}

/// The parser knows `quarter` as a unit but not its plural. A word right after a number is never
/// a name, so a column called `quarters` is safe.
fn singular_quarters(tokens: &mut [TokenWithSpan]) {
    let mut after_amount = false;
    for token in tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::Word(word)
                if after_amount
                    && word.quote_style.is_none()
                    && word.value.eq_ignore_ascii_case("quarters") =>
            {
                token.token = Token::make_word("quarter", None);
                after_amount = false;
            }
            found => {
                after_amount = matches!(found, Token::Number(..) | Token::SingleQuotedString(_))
            }
        }
    }
}

fn unexpected(found: &TokenWithSpan, places: &Places) -> ParseError {
    let shown = found.token.to_string();
    let hint = match &found.token {
        Token::RParen => "there is one closing parenthesis too many",
        Token::SemiColon => "a condition has no semicolon",
        Token::Word(_) => "join conditions with and, or",
        _ => "write one condition, such as orders >= 3 and country = 'DE'",
    };
    ParseError {
        message: format!("{shown} is not expected here"),
        at: places.at(found.span.start),
        hint: hint.to_owned(),
    }
}

/// The parser's message in plain words.
fn of_parser(error: &ParserError, places: &Places) -> ParseError {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            return ParseError {
                message: "the condition is nested too deeply".to_owned(),
                at: None,
                hint: "use fewer parentheses inside each other".to_owned(),
            };
        }
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
    };
    let (text, at) = places.split_message(text);
    let (expected, found) = match text.split_once(", found: ") {
        Some((expected, found)) => (expected, found),
        None => (text, ""),
    };
    if found == "EOF" || found.is_empty() && at.is_none() {
        let hint = if expected.contains(')') {
            "a closing parenthesis is missing"
        } else {
            "something is missing after the last word"
        };
        return ParseError {
            message: "the condition ends too early".to_owned(),
            at: Some(places.end),
            hint: hint.to_owned(),
        };
    }
    if found.is_empty() {
        return ParseError { message: plain(text), at, hint: "check the spelling here".to_owned() };
    }
    let wanted = expected.strip_prefix("Expected: ").unwrap_or(expected);
    let hint = match wanted {
        "an expression" => "a feature, a value or a function belongs here".to_owned(),
        ")" => "a closing parenthesis is missing".to_owned(),
        "(" => "an opening parenthesis is missing".to_owned(),
        other => format!("{} belongs here", other.to_lowercase()),
    };
    ParseError { message: format!("{found} is not expected here"), at, hint }
}

/// A message of the parser as a phrase: no capital, no full stop.
fn plain(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "this cannot be read".to_owned(),
    }
}

/// Where lines start, to turn the parser's line and column into characters from 0.
#[derive(Debug)]
pub(super) struct Places {
    lines: Vec<usize>,
    end: usize,
}

impl Places {
    fn of(text: &str) -> Self {
        let mut lines = vec![0];
        let mut end = 0;
        for c in text.chars() {
            end += 1;
            if c == '\n' {
                lines.push(end);
            }
        }
        Self { lines, end }
    }

    /// Characters from 0; `None` where the parser does not know.
    pub(super) fn at(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        self.lines.get(line).map(|start| (start + column).min(self.end))
    }

    /// The message without the ` at Line: 1, Column: 5` at its end, and that place.
    fn split_message<'m>(&self, message: &'m str) -> (&'m str, Option<usize>) {
        let Some((text, place)) = message.rsplit_once(" at Line: ") else {
            return (message, None);
        };
        let at = place.split_once(", Column: ").and_then(|(line, column)| {
            self.at(Location { line: line.parse().ok()?, column: column.trim().parse().ok()? })
        });
        (text, at)
    }
}

/// DuckDB's syntax without what has no meaning in a condition, so that `off(a = 1)` is not read as
/// an argument with a name.
#[derive(Debug)]
struct Condition;

impl Dialect for Condition {
    fn dialect(&self) -> TypeId {
        TypeId::of::<DuckDbDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        DuckDbDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        DuckDbDialect.is_identifier_part(ch)
    }

    fn identifier_quote_style(&self, name: &str) -> Option<char> {
        DuckDbDialect.identifier_quote_style(name)
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_trailing_commas(&self) -> bool {
        true
    }

    fn supports_in_empty_list(&self) -> bool {
        true
    }

    fn supports_notnull_operator(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_numeric_literal_underscores(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{catalog, scope, tree};
    use super::super::{normalise, print};
    use super::*;
    use proptest::prelude::*;

    fn round(text: &str) -> Result<String, ParseError> {
        let catalog = catalog();
        parse(text, &scope(&catalog)).map(|tree| print(&tree))
    }

    fn error(text: &str) -> ParseError {
        let catalog = catalog();
        match parse(text, &scope(&catalog)) {
            Ok(tree) => panic!("{text} was read as {}", print(&tree)),
            Err(error) => error,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_printed_is_read_back(tree in tree()) {
            let catalog = catalog();
            let text = print(&tree);
            let normal = normalise(&tree);
            prop_assert_eq!(&normalise(&normal), &normal, "normal form is not stable");
            let read = parse(&text, &scope(&catalog));
            prop_assert_eq!(read, Ok(normal), "{}", text);
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let catalog = catalog();
            let read = parse(&text, &scope(&catalog));
            if let Err(error) = read {
                prop_assert!(error.at.is_none_or(|at| at <= text.chars().count()));
                prop_assert!(!error.message.is_empty() && !error.hint.is_empty());
            }
        }

        #[test]
        fn no_order_of_words_is_too_odd(words in proptest::collection::vec(
            proptest::sample::select(vec![
                "and", "or", "not", "(", ")", "country", "orders", "=", "<>", "is", "null", "'a'",
                "3", "-", "+", "in", "between", "like", "count(", "filter (where", "now()",
                "interval", "days", "true", "distinct", "from", "lower(", "case", "[", "]", ",",
                ".", "\"order\"", "::", "date", "cast(", "as", "off(", "today()", "*", "1e400", "?",
            ]),
            0..14,
        )) {
            let text = words.join(" ");
            let catalog = catalog();
            // Whatever is read must also be read back.
            if let Ok(tree) = parse(&text, &scope(&catalog)) {
                prop_assert_eq!(parse(&print(&tree), &scope(&catalog)), Ok(tree), "{}", text);
            }
        }
    }

    #[test]
    fn conditions_have_one_written_form() {
        for (text, printed) in [
            ("", ""),
            ("  true ", ""),
            ("Country = 'DE' AND Orders >= 3", "country = 'DE' and orders >= 3"),
            ("country='DE' or country='AT'", "(country = 'DE' or country = 'AT')"),
            ("(orders > 1)", "orders > 1"),
            ("(orders > 1 and orders < 9)", "orders > 1 and orders < 9"),
            ("3 <= orders", "orders >= 3"),
            ("consent", "consent = true"),
            ("not consent", "consent <> true"),
            (
                "consent is true and consent is not true",
                "consent = true and consent is distinct from true",
            ),
            ("consent is false", "consent = false"),
            ("consent is not false", "consent is distinct from false"),
            ("country != 'FR'", "country <> 'FR'"),
            ("country is distinct from 'FR'", "country is distinct from 'FR'"),
            ("(country = 'FR') is not true", "country is distinct from 'FR'"),
            ("country is not distinct from 'FR'", "country = 'FR'"),
            ("not (country = 'FR')", "country <> 'FR'"),
            ("not orders < 3", "not (orders < 3)"),
            ("(orders < 3) is not true", "(orders < 3) is not true"),
            ("not (orders > 1 or total > 5)", "not (orders > 1 or total > 5)"),
            ("not (orders > 1 and total > 5)", "not (orders > 1 and total > 5)"),
            ("(orders > 1 or total > 5) is not true", "(orders > 1 or total > 5) is not true"),
            ("not not orders = 1", "orders = 1"),
            ("country in ('DE', 'A''T')", "country in ('DE', 'A''T')"),
            ("country not in ('DE')", "country not in ('DE')"),
            ("(country in ('DE')) is not true", "(country in ('DE')) is not true"),
            ("lower(country) in ('de','at')", "lower(country) in ('de', 'at')"),
            ("orders between 1 and 2+1", "orders between 1 and 2 + 1"),
            ("orders not between 1 and 2", "orders not between 1 and 2"),
            ("country is not null", "country is not null"),
            ("country notnull", "country is not null"),
            ("not (country is null)", "country is not null"),
            (
                "country like 'D%' or country not ilike '_e'",
                "(country like 'D%' or country not ilike '_e')",
            ),
            ("country = '' and country <> ''", "country = '' and country <> ''"),
            ("contains(country, 'A')", "contains(country, 'A')"),
            ("contains(lower(country), 'a')", "contains(lower(country), 'a')"),
            ("contains(lower(country), 'A')", "contains(lower(country), 'A')"),
            ("regexp_matches(country, '^D', 'i')", "regexp_matches(country, '^D', 'i')"),
            (
                "prefix(country, 'D') and not suffix(country, 'E')",
                "starts_with(country, 'D') and not ends_with(country, 'E')",
            ),
            ("contains(tags, 'vip')", "list_contains(tags, 'vip')"),
            (
                "list_has_any(tags, ['a','b']) and list_has_all(tags, ['a'])",
                "list_has_any(tags, ['a', 'b']) and list_has_all(tags, ['a'])",
            ),
            (
                "in_cohort('VIP') and not in_cohort('Lapsed')",
                "in_cohort('VIP') and not in_cohort('Lapsed')",
            ),
            ("anniversary(birthday, -7, 0)", "anniversary(birthday, -7, 0)"),
            (
                "off(country = 'DE' and orders = 1) and orders = 2",
                "off(country = 'DE' and orders = 1) and orders = 2",
            ),
            ("off(country = 'DE')", "off(country = 'DE')"),
            ("\"First Name\" = \"order\"", "\"First Name\" = \"order\""),
            ("customer.country = 'DE'", "country = 'DE'"),
            ("orders * (2 + 1) - -1 >= total / 2 / 3", "orders * (2 + 1) - -1 >= total / 2 / 3"),
            (
                "orders - (1 - 2) > 0 and (orders - 1) - 2 > 0",
                "orders - (1 - 2) > 0 and orders - 1 - 2 > 0",
            ),
            (
                "score > 1e5 and total > 10.50 and score < .5",
                "score > 1e5 and total > 10.50 and score < 0.5",
            ),
            ("-orders < -3", "0 - orders < -3"),
            (
                "orders::varchar = 'x' and cast(country as int) = 1",
                "cast(orders as varchar) = 'x' and cast(country as bigint) = 1",
            ),
            (
                "extract(year from birthday) = 1990 and isodow(birthday) = 1",
                "year(birthday) = 1990 and isodow(birthday) = 1",
            ),
            ("len(tags) > 1 and len(country) = 2", "len(tags) > 1 and length(country) = 2"),
            (
                "ceil(score) = 1 and ceiling(score) = floor(score) and trim(country) = 'a'",
                "ceil(score) = 1 and ceil(score) = floor(score) and trim(country) = 'a'",
            ),
            (
                "coalesce(orders, 0) = 0 and left(split_part(country, '-', 1), 2) = 'D'",
                "coalesce(orders, 0) = 0 and left(split_part(country, '-', 1), 2) = 'D'",
            ),
            ("birthday = date '2022-01-01'", "birthday = date '2022-01-01'"),
            ("birthday >= '2022-01-01'", "birthday >= date '2022-01-01'"),
            ("birthday >= '2022-01-01'::date", "birthday >= date '2022-01-01'"),
            (
                "last_order < timestamp '2022-01-01 10:00'",
                "last_order < timestamp '2022-01-01 10:00:00'",
            ),
            (
                "seen < timestamptz '2022-01-01 10:00:00+02'",
                "seen < timestamptz '2022-01-01 08:00:00+00'",
            ),
            ("last_order >= now() - interval 90 days", "last_order >= now() - interval 90 days"),
            ("last_order >= now() - interval '1' day", "last_order >= now() - interval 1 day"),
            (
                "last_order >= today() - interval '2 weeks'",
                "last_order >= today() - interval 2 weeks",
            ),
            ("last_order >= current_date - 30", "last_order >= today() - interval 30 days"),
            ("last_order < now() + interval 3 quarters", "last_order < now() + interval 3 quarter"),
            (
                "last_order >= date_trunc('month', now())",
                "last_order >= date_trunc('month', now())",
            ),
            (
                "last_order >= date_trunc('month', now()) - interval 1 month",
                "last_order >= date_trunc('month', now() - interval 1 month)",
            ),
            (
                "last_order between date_trunc('year', today()) and now()",
                "last_order between date_trunc('year', now()) and now()",
            ),
            ("count(orders) >= 3", "count(orders) >= 3"),
            (
                "count(distinct orders_items.OrderID) = 1",
                "count(distinct orders_items.orderid) = 1",
            ),
            (
                "sum(orders.total) filter (where status = 'paid' and (gift or orders.total > 5)) > 100",
                "sum(orders.total) filter (where status = 'paid' and (gift = true or total > 5)) > 100",
            ),
            (
                "avg(audience.members.total) > 1 and max(\"audience.members\".since) > today()",
                "avg(audience.members.total) > 1 and max(audience.members.since) > today()",
            ),
            (
                "count(audience.members) = 0 and count(\"audience.members\") = 0",
                "count(audience.members) = 0 and count(audience.members) = 0",
            ),
            (
                "count(\"web events.csv\") filter (where \"page\" = '/') = 0",
                "count(\"web events.csv\") filter (where page = '/') = 0",
            ),
            ("min(orders.\"when\") is null", "min(orders.\"when\") is null"),
            (
                "country is not distinct from \"order\"",
                "(country = \"order\" or (country is null and \"order\" is null))",
            ),
            ("orders in (1, 2,)", "orders in (1, 2)"),
            ("größe > 5", "größe > 5"),
            ("country\n  = -- a comment\n 'DE'", "country = 'DE'"),
        ] {
            assert_eq!(round(text).as_deref(), Ok(printed), "{text}");
            assert_eq!(round(printed).as_deref(), Ok(printed), "{printed}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_remedy() {
        for (text, message, at, hint) in [
            (
                "contry = 'DE'",
                "no feature of customer is called \"contry\"",
                Some(0),
                "perhaps country is meant",
            ),
            (
                "orders > 1 and contry = 'DE'",
                "no feature of customer is called \"contry\"",
                Some(15),
                "perhaps country is meant",
            ),
            (
                "größe > 1 and\ncontry = 'DE'",
                "no feature of customer is called \"contry\"",
                Some(14),
                "perhaps country is meant",
            ),
            (
                "country = \"DE\"",
                "no feature of customer is called \"DE\"",
                Some(10),
                "text stands in single quotes: 'DE'",
            ),
            (
                "orders_items > 1",
                "no feature of customer is called \"orders_items\"",
                Some(0),
                "orders_items is a table: write count(orders_items) >= 1",
            ),
            (
                "orders.total > 1",
                "orders has several rows for one customer",
                Some(0),
                "write max(orders.total), or count(orders)",
            ),
            (
                "count(*) > 1",
                "count does not say what it is about",
                Some(0),
                "name the table whose rows are counted: count(orders)",
            ),
            (
                "count(order) > 1",
                "no table is called \"order\"",
                Some(6),
                "perhaps orders is meant",
            ),
            (
                "sum(orders) > 1",
                "sum needs a column of orders",
                Some(4),
                "name a column of a related table: sum(orders.total)",
            ),
            (
                "sum(orders.totl) > 1",
                "no column of orders is called \"totl\"",
                Some(4),
                "perhaps total is meant",
            ),
            (
                "count(orders) filter (where country = 'DE') > 1",
                "no column of orders is called \"country\"",
                Some(28),
                "there is id, total, ordered, status, gift, …",
            ),
            (
                "count(orders) filter (where count(orders) > 1) > 1",
                "a figure over related rows cannot stand inside a filter",
                Some(28),
                "a filter compares columns of its own table",
            ),
            ("country = null", "nothing equals null", Some(10), "write x is null or x is not null"),
            (
                "orders",
                "this is a value, not a condition",
                Some(0),
                "write orders >= 3, or orders is not null",
            ),
            (
                "orders = '3'",
                "orders is a number, and '3' is text",
                Some(9),
                "write 3 without quotes",
            ),
            (
                "country = 3",
                "country is text, and 3 is a number",
                Some(10),
                "write '3' in single quotes",
            ),
            (
                "birthday > 'soon'",
                "birthday is a date, and 'soon' is none",
                Some(11),
                "write '2026-11-23', or now() - interval 90 days",
            ),
            (
                "birthday > date '2022-02-30'",
                "'2022-02-30' is not a day of the calendar",
                Some(16),
                "write date '2026-11-23'",
            ),
            (
                "country = 'DE",
                "unterminated string literal",
                Some(10),
                "close the text with a single quote; a quote inside is written twice",
            ),
            (
                "country =",
                "the condition ends too early",
                Some(9),
                "something is missing after the last word",
            ),
            (
                "(country = 'DE'",
                "the condition ends too early",
                Some(15),
                "a closing parenthesis is missing",
            ),
            (
                "country = 'DE')",
                ") is not expected here",
                Some(14),
                "there is one closing parenthesis too many",
            ),
            (
                "country = 'DE' orders = 3",
                "orders is not expected here",
                Some(15),
                "join conditions with and, or",
            ),
            (
                "country = = 'DE'",
                "= is not expected here",
                Some(10),
                "a feature, a value or a function belongs here",
            ),
            (
                "lowr(country) = 'a'",
                "no function is called \"lowr\"",
                Some(0),
                "perhaps lower is meant",
            ),
            (
                "last_order > now() - interval 1 parsec",
                "parsec is not expected here",
                Some(32),
                "join conditions with and, or",
            ),
            (
                "weekday(birthday) = 1",
                "no function is called \"weekday\"",
                Some(0),
                "write isodow(day), where 1 is Monday",
            ),
            (
                "country in (select 1)",
                "a query inside a condition is not known here",
                Some(0),
                "write count(orders) >= 1, or in_cohort('name')",
            ),
            (
                "case when orders > 1 then true end",
                "this part of SQL is not known in a condition",
                Some(0),
                "use features, values, and, or, not, in, between, like and the listed functions",
            ),
        ] {
            let found = error(text);
            let expected = ParseError { message: message.into(), at, hint: hint.into() };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let nested = format!("{}orders = 1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(error(&nested).message.contains("too"));
        let nested = format!("{}orders = 1{}", "(".repeat(1000), ")".repeat(1000));
        assert_eq!(error(&nested).message, "the condition is nested too deeply");
        let sum = format!("orders{} > 1", " + 1".repeat(2000));
        assert_eq!(error(&sum).message, "the condition is nested too deeply");
        let nots = format!("{}consent", "not ".repeat(2000));
        error(&nots);
        let chain = vec!["orders = 1"; 1500].join(" or ");
        assert_eq!(round(&chain).map(|t| t.len()), Ok(chain.len() + 2));
        let list = (0..50_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        let list = format!("orders in ({list})");
        assert_eq!(round(&list), Ok(list));
        let deep = format!("{}orders = 1 and total = 2{}", "not (".repeat(20), ")".repeat(20));
        assert!(round(&deep).is_ok());
    }
}
