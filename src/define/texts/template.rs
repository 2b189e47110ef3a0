//! Texts of a project evaluated: macros, templates and bare names become text and references.
//!
//! Templates are written for a Go engine that is close to Jinja. What differs is rewritten first
//! (`!`, `&&`, `||`, `nil`, `|filter:argument`, `with a=1 b=2`, `exec`), and what the Go program
//! lends to a template is in `surface.rs`. A template cannot read a file but those handed to the
//! reader, cannot include another, and its steps, its output and the growth of its texts are
//! bounded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, Output, State, Value};

use crate::define::names::{Names, Scope};
use crate::define::place::{Place, Written};
use crate::define::project::{Owner, Part, Target, Text};
use crate::define::report::{Report, with_hint};
use crate::define::texts::macros::{Fault, Macros, PieceKind, Token, pieces, tokens};
use crate::define::texts::surface::{Home, MARK, Requests, Root, file_from};
use crate::define::texts::unbraced::{bare_names, unknown_words};

/// Steps that a template may take beyond those of straight reading.
const STEPS_MAX: u64 = 20_000;
/// What a template may write in all. In bytes.
const WRITTEN_MAX: usize = 2 << 20;
/// What all templates of a project may write. In bytes.
const TOTAL_MAX: usize = 256 << 20;
/// How many templates with repeats get all their steps.
const REPEATING_MAX: usize = 1_000;
/// How often files may read files.
const FILES_DEEP: usize = 3;
/// How long a template may be. In bytes.
const TEMPLATE_MAX: usize = 1 << 20;
/// What evaluates the texts of a project.
pub(in crate::define) struct Evaluator {
    pub(in crate::define) names: Arc<Names>,
    pub(in crate::define) macros: Macros,
    files: Arc<HashMap<PathBuf, String>>,
    /// Templates with repeats so far: after many of them each may take few steps only.
    repeating: usize,
    /// What templates wrote so far. In bytes.
    written: usize,
}

impl Evaluator {
    pub(in crate::define) fn new(
        names: Arc<Names>,
        macros: Macros,
        files: HashMap<PathBuf, String>,
    ) -> Self {
        Self { names, macros, files: Arc::new(files), repeating: 0, written: 0 }
    }

    /// `written` as evaluated in `scope`. What is wrong is reported, and the rest still stands.
    pub(in crate::define) fn text(
        &mut self,
        written: &Written,
        scope: &Scope,
        report: &mut Report,
    ) -> Text {
        let mut text = Text {
            written: written.text.clone(),
            parts: Vec::new(),
            also: Vec::new(),
            place: written.place.clone(),
        };
        let clean = self.with_files(without_marks(&written.text), &folder_of(&written.place));
        let made = self.macros.expand(&clean, scope.package);
        let made = made.and_then(|expanded| self.evaluate(&expanded, written, scope, report));
        match made {
            Ok((parts, also)) => {
                text.parts = parts;
                text.also = also;
            }
            Err(fault) => {
                fault_found(&fault, written, report);
                text.parts = vec![Part::Broken(fault.message)];
            }
        }
        let old = self.names.bare.get(scope.package).copied().unwrap_or(false);
        if old || scope.of_vars {
            bare_names(&mut text.parts, &self.names, scope);
        } else if scope.from.is_some() {
            // Vars of rows are columns of them.
            let of_rows = Scope { entity: None, ..*scope };
            bare_names(&mut text.parts, &self.names, &of_rows);
        }
        if scope.of_vars {
            self.unknown_vars(&mut text, scope, report);
        }
        text
    }

    /// The text with the files that it reads whole in their places, as far as templates stand in
    /// them: what is in a file means what it would mean in the text.
    fn with_files(&self, text: String, folder: &Path) -> String {
        let mut text = text;
        for _ in 0..FILES_DEEP {
            if !text.contains("ReadFile") {
                break;
            }
            let mut out = String::with_capacity(text.len());
            for piece in pieces(&text) {
                let read = piece.expression().and_then(file_read);
                let read = read.and_then(|path| file_from(&self.files, folder, path));
                match read.filter(|read| read.contains("{{") || read.contains("{%")) {
                    Some(read) if out.len() + read.len() < TEMPLATE_MAX => {
                        out.push_str(&without_marks(read));
                    }
                    _ => out.push_str(piece.whole),
                }
            }
            if out == text {
                break;
            }
            text = out;
        }
        text
    }

