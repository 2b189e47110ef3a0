//! Macros of the project, expanded as text before the text around them is evaluated.

use std::collections::HashMap;

use crate::define::project::Macro;

/// How long a text may become. In bytes.
const TEXT_MAX: usize = 1 << 20;
/// How much text all macros of a project may make. In bytes.
const TOTAL_MAX: usize = 64 << 20;
/// How deep macros may use macros.
const DEPTH_MAX: usize = 24;
/// How long a tag may be. In bytes.
const TAG_MAX: usize = 16 << 10;
/// How many macro calls one text may come to.
const CALLS_MAX: usize = 5_000;

/// Why a text could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::define) struct Fault {
    pub(in crate::define) message: String,
    /// What to look for in the text to find the line.
    pub(in crate::define) needle: String,
    pub(in crate::define) hint: Option<String>,
    /// The text says what it should; what it names is just not to be had here.
    pub(in crate::define) mild: bool,
}

impl Fault {
    pub(in crate::define) fn new(message: impl Into<String>, needle: impl Into<String>) -> Self {
        Self { message: message.into(), needle: needle.into(), hint: None, mild: false }
    }
}

/// The macros by package and name.
#[derive(Debug, Default)]
pub(in crate::define) struct Macros {
    /// By package, model and name; without a model those that hold everywhere in the package.
    by_name: HashMap<(usize, Option<String>, String), usize>,
    pub(in crate::define) all: Vec<Macro>,
    /// Why macros that are not read whole are not expanded.
    pub(in crate::define) faults: HashMap<usize, String>,
    /// The model whose texts are being read, in lower case.
    pub(in crate::define) within: Option<String>,
    /// How much text they made so far. In bytes.
    made: usize,
}

impl Macros {
    /// Adds a macro, unless its name is taken; then gives the place of the one that has it.
    pub(in crate::define) fn add(
        &mut self,
        package: usize,
        within: Option<String>,
        new: Macro,
    ) -> Result<(), usize> {
        let key = (package, within, new.name.clone());
        if let Some(at) = self.by_name.get(&key) {
            return Err(*at);
        }
        self.by_name.insert(key, self.all.len());
        self.all.push(new);
        Ok(())
    }

    /// The macro that `name` means in a package: one of the model at hand, of the package, of the
    /// project around it, or of a package that it uses.
    fn find(&self, package: usize, name: &str) -> Option<usize> {
        let of = |package: usize, within: Option<String>| {
            self.by_name.get(&(package, within, name.to_owned())).copied()
        };
        let own = self.within.clone().and_then(|model| of(package, Some(model)));
        let near = own.or_else(|| of(package, None)).or_else(|| of(0, None));
        near.or_else(|| self.all.iter().position(|made| made.name == name))
    }

    /// A macro without inputs, named without brackets.
    fn bare<'a>(&self, package: usize, said: &'a str) -> Option<(&'a str, &'a str)> {
        let at = self.find(package, said)?;
        self.all[at].inputs.is_empty().then_some((said, ""))
    }

    /// The text with every macro call replaced by what it stands for.
    pub(in crate::define) fn expand(
        &mut self,
        text: &str,
        package: usize,
    ) -> Result<String, Fault> {
        if self.all.is_empty() || !text.contains("{{") {
            return Ok(text.to_owned());
        }
        if self.made > TOTAL_MAX {
            return Err(Fault::new("the macros of the project produce too much text", ""));
        }
        let mut calls = 0;
        let made = self.expand_at(text, package, 0, &mut calls);
        self.made += made.as_ref().map_or(TEXT_MAX, |made| if calls > 0 { made.len() } else { 0 });
        made
    }

    fn expand_at(
        &mut self,
        text: &str,
        package: usize,
        depth: usize,
        calls: &mut usize,
    ) -> Result<String, Fault> {
        let mut out = String::with_capacity(text.len());
        for piece in pieces(text) {
            let call =
                piece.expression().and_then(|said| call(said).or_else(|| self.bare(package, said)));
            let found = call.and_then(|(name, args)| Some((self.find(package, name)?, name, args)));
            let Some((at, name, args)) = found else {
                out.push_str(piece.whole);
                continue;
            };
            *calls += 1;
            if depth >= DEPTH_MAX || *calls > CALLS_MAX {
                let message = format!("macro `{name}` never ends");
                return Err(Fault {
                    hint: Some("a macro must not use itself, directly or through others".into()),
                    ..Fault::new(message, name)
                });
            }
            self.all[at].used = true;
            if let Some(fault) = self.faults.get(&at) {
                return Err(Fault::new(format!("macro `{name}` is not fully read: {fault}"), name));
            }
            let inner = fill(&self.all[at], &arguments(args), name)?;
            out.push_str(&self.expand_at(&inner, package, depth + 1, calls)?);
            if out.len() > TEXT_MAX {
                let message =
                    format!("macro `{name}` produces more than {} KB of text", TEXT_MAX >> 10);
                return Err(Fault::new(message, name));
            }
        }
        Ok(out)
    }
}

