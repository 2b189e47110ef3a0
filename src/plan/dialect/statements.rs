//! Statements of models: which are carried out.

use sqlparser::dialect::DuckDbDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

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
pub(in crate::plan) fn other_than_tables(sql: &str) -> Option<String> {
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