    /// Words that are not vars, though only vars can stand there.
    fn unknown_vars(&self, text: &mut Text, scope: &Scope, report: &mut Report) {
        let Some(entity) = scope.entity else { return };
        let open = self.names.open_entities.contains(&entity);
        let name = &self.names.entities[entity.0].name;
        for word in unknown_words(&text.parts, &self.names, entity) {
            let nearest = self.names.nearest_var(&[Owner::Entity(entity)], &word);
            let message = format!("`{name}` has no feature `{word}`");
            let fault = Fault { mild: open || nearest.is_none(), ..Fault::new(message, &word) };
            let hint = nearest.map(|near| format!("perhaps `{near}` is meant"));
            if !fault.mild {
                text.parts.push(Part::Unknown(word));
            }
            fault_found(
                &Fault { hint, ..fault },
                &Written::new(&*text.written, &text.place),
                report,
            );
        }
    }

    fn evaluate(
        &mut self,
        source: &str,
        written: &Written,
        scope: &Scope,
        report: &mut Report,
    ) -> Result<(Vec<Part>, Vec<Target>), Fault> {
        if !["{{", "{%", "{#"].iter().any(|open| source.contains(open)) {
            return Ok((vec![Part::Sql(source.to_owned())], Vec::new()));
        }
        if source.len() > TEMPLATE_MAX {
            let message = format!("a template is longer than {} KB", TEMPLATE_MAX >> 10);
            return Err(Fault::new(message, ""));
        }
        let (template, repeats) = translate(source)?;
        let home = Home { folder: folder_of(&written.place) };
        let requests =
            Arc::new(Requests::new(Arc::clone(&self.names), *scope, Arc::clone(&self.files), home));
        if template.contains("set executed") {
            requests.mild(
                "the SQL inside `exec` is not run".into(),
                "exec",
                "what the template reads from its result is missing",
            );
        }
        self.repeating += usize::from(repeats);
        if self.written > TOTAL_MAX {
            return Err(Fault::new("the templates of the project produce too much text", ""));
        }
        let steps = if self.repeating > REPEATING_MAX { 500 } else { STEPS_MAX };
        let rendered = render(&template, repeats.then_some(steps), &requests);
        self.written += requests.written(0) + rendered.as_ref().map_or(0, String::len);
        let log = requests.take();
        for fault in &log.faults {
            fault_found(fault, written, report);
        }
        let text = rendered.map_err(|error| render_fault(&error))?;
        Ok((split(&text, &log.parts), log.also))
    }
}

/// The path in `this.ReadFile("path")`, when that is all the expression is.
fn file_read(expression: &str) -> Option<&str> {
    let inner = expression.strip_prefix("this.ReadFile")?.trim();
    let inner = inner.strip_prefix('(')?.strip_suffix(')')?.trim();
    let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let path = inner.strip_prefix(quote)?.strip_suffix(quote)?;
    (!path.contains(quote)).then_some(path)
}

fn folder_of(place: &Place) -> PathBuf {
    place.file.parent().unwrap_or_else(|| Path::new("")).to_path_buf()
}

fn without_marks(text: &str) -> String {
    if text.contains(MARK) { text.replace(MARK, "\u{FFFD}") } else { text.to_owned() }
}

fn fault_found(fault: &Fault, written: &Written, report: &mut Report) {
    let at = if fault.needle.is_empty() { None } else { written.text.find(&fault.needle) };
    let lines = at.map_or(0, |at| written.text[..at].matches('\n').count());
    let place = written.place.below(lines as u64);
    let message = fault.message.clone();
    let found =
        if fault.mild { report.warning(&place, message) } else { report.error(&place, message) };
    report.add(with_hint(found, fault.hint.clone()));
}