/// The value of a macro with its inputs filled in.
fn fill(made: &Macro, arguments: &[String], name: &str) -> Result<String, Fault> {
    if arguments.len() != made.inputs.len() {
        let (takes, gets) = (made.inputs.len(), arguments.len());
        let plural = if takes == 1 { "" } else { "s" };
        let message =
            format!("macro `{name}` takes {takes} input{plural}, but here it gets {gets}");
        return Err(Fault::new(message, name));
    }
    let given = |word: &str| made.inputs.iter().position(|i| i == word).map(|at| &arguments[at]);
    let mut out = String::with_capacity(made.value.len());
    for piece in pieces(&made.value) {
        if let Some(argument) = piece.expression().and_then(given) {
            out.push_str(argument);
        } else if piece.is_tag() {
            out.push_str(&fill_tag(piece.whole, &given));
        } else {
            out.push_str(piece.whole);
        }
        if out.len() > TEXT_MAX {
            let message =
                format!("macro `{name}` produces more than {} KB of text", TEXT_MAX >> 10);
            return Err(Fault::new(message, name));
        }
    }
    Ok(out)
}

/// Inputs inside a longer tag, such as `{% if unit == "day" %}`, are values there. Inside a text of
/// a tag they stand as `{{input}}`.
fn fill_tag<'a>(tag: &str, given: &dyn Fn(&str) -> Option<&'a String>) -> String {
    let mut out = String::with_capacity(tag.len());
    for token in tokens(tag) {
        match token {
            Token::Text(text) if text.contains("{{") => {
                let inner = &text[1..text.len().max(2) - 1];
                let quote = &text[..1];
                out.push_str(quote);
                for piece in pieces(inner) {
                    out.push_str(piece.expression().and_then(given).map_or(piece.whole, |a| a));
                }
                out.push_str(quote);
            }
            Token::Word { word, member: false } if given(word).is_some() => {
                let value = given(word).map_or("", String::as_str);
                if value.parse::<f64>().is_ok_and(f64::is_finite) {
                    out.push_str(value);
                } else {
                    out.push_str(&quoted(value));
                }
            }
            other => out.push_str(other.whole()),
        }
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `name(arguments)`, when that is all the expression is.
fn call(expression: &str) -> Option<(&str, &str)> {
    let open = expression.find('(')?;
    let name = expression[..open].trim_end();
    let inner = expression[open + 1..].trim_end().strip_suffix(')')?;
    let word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (word && closes_at_the_end(inner)).then_some((name, inner))
}

/// No bracket of `inner` closes the one around it.
fn closes_at_the_end(inner: &str) -> bool {
    let mut depth = 0i32;
    for token in tokens(inner) {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// The arguments of a call, without the quotes of texts.
fn arguments(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut current, mut whole) = (String::new(), String::new());
    let mut depth = 0i32;
    for token in tokens(list) {
        match token {
            Token::Sign(',') if depth == 0 => {
                found.push(argument(std::mem::take(&mut current), std::mem::take(&mut whole)));
                continue;
            }
            Token::Sign('(' | '[') => depth += 1,
            Token::Sign(')' | ']') => depth -= 1,
            _ => {}
        }
        whole.push_str(token.whole());
        match token {
            Token::Text(text) if depth == 0 => current.push_str(&unquoted(text)),
            other => current.push_str(other.whole()),
        }
    }
    if !found.is_empty() || !list.trim().is_empty() {
        found.push(argument(current, whole));
    }
    found
}

/// One argument: as its tokens make it, unless it is one text with a template in it that has the
/// same quotes inside as around it (`'{{ user.Var('x') }}'`).
fn argument(made: String, whole: String) -> String {
    let whole = whole.trim();
    let quote = whole.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    let inner = quote.and_then(|q| whole.strip_prefix(q)?.strip_suffix(q));
    match inner {
        Some(inner) if inner.contains("{{") && tokens(whole).len() > 1 => inner.to_owned(),
        _ => match tokens(whole).as_slice() {
            // Space inside of quotes is part of the text: `', '`.
            [Token::Text(text)] => unquoted(text),
            _ => made.trim().to_owned(),
        },
    }
}

fn unquoted(text: &str) -> String {
    let quote = text.chars().next().unwrap_or('"');
    let inner = text.strip_prefix(quote).unwrap_or(text);
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\'' | '\\')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// A stretch of a template: plain text, or a tag with its braces.
#[derive(Debug, Clone, Copy)]
pub(in crate::define) struct Piece<'a> {
    pub(in crate::define) whole: &'a str,
    pub(in crate::define) kind: PieceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::define) enum PieceKind {
    Plain,
    /// `{{ … }}`
    Expression,
    /// `{% … %}`
    Statement,
    /// `{# … #}`
    Comment,
}

impl<'a> Piece<'a> {
    fn is_tag(&self) -> bool {
        matches!(self.kind, PieceKind::Expression | PieceKind::Statement)
    }

    /// What stands between `{{` and `}}`, without space and whitespace control.
    pub(in crate::define) fn expression(&self) -> Option<&'a str> {
        (self.kind == PieceKind::Expression).then(|| self.inner())
    }

    /// What stands between the braces of a tag.
    pub(in crate::define) fn inner(&self) -> &'a str {
        let inner = self.whole.get(2..self.whole.len().max(4) - 2).unwrap_or_default();
        inner.trim_start_matches('-').trim_end_matches('-').trim()
    }
}

