//! Conditions in SQL, taken apart as far as it is simple: for plain words and for contradictions.
//!
//! This is not an SQL parser. What it does not know stays whole, as [`Condition::Other`].

use crate::define::project::{FeatureId, Part, Project, Target, Text};
use crate::define::words::named;

/// How deep brackets are followed.
const DEPTH_MAX: usize = 24;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::define) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// `subject op literal`
    Compare(Subject, Op, Literal),
    /// `subject IN (…)`
    OneOf(Subject, Vec<Literal>),
    /// `subject IS NULL`
    Missing(Subject),
    /// `subject BETWEEN … AND …`
    Between(Subject, Literal, Literal),
    /// Member of a cohort.
    Member(Target),
    /// `true`, `1 = 0` and their like.
    Always(bool),
    /// A subject that is true or false itself.
    Is(Subject),
    /// Anything else, as shown.
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::define) enum Subject {
    Feature(FeatureId),
    Column(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::define) enum Op {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Like,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::define) enum Literal {
    Number(f64, String),
    Text(String),
    Truth(bool),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Number(String),
    Text(String),
    Sign(String),
    Part(Part),
}

/// The condition that `text` is.
pub(in crate::define) fn parse(project: &Project, text: &Text) -> Condition {
    let tokens = tokens(text);
    Parser { project, tokens: &tokens, at: 0, depth: 0 }.whole()
}

fn tokens(text: &Text) -> Vec<Token> {
    let mut found = Vec::new();
    for part in &text.parts {
        match part {
            Part::Sql(sql) => of_sql(sql, &mut found),
            other => found.push(Token::Part(other.clone())),
        }
    }
    found
}

fn of_sql(sql: &str, found: &mut Vec<Token>) {
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let span = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let length = if c.is_whitespace() {
            span(char::is_whitespace)
        } else if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if c.is_ascii_digit() {
            let length = span(|c| c.is_ascii_digit() || c == '.');
            found.push(Token::Number(rest[..length].to_owned()));
            length
        } else if c.is_alphabetic() || c == '_' {
            let length = span(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
            found.push(Token::Word(rest[..length].to_owned()));
            length
        } else if matches!(c, '\'' | '"') {
            let (text, length) = quoted(rest, c);
            found.push(if c == '"' { Token::Quoted(text) } else { Token::Text(text) });
            length
        } else {
            let two = ["<=", ">=", "<>", "!=", "::", "||", "=="]
                .into_iter()
                .find(|s| rest.starts_with(s));
            let sign = two.unwrap_or(&rest[..c.len_utf8()]);
            found.push(Token::Sign(sign.to_owned()));
            sign.len()
        };
        rest = &rest[length..];
    }
}

/// The text in quotes that `rest` starts with, and how long it is with them.
fn quoted(rest: &str, quote: char) -> (String, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            text.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            text.push(quote);
            chars.next();
        } else {
            return (text, at + 1);
        }
    }
    (text, rest.len())
}