fn render(template: &str, repeats: Option<u64>, requests: &Arc<Requests>) -> Result<String, Error> {
    let mut environment = Environment::empty();
    let tags = template.matches("{{").count() + template.matches("{%").count();
    let straight = 64 * tags as u64 + 4 * template.len() as u64;
    // What repeats may take the fewer steps the longer it is, so that its output stays bounded.
    let fuel = match repeats {
        Some(steps) => steps.min((64 << 20) / template.len().max(1) as u64).max(500),
        None => STEPS_MAX + straight,
    };
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(60);
    let desk_of_output = Arc::clone(requests);
    environment.set_formatter(move |out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value| {
        let text =
            if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() };
        if desk_of_output.written(text.len()) > WRITTEN_MAX {
            return Err(Error::new(ErrorKind::WriteFailure, "it writes too much"));
        }
        out.write_str(&text).map_err(Error::from)
    });
    add_filters(&mut environment);
    let root = Value::from_object(Root(Arc::clone(requests)));
    let text = environment.render_str(template, root)?;
    Ok(text)
}

/// Only filters that cannot make a long text from short ones.
fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("isnil", |value: &Value| !value.is_true());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("trim", |text: String| text.trim().to_owned());
    environment.add_filter("safe", |value: Value| value);
    environment.add_filter("length", |value: &Value| value.len().unwrap_or(0));
    environment.add_filter("first", |value: &Value| {
        value.get_item_by_index(0).unwrap_or(Value::UNDEFINED)
    });
    environment.add_filter("last", |value: &Value| {
        let end = value.len().unwrap_or(0).saturating_sub(1);
        value.get_item_by_index(end).unwrap_or(Value::UNDEFINED)
    });
    environment.add_filter("capfirst", |text: String| {
        let mut rest = text.chars();
        rest.next().map_or_else(String::new, |c| c.to_uppercase().chain(rest).collect())
    });
    environment.add_filter("cut", |text: String, what: String| match what.is_empty() {
        true => text,
        false => text.replace(&what, ""),
    });
    environment.add_filter("split", |text: String, at: String| -> Vec<String> {
        text.split(at.as_str()).map(str::to_owned).collect()
    });
    environment.add_filter("join", |list: Vec<Value>, with: String| -> Result<String, Error> {
        if list.len().saturating_mul(with.len()) > WRITTEN_MAX {
            return Err(Error::new(ErrorKind::WriteFailure, "it writes too much"));
        }
        Ok(list.iter().map(Value::to_string).collect::<Vec<_>>().join(&with))
    });
    environment.add_filter("float", |text: String| text.trim().parse::<f64>().unwrap_or(0.0));
    environment.add_filter("default_if_none", |value: Value, other: Value| {
        if value.is_none() || value.is_undefined() { other } else { value }
    });
    environment.add_filter("divisibleby", |value: i64, by: i64| by != 0 && value % by == 0);
    environment.add_filter("integer", |text: String| text.trim().parse::<i64>().unwrap_or(0));
    environment.add_filter("default", |value: Value, other: Option<Value>| {
        if value.is_true() { value } else { other.unwrap_or(Value::UNDEFINED) }
    });
}

fn render_fault(error: &Error) -> Fault {
    match error.kind() {
        ErrorKind::OutOfFuel => Fault {
            hint: Some("it takes more steps than a template may; a loop may be endless".into()),
            ..Fault::new("a template never ends", "{%")
        },
        ErrorKind::WriteFailure => Fault {
            hint: Some("a loop may write far more than it should".into()),
            ..Fault::new(
                format!("a template produces more than {} MB of text", WRITTEN_MAX >> 20),
                "{%",
            )
        },
        _ => {
            let detail = error.detail().map(str::to_owned);
            let said = detail.unwrap_or_else(|| error.kind().to_string());
            Fault::new(format!("a template cannot be evaluated: {said}"), "{")
        }
    }
}

/// Evaluated text cut at the marks into the parts that they number.
fn split(text: &str, parts: &[Part]) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut push = |part: Part| match (found.last_mut(), part) {
        (Some(Part::Sql(before)), Part::Sql(more)) => before.push_str(&more),
        (_, part) => found.push(part),
    };
    let mut rest = text;
    while let Some(open) = rest.find(MARK[0]) {
        if open > 0 {
            push(Part::Sql(rest[..open].to_owned()));
        }
        let after = &rest[open + MARK[0].len_utf8()..];
        let Some(close) = after.find(MARK[1]) else { break };
        let part = after[..close].parse().ok().and_then(|n: usize| parts.get(n));
        if let Some(part) = part {
            push(part.clone());
        }
        rest = &after[close + MARK[1].len_utf8()..];
    }
    if !rest.is_empty() {
        push(Part::Sql(rest.replace(MARK, "")));
    }
    found
}

