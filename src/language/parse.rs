//! The typed condition, read into a clause tree: tokens, syntax and what to say about mistakes.
//! [`super::conditions`] and [`super::expressions`] give the syntax its meaning.

use super::conditions::Reader;
use super::functions::VIA;
use super::mistakes;
use super::names::RowsOf;
use super::normal::normalise;
use super::scope::{ParseError, Places, Scope};
use crate::model::catalog::Table;
use crate::model::clause::Tree;
use sqlparser::ast::Expr as Sql;
use sqlparser::dialect::{Dialect, DuckDbDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use std::any::TypeId;

/// Nested parentheses and calls that are read before giving up.
const DEPTH: usize = 300;

/// Words and signs, constants and commas not counted, that are read before giving up. It bounds
/// the memory that a chain such as `a + a + a …` takes; lists of values may be as long as they are.
const TOKENS: usize = 6_000;

/// Reads a condition. Blank text keeps everyone. The tree is in the form that
/// [`normalise`] gives.
///
/// # Errors
/// When it is not a boolean expression over the names of `scope`.
pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Tree, ParseError> {
    read(text, scope, RowsOf::Entity).map(|tree| normalise(&tree))
}

/// Reads a condition on the rows of a related table, as it stands in the filter of a figure. Blank
/// text keeps every row.
///
/// # Errors
/// When it is not a boolean expression over the columns of `table`.
pub fn parse_rows(text: &str, table: &Table, scope: &Scope<'_>) -> Result<Tree, ParseError> {
    read(text, scope, RowsOf::Related(table))
}

fn read(text: &str, scope: &Scope<'_>, rows: RowsOf<'_>) -> Result<Tree, ParseError> {
    if text.trim().is_empty() {
        return Ok(Tree::everyone());
    }
    let places = Places::of(text);
    let syntax = syntax(text, &places)?;
    Reader { scope: *scope, places: &places }.tree(&syntax, rows)
}

fn syntax(text: &str, places: &Places) -> Result<Sql, ParseError> {
    let mut tokens = Tokenizer::new(&Condition, text)
        .tokenize_with_location()
        .map_err(|error| mistakes::of_tokens(&error, places))?;
    let weight = tokens.iter().filter(|t| counts(&t.token)).count();
    if weight > TOKENS {
        return Err(ParseError {
            message: "the condition is too long".to_owned(),
            at: None,
            hint: "write long lists as x in ('a', 'b', …)".to_owned(),
        });
    }
    singular_quarters(&mut tokens);
    via_as_operator(&mut tokens);
    let mut parser =
        Parser::new(&Condition).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    let found = parser.parse_expr().map_err(|error| mistakes::of_parser(&error, places))?;
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

/// `count(returns via refunded_id)`: between two names and before the end of a call, `via` is no
/// name but joins them.
fn via_as_operator(tokens: &mut [TokenWithSpan]) {
    let told: Vec<usize> =
        (0..tokens.len()).filter(|i| !matches!(tokens[*i].token, Token::Whitespace(_))).collect();
    let name = |i: usize| matches!(tokens[told[i]].token, Token::Word(_));
    let dot = |i: usize| tokens[told[i]].token == Token::Period;
    let mut found = Vec::new();
    for i in 1..told.len().saturating_sub(2) {
        let via = matches!(&tokens[told[i]].token, Token::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("via"));
        let mut before = i - 1;
        while before > 1 && name(before) && dot(before - 1) {
            before -= 2;
        }
        let opens = before > 0
            && match &tokens[told[before - 1]].token {
                Token::LParen => true,
                Token::Word(word) => word.value.eq_ignore_ascii_case("distinct"),
                _ => false,
            };
        let mut after = i + 1;
        while after + 2 < told.len() && name(after) && dot(after + 1) {
            after += 2;
        }
        let closes = after + 1 < told.len() && tokens[told[after + 1]].token == Token::RParen;
        if via && name(i - 1) && opens && name(after) && closes {
            found.push(told[i]);
        }
    }
    for i in found {
        tokens[i].token = Token::CustomBinaryOperator(VIA.to_owned());
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
    use super::super::examples;
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
        for (text, printed) in examples::WRITTEN.iter().copied() {
            assert_eq!(round(text).as_deref(), Ok(printed), "{text}");
            assert_eq!(round(printed).as_deref(), Ok(printed), "{printed}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_remedy() {
        for (text, message, at, hint) in examples::MISTAKES.iter().copied() {
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
        let deep = "(orders = 1 and (orders = 2 or ".repeat(25) + "orders = 3" + &"))".repeat(25);
        assert!(round(&deep).is_ok());
        let deep =
            "(not (orders = 1 or total = 2 and ".repeat(25) + "orders = 3" + &"))".repeat(25);
        assert!(round(&deep).is_ok());
    }

    #[test]
    fn any_word_can_be_a_name() {
        let mut catalog = catalog();
        let words: Vec<String> =
            sqlparser::keywords::ALL_KEYWORDS.iter().map(|word| word.to_lowercase()).collect();
        let columns: Vec<_> =
            words.iter().map(|word| super::super::arbitrary::column(word, "DOUBLE")).collect();
        catalog.entities[0].features = columns.clone();
        let mut table = catalog.tables[0].clone();
        table.columns = columns;
        for word in &words {
            table.name = word.clone();
            catalog.tables = vec![table.clone()];
            let name = super::super::identifier(word);
            for text in [
                format!("{name} = 1"),
                format!("{name} is null and {name} in (1)"),
                format!("({name} between {name} and {name}) is not true"),
                format!("not ({name} < {name} + {name})"),
                format!("abs({name}) is distinct from 1"),
                format!("count({name}) > 1 and sum({name}.{name}) filter (where {name} = 1) > 2"),
                format!("count(distinct {name}.{name}) - {name} > 1"),
            ] {
                let read = parse(&text, &scope(&catalog)).map(|tree| print(&tree));
                assert_eq!(read.as_ref(), Ok(&text), "{word}");
            }
        }
    }

    #[test]
    fn hostile_nesting_is_answered() {
        for unit in [
            "(",
            "not (",
            "case ",
            "case when ",
            "interval ",
            "cast(",
            "[",
            "lower(",
            "in (",
            "- ",
            "count(",
            "count(orders) filter (where ",
            "date ",
            "extract(",
            "off(",
            "exists(",
            "orders in (",
            "orders between ",
            "array[",
            "trim(",
            "position(",
            "{",
            "a.",
            "struct(",
        ] {
            for times in [10, 60, 1000] {
                for end in ["", "orders = 1", ")"] {
                    let text = format!("{}{end}", unit.repeat(times));
                    let catalog = catalog();
                    let read = parse(&text, &scope(&catalog));
                    assert!(read.is_err() || times < 1000, "{text}");
                }
            }
        }
        let deep = format!("case when orders{} > 1 then true end", " + 1".repeat(2900));
        error(&deep);
        let deep = format!("orders{} > 1", "::int".repeat(2900));
        error(&deep);
        let deep = format!("lower(country) over (order by orders{}) = 'a'", " + 1".repeat(2900));
        error(&deep);
    }
}