struct Parser<'a> {
    project: &'a Project,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn whole(mut self) -> Condition {
        let found = self.or();
        if self.at < self.tokens.len() { self.other(0, self.tokens.len()) } else { found }
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        matches!(self.tokens.get(at), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        matches!(self.tokens.get(at), Some(Token::Sign(s)) if s == sign)
    }

    fn or(&mut self) -> Condition {
        let mut parts = vec![self.and()];
        while self.is_word(self.at, "or") {
            self.at += 1;
            parts.push(self.and());
        }
        if parts.len() == 1 { parts.remove(0) } else { Condition::Or(parts) }
    }

    fn and(&mut self) -> Condition {
        let mut parts = vec![self.not()];
        while self.is_word(self.at, "and") {
            self.at += 1;
            parts.push(self.not());
        }
        if parts.len() == 1 { parts.remove(0) } else { Condition::And(parts) }
    }

    fn not(&mut self) -> Condition {
        let mut negated = false;
        while self.is_word(self.at, "not") {
            self.at += 1;
            negated = !negated;
        }
        let found = self.primary();
        if negated { Condition::Not(Box::new(found)) } else { found }
    }

    fn primary(&mut self) -> Condition {
        if self.is_sign(self.at, "(") && self.depth < DEPTH_MAX {
            let start = self.at;
            let close = self.closing(start);
            let ends = close.is_some_and(|close| {
                close + 1 == self.tokens.len()
                    || self.is_word(close + 1, "and")
                    || self.is_word(close + 1, "or")
                    || self.is_sign(close + 1, ")")
            });
            if let Some(close) = close.filter(|_| ends) {
                self.at += 1;
                self.depth += 1;
                let inner = self.or();
                self.depth -= 1;
                let whole = self.at == close;
                self.at = close + 1;
                return if whole { inner } else { self.other(start, close + 1) };
            }
        }
        let start = self.at;
        self.at = self.end_of_predicate(start);
        if self.at == start {
            self.at = self.tokens.len();
            return self.other(start, self.at);
        }
        self.predicate(start, self.at)
    }

    /// Where the bracket closes that opens at `at`.
    fn closing(&self, at: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (offset, token) in self.tokens[at..].iter().enumerate() {
            match token {
                Token::Sign(s) if s == "(" => depth += 1,
                Token::Sign(s) if s == ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at + offset);
            }
        }
        None
    }

    fn end_of_predicate(&self, start: usize) -> usize {
        let (mut depth, mut cases, mut between) = (0usize, 0usize, false);
        for at in start..self.tokens.len() {
            match &self.tokens[at] {
                Token::Sign(s) if s == "(" => depth += 1,
                Token::Sign(s) if s == ")" => match depth {
                    0 => return at,
                    _ => depth -= 1,
                },
                Token::Word(word) => match word.to_lowercase().as_str() {
                    "case" => cases += 1,
                    "end" => cases = cases.saturating_sub(1),
                    "between" => between = true,
                    "and" if depth == 0 && cases == 0 && between => between = false,
                    "and" | "or" if depth == 0 && cases == 0 => return at,
                    _ => {}
                },
                _ => {}
            }
        }
        self.tokens.len()
    }

    fn predicate(&self, start: usize, end: usize) -> Condition {
        self.simple(&self.tokens[start..end]).unwrap_or_else(|| self.other(start, end))
    }

    fn simple(&self, list: &[Token]) -> Option<Condition> {
        if let [Token::Part(Part::InCohort { cohort, member })] = list {
            let found = Condition::Member(*cohort);
            return Some(if *member { found } else { Condition::Not(Box::new(found)) });
        }
        if let [only] = list {
            return match literal(std::slice::from_ref(only)) {
                Some(Literal::Truth(truth)) => Some(Condition::Always(truth)),
                Some(_) => None,
                None => subject(only).map(Condition::Is),
            };
        }
        let words: Vec<String> = list
            .iter()
            .map(|token| match token {
                Token::Word(word) => word.to_lowercase(),
                Token::Sign(sign) => sign.clone(),
                _ => String::new(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match &words[1..] {
            ["is", "null"] => Some(Condition::Missing(subject(&list[0])?)),
            ["is", "not", "null"] => Some(not(Condition::Missing(subject(&list[0])?))),
            ["is", "true"] => Some(Condition::Is(subject(&list[0])?)),
            ["is", "false"] => Some(not(Condition::Is(subject(&list[0])?))),
            ["in", "(", .., ")"] => {
                Some(Condition::OneOf(subject(&list[0])?, literals(&list[3..list.len() - 1])?))
            }
            ["not", "in", "(", .., ")"] => {
                Some(not(Condition::OneOf(subject(&list[0])?, literals(&list[4..list.len() - 1])?)))
            }
            ["between", rest @ ..] => {
                let and = 2 + rest.iter().position(|word| *word == "and")?;
                let (low, high) = (literal(&list[2..and])?, literal(&list[and + 1..])?);
                Some(Condition::Between(subject(&list[0])?, low, high))
            }
            ["like", _] => {
                Some(Condition::Compare(subject(&list[0])?, Op::Like, literal(&list[2..])?))
            }
            ["not", "like", _] => {
                Some(not(Condition::Compare(subject(&list[0])?, Op::Like, literal(&list[3..])?)))
            }
            [sign, ..] => self.compare(&list[0], op(sign)?, &list[2..]),
            [] => None,
        }
    }

    fn compare(&self, first: &Token, op: Op, rest: &[Token]) -> Option<Condition> {
        let right = literal(rest)?;
        if let Some(left) = literal(std::slice::from_ref(first)) {
            return match (left, op, right) {
                (Literal::Number(a, _), Op::Equal, Literal::Number(b, _)) => {
                    Some(Condition::Always(a == b))
                }
                (Literal::Number(a, _), Op::Unequal, Literal::Number(b, _)) => {
                    Some(Condition::Always(a != b))
                }
                _ => None,
            };
        }
        let subject = subject(first)?;
        Some(match (op, &right) {
            (Op::Equal, Literal::Truth(true)) => Condition::Is(subject),
            (Op::Equal, Literal::Truth(false)) => not(Condition::Is(subject)),
            _ => Condition::Compare(subject, op, right),
        })
    }

    fn other(&self, start: usize, end: usize) -> Condition {
        let mut shown = String::new();
        for token in &self.tokens[start.min(end)..end] {
            let text = match token {
                Token::Word(text) | Token::Number(text) | Token::Sign(text) => text.clone(),
                Token::Quoted(text) => format!("\"{text}\""),
                Token::Text(text) => format!("'{}'", text.replace('\'', "''")),
                Token::Part(part) => named::part(self.project, part),
            };
            let tight = matches!(text.as_str(), ")" | "," | "::") || shown.ends_with(['(', ':']);
            let call = text == "(" && shown.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if !shown.is_empty() && !tight && !call {
                shown.push(' ');
            }
            shown.push_str(&text);
        }
        Condition::Other(shown)
    }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn subject(token: &Token) -> Option<Subject> {
    match token {
        Token::Part(Part::Ref(Target::Feature(id))) => Some(Subject::Feature(*id)),
        Token::Part(Part::Column(_, name)) => Some(Subject::Column(name.clone())),
        Token::Word(word) => Some(Subject::Column(word.to_lowercase())),
        Token::Quoted(name) => Some(Subject::Column(name.clone())),
        _ => None,
    }
}

fn op(sign: &str) -> Option<Op> {
    Some(match sign {
        "=" | "==" => Op::Equal,
        "<>" | "!=" => Op::Unequal,
        "<" => Op::Less,
        "<=" => Op::AtMost,
        ">" => Op::More,
        ">=" => Op::AtLeast,
        _ => return None,
    })
}

fn literal(tokens: &[Token]) -> Option<Literal> {
    match tokens {
        [Token::Number(text)] => Some(Literal::Number(text.parse().ok()?, text.clone())),
        [Token::Sign(minus), Token::Number(text)] if minus == "-" => {
            Some(Literal::Number(-text.parse::<f64>().ok()?, format!("-{text}")))
        }
        [Token::Text(text)] => Some(Literal::Text(text.clone())),
        [Token::Word(word)] if word.eq_ignore_ascii_case("true") => Some(Literal::Truth(true)),
        [Token::Word(word)] if word.eq_ignore_ascii_case("false") => Some(Literal::Truth(false)),
        _ => None,
    }
}

fn literals(tokens: &[Token]) -> Option<Vec<Literal>> {
    tokens.split(|token| matches!(token, Token::Sign(s) if s == ",")).map(literal).collect()
}