/// The template as this engine writes it, and whether anything in it may repeat.
fn translate(source: &str) -> Result<(String, bool), Fault> {
    let mut out = String::with_capacity(source.len() + 32);
    let mut growth = Growth::default();
    let mut in_comment = false;
    for piece in pieces(source) {
        let word = piece.inner().split_whitespace().next().unwrap_or_default();
        let statement = piece.kind == PieceKind::Statement;
        if in_comment {
            in_comment = !(statement && word == "endcomment");
            continue;
        }
        match piece.kind {
            PieceKind::Plain => {
                let open = ["{{", "{%", "{#"].into_iter().find(|open| piece.whole.contains(open));
                if let Some(open) = open {
                    return Err(Fault::new(
                        format!("a tag that starts with `{open}` never ends"),
                        open,
                    ));
                }
                out.push_str(piece.whole);
            }
            PieceKind::Comment => {}
            PieceKind::Statement if word == "comment" => in_comment = true,
            PieceKind::Statement if matches!(word, "autoescape" | "endautoescape") => {}
            PieceKind::Statement
                if matches!(word, "include" | "import" | "extends" | "ssi" | "from") =>
            {
                return Err(Fault::new(format!("a template cannot use `{word}`"), word));
            }
            PieceKind::Statement | PieceKind::Expression => {
                growth.look_at(piece.inner())?;
                rewrite(piece.whole, piece.inner(), statement, &mut out);
            }
        }
    }
    growth.check(source.len())?;
    Ok((out, growth.repeats))
}

/// How much longer than its template a text can become by calculation inside tags.
#[derive(Default)]
struct Growth {
    factor: f64,
    has_macro: bool,
    repeats: bool,
}