/// The text in pieces. A tag that never ends, or is far too long, is plain text.
pub(in crate::define) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    // Once a kind of tag has no end, no later one of that kind has.
    let mut endless = [false; 3];
    while let Some(offset) = text[at..].find('{') {
        let open = at + offset;
        let (kind, end) = match text.as_bytes().get(open + 1) {
            Some(b'{') => (PieceKind::Expression, "}}"),
            Some(b'%') => (PieceKind::Statement, "%}"),
            Some(b'#') => (PieceKind::Comment, "#}"),
            _ => {
                at = open + 1;
                continue;
            }
        };
        let slot = kind as usize - 1;
        let close = if endless[slot] { None } else { tag_end(&text[open + 2..], end, kind) };
        let too_long = close.is_some_and(|close| kind != PieceKind::Comment && close > TAG_MAX);
        let Some(close) = close.filter(|_| !too_long) else {
            endless[slot] |= close.is_none();
            at = open + 2 + close.unwrap_or(0);
            continue;
        };
        if open > start {
            found.push(Piece { whole: &text[start..open], kind: PieceKind::Plain });
        }
        at = open + 2 + close + 2;
        start = at;
        found.push(Piece { whole: &text[open..at], kind });
    }
    if start < text.len() {
        found.push(Piece { whole: &text[start..], kind: PieceKind::Plain });
    }
    found
}

/// Where the tag ends that `text` is in: at the first `end` that is not inside quotes; if the quotes
/// do not close, at the first one at all.
fn tag_end(text: &str, end: &str, kind: PieceKind) -> Option<usize> {
    if kind == PieceKind::Comment {
        return text.find(end);
    }
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), b) if b == open => quote = None,
            (None, b @ (b'"' | b'\'')) => quote = Some(b),
            (None, _) if bytes[at..].starts_with(end.as_bytes()) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    text.find(end)
}

/// A token of what stands inside a tag.
#[derive(Debug, Clone, Copy)]
pub(in crate::define) enum Token<'a> {
    /// A name. A member when a dot precedes it.
    Word { word: &'a str, member: bool },
    /// A number.
    Number(&'a str),
    /// A quoted text with its quotes.
    Text(&'a str),
    /// White space.
    Space(&'a str),
    /// Any other character.
    Sign(char),
}

impl Token<'_> {
    pub(in crate::define) fn whole(&self) -> &str {
        match self {
            Self::Word { word: text, .. }
            | Self::Number(text)
            | Self::Text(text)
            | Self::Space(text) => text,
            Self::Sign(sign) => SIGNS.iter().find(|s| s.starts_with(*sign)).copied().unwrap_or(" "),
        }
    }
}

/// Signs that may stand in a tag; any other becomes a space.
const SIGNS: [&str; 30] = [
    "{", "}", "%", "#", "(", ")", "[", "]", ",", ".", ":", ";", "=", "!", "&", "|", "<", ">", "+",
    "-", "*", "/", "~", "@", "$", "^", "?", "\\", "\"", "'",
];

/// The tokens of what stands inside a tag.
pub(in crate::define) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut after_dot = false;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let span = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let (token, length) = if c.is_whitespace() {
            let length = span(char::is_whitespace);
            (Token::Space(&rest[..length]), length)
        } else if c.is_ascii_digit() {
            let length = span(|c| c.is_ascii_digit());
            (Token::Number(&rest[..length]), length)
        } else if c.is_alphanumeric() || c == '_' {
            let length = span(|c| c.is_alphanumeric() || c == '_');
            (Token::Word { word: &rest[..length], member: after_dot }, length)
        } else if matches!(c, '"' | '\'') {
            match text_end(rest, c) {
                Some(length) => (Token::Text(&rest[..length]), length),
                None => (Token::Sign(c), 1),
            }
        } else {
            (Token::Sign(c), c.len_utf8())
        };
        after_dot = matches!(token, Token::Sign('.'));
        found.push(token);
        at += length;
    }
    found
}