impl Growth {
    fn look_at(&mut self, inner: &str) -> Result<(), Fault> {
        let all: Vec<Token<'_>> =
            tokens(inner).into_iter().filter(|t| !matches!(t, Token::Space(_))).collect();
        if all.iter().any(|token| matches!(token, Token::Sign('"' | '\''))) {
            return Err(Fault::new("a quote inside a tag is not closed", inner.trim()));
        }
        self.has_macro |= matches!(all.first(), Some(Token::Word { word: "macro" | "call", .. }));
        self.repeats |=
            self.has_macro || matches!(all.first(), Some(Token::Word { word: "for", .. }));
        let mut run = 0;
        for (at, token) in all.iter().enumerate() {
            let unary =
                matches!(token, Token::Sign('!' | '-' | '+') | Token::Word { word: "not", .. });
            run = if unary { run + 1 } else { 0 };
            if run > 20 {
                return Err(Fault::new("a template repeats an operator too often", ""));
            }
            match token {
                Token::Sign('+' | '~') => self.grow(2.0),
                Token::Sign('*') => {
                    let before = at.checked_sub(1).and_then(|at| all.get(at)).and_then(number);
                    let factor = before.or_else(|| all.get(at + 1).and_then(number));
                    self.grow(factor.unwrap_or(f64::INFINITY));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn grow(&mut self, by: f64) {
        self.factor = self.factor.max(1.0) * by.max(1.0);
    }

    fn check(&self, length: usize) -> Result<(), Fault> {
        let too_long = self.factor * length as f64 > (4 << 20) as f64;
        if self.factor > 1.0 && (too_long || self.has_macro) {
            let hint = Some("calculate in SQL, outside the braces".to_owned());
            return Err(Fault {
                hint,
                ..Fault::new("a template calculates too much inside its tags", "")
            });
        }
        Ok(())
    }
}

fn number(token: &Token<'_>) -> Option<f64> {
    match token {
        Token::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// One tag rewritten.
fn rewrite(whole: &str, inner: &str, statement: bool, out: &mut String) {
    let [open, close] = if statement { ["{%", "%}"] } else { ["{{", "}}"] };
    let trims = [
        whole.starts_with("{%-") || whole.starts_with("{{-"),
        whole.ends_with("-%}") || whole.ends_with("-}}"),
    ];
    out.push_str(open);
    out.push_str(if trims[0] { "- " } else { " " });
    let list = tokens(inner);
    let first = list.iter().position(|t| matches!(t, Token::Word { .. })).unwrap_or(0);
    let keyword = match list.get(first) {
        Some(Token::Word { word, .. }) if statement => *word,
        _ => "",
    };
    match keyword {
        "exec" => out.push_str("set executed"),
        "endexec" => out.push_str("endset"),
        "elseif" => {
            out.push_str("elif ");
            operators(&list[first + 1..], out);
        }
        "with" => {
            out.push_str("with ");
            with_commas(&list[first + 1..], out);
        }
        "macro" => {
            let end = list.iter().rposition(|t| matches!(t, Token::Word { word: "export", .. }));
            operators(&list[..end.unwrap_or(list.len())], out);
        }
        _ => operators(&list, out),
    }
    out.push_str(if trims[1] { " -" } else { " " });
    out.push_str(close);
}

/// `a=1 b=2` with the comma that this engine wants between them.
fn with_commas(list: &[Token<'_>], out: &mut String) {
    let starts = |at: usize| {
        matches!(list[at], Token::Word { member: false, .. })
            && matches!(next_solid(list, at + 1), Some((after, Token::Sign('=')))
                if !matches!(list.get(after + 1), Some(Token::Sign('='))))
    };
    let mut from = 0;
    let mut depth = 0i32;
    for at in 0..list.len() {
        match list[at] {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if at == 0 || depth != 0 || !starts(at) {
            continue;
        }
        operators(&list[from..at], out);
        let before = list[..at].iter().rev().find(|t| !matches!(t, Token::Space(_)));
        if before.is_some() && !matches!(before, Some(Token::Sign(','))) {
            out.push_str(", ");
        }
        from = at;
    }
    operators(&list[from..], out);
}

fn next_solid<'a>(list: &'a [Token<'a>], from: usize) -> Option<(usize, Token<'a>)> {
    let at = (from..list.len()).find(|at| !matches!(list[*at], Token::Space(_)))?;
    Some((at, list[at]))
}

/// Operators and words of the Go engine as this one writes them.
fn operators(list: &[Token<'_>], out: &mut String) {
    let mut at = 0;
    while at < list.len() {
        let next = list.get(at + 1);
        at += 1;
        match (list[at - 1], next) {
            (Token::Sign('&'), Some(Token::Sign('&'))) => {
                out.push_str(" and ");
                at += 1;
            }
            (Token::Sign('|'), Some(Token::Sign('|'))) => {
                out.push_str(" or ");
                at += 1;
            }
            (Token::Sign('!'), next) if !matches!(next, Some(Token::Sign('='))) => {
                out.push_str(" not ")
            }
            (Token::Sign('!'), _) => {
                out.push_str("!=");
                at += 1;
            }
            (Token::Sign('|'), _) => at = filter(list, at, out),
            (Token::Word { word: "nil" | "null" | "NULL" | "Nil", member: false }, _) => {
                out.push_str("none")
            }
            (Token::Word { word: "True", member: false }, _) => out.push_str("true"),
            (Token::Word { word: "False", member: false }, _) => out.push_str("false"),
            (Token::Word { word: "forloop", member: false }, _) => out.push_str("loop"),
            (Token::Word { word, member: true }, _) => out.push_str(match word {
                "Counter" => "index",
                "Counter0" => "index0",
                "First" => "first",
                "Last" => "last",
                _ => word,
            }),
            (token, _) => out.push_str(token.whole()),
        }
    }
}

/// `|name:argument` as `|name(argument)`. Gives the place after it.
fn filter(list: &[Token<'_>], from: usize, out: &mut String) -> usize {
    out.push('|');
    let Some((name, Token::Word { word, .. })) = next_solid(list, from) else { return from };
    out.push_str(word);
    let Some((colon, Token::Sign(':'))) = next_solid(list, name + 1) else { return name + 1 };
    let Some((argument, token)) = next_solid(list, colon + 1) else { return colon + 1 };
    out.push('(');
    out.push_str(token.whole());
    out.push(')');
    argument + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &str) -> Result<String, String> {
        let mut report = Report::default();
        let mut evaluator = Evaluator::new(Arc::default(), Macros::default(), HashMap::new());
        let written = Written::new(source, &Place::new(&Path::new("a.yaml").into(), 1));
        let text = evaluator.text(&written, &Scope::default(), &mut report);
        let found = report.into_findings();
        match found.first() {
            Some(found) => Err(found.message.clone()),
            None => Ok(text
                .parts
                .iter()
                .map(|p| match p {
                    Part::Sql(sql) => sql.clone(),
                    other => format!("<{other:?}>"),
                })
                .collect()),
        }
    }

    #[test]
    fn the_go_flavour_is_understood() {
        assert_eq!(plain("{% if !nil && 1 == 1 || false %}a{% else %}b{% endif %}").unwrap(), "a");
        assert_eq!(plain("{% with a=1 b=\"x\" %}{{a}}{{b}}{% endwith %}").unwrap(), "1x");
        assert_eq!(plain("{% with a=1, b=2 %}{{ b }}{% endwith %}").unwrap(), "2");
        assert_eq!(
            plain("{% set x = \"q\" %}{# no #}{{x|upper}}{{nil|default:\"d\"}}").unwrap(),
            "Qd"
        );
        let listed =
            "{% for x in \"a,b\"|split:\",\" %}{{x|capfirst}}{% endfor %}{{ [1,2]|join:\"; \" }}";
        assert_eq!(plain(listed).unwrap(), "AB1; 2");
        assert_eq!(plain("{{ \"a-b\"|cut:\"-\" }}{{ [1, 2]|last }}").unwrap(), "ab2");
        assert_eq!(plain("{% comment %}{{ broken {% endcomment %}k").unwrap(), "k");
        let exec = plain("{% exec %}drop it{% endexec %}k").unwrap_err();
        assert_eq!(exec, "the SQL inside `exec` is not run");
        assert_eq!(
            plain("{% for x in [1,2] %}{{x}}{% if !forloop.Last %},{% endif %}{% endfor %}")
                .unwrap(),
            "1,2"
        );
        assert_eq!(plain("a {%- if nil|isnil -%} b {%- endif %} c").unwrap(), "ab c");
        assert_eq!(
            plain("{{warehouse.DatabaseType()}} {{warehouse.DataType(\"float\")}}").unwrap(),
            "snowflake float"
        );
        assert_eq!(plain("{{end_time_sql}}").unwrap(), "<EndTime>");
        assert_eq!(plain("{{end_time.Format(\"2006\")}}").unwrap(), "<EndTimeText(\"2006\")>");
    }

    #[test]
    fn no_template_runs_for_ever_or_fills_the_memory() {
        let endless =
            "{% for a in [1,2,3,4,5,6,7,8,9] %}".repeat(12) + "x" + &"{% endfor %}".repeat(12);
        assert_eq!(plain(&endless).unwrap_err(), "a template never ends");
        let doubling = "{% set s = \"xxxxxxxx\" %}".to_owned() + &"{% set s = s + s %}".repeat(60);
        assert_eq!(plain(&doubling).unwrap_err(), "a template calculates too much inside its tags");
        let captured = "{% set s %}xxxxxxxx{% endset %}".to_owned()
            + &"{% set s %}{{s}}{{s}}{% endset %}".repeat(60);
        assert!(plain(&captured).unwrap_err().contains("MB of text"));
        let recursive = "{% macro f(s) %}{{ f(s) }}{{ f(s) }}{% endmacro %}{{ f(1) }}";
        assert!(plain(recursive).is_err());
        assert!(plain(&format!("{{{{ {}1 }}}}", "!".repeat(10_000))).is_err());
        assert!(plain(&format!("{{{{ {}1 }}}}", "(".repeat(10_000))).is_err());
        assert!(plain("{{ \"x\" * 100000000 }}").is_err());
    }

    #[test]
    fn no_template_reads_outside_the_project() {
        assert!(plain("{% include \"/etc/passwd\" %}").is_err());
        assert!(plain("{{ this.ReadFile(\"/etc/passwd\") }}").is_err());
        assert!(plain("{{ this.ReadFile(\"../../../etc/passwd\") }}").is_err());
    }

    #[test]
    fn marks_in_a_text_are_no_references() {
        assert_eq!(
            plain("\u{E000}0\u{E001}{{end_time_sql}}").unwrap(),
            "\u{FFFD}0\u{FFFD}<EndTime>"
        );
    }
}