fn text_end(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::define::place::Place;

    fn with(macros: &[(&str, &[&str], &str)]) -> Macros {
        let mut made = Macros::default();
        for (name, inputs, value) in macros {
            let place = Place::new(&Path::new("m.yaml").into(), 1);
            let inputs = inputs.iter().map(|i| (*i).to_owned()).collect();
            let (name, value) = ((*name).to_owned(), (*value).to_owned());
            made.add(0, None, Macro { name, package: None, inputs, value, used: false, place })
                .unwrap();
        }
        made
    }

    #[test]
    fn quoted_nested_templates_are_arguments() {
        let mut macros = with(&[("days", &["a", "b"], "datediff(day, {{a}}, {{ b }})")]);
        assert_eq!(
            macros.expand(r#"{{days('{{user.Var("seen")}}', "now")}} > 3"#, 0).unwrap(),
            r#"datediff(day, {{user.Var("seen")}}, now) > 3"#
        );
        assert_eq!(
            macros.expand(r#"{{days("{{user.Var(\"a\")}}", 7)}}"#, 0).unwrap(),
            r#"datediff(day, {{user.Var("a")}}, 7)"#
        );
        assert!(macros.all[0].used);
    }

    #[test]
    fn inputs_inside_longer_tags_are_values() {
        let mut macros = with(&[(
            "unit",
            &["n", "of"],
            "{% if of == \"day\" %}{{n}}{% else %}{{user.Var(n)}}{% endif %}",
        )]);
        assert_eq!(
            macros.expand("{{unit('x', day)}}", 0).unwrap(),
            "{% if \"day\" == \"day\" %}x{% else %}{{user.Var(\"x\")}}{% endif %}"
        );
    }

    #[test]
    fn macros_use_macros_and_endless_ones_are_stopped() {
        let mut macros = with(&[
            ("a", &["x"], "{{b('{{x}}')}}"),
            ("b", &["x"], "<{{x}}>"),
            ("loop1", &[], "{{loop2()}}"),
            ("loop2", &[], "{{loop1()}}{{loop1()}}"),
        ]);
        assert_eq!(macros.expand("{{ a('q') }}", 0).unwrap(), "<q>");
        let fault = macros.expand("{{ loop1() }}", 0).unwrap_err();
        assert_eq!(fault.message, "macro `loop1` never ends");
        assert_eq!(
            macros.expand("{{ b() }}", 0).unwrap_err().message,
            "macro `b` takes 1 input, but here it gets 0"
        );
    }

    #[test]
    fn macros_that_only_grow_are_stopped() {
        let many: Vec<(String, String)> =
            (0..20).map(|n| (format!("m{n}"), format!("{{{{m{}()}}}}", n + 1).repeat(9))).collect();
        let list: Vec<(&str, &[&str], &str)> = many
            .iter()
            .map(|(name, value)| (name.as_str(), &[] as &[&str], value.as_str()))
            .collect();
        assert!(with(&list).expand("{{m0()}}", 0).unwrap_err().message.contains("never ends"));
    }

    #[test]
    fn open_tags_are_plain_text() {
        let whole: String = pieces("a {{ b {% c {# d").iter().map(|p| p.whole).collect();
        assert_eq!(whole, "a {{ b {% c {# d");
        assert_eq!(pieces("{{ \"}}\" }}x")[0].whole, "{{ \"}}\" }}");
        assert_eq!(pieces(&"{{".repeat(50_000)).len(), 1);
    }
}
