//! DuckDB's dialect.

use super::dialect::Dialect;
use super::keys::in_form;
use super::pieces::{literal, number, text};
use super::relations::relation;
use super::{Sql, write_plain_text};
use crate::model::catalog::{KeyForm, TableOrigin};
use crate::model::clause::{Arithmetic, Case, CastType, Function, TextMatch};
use crate::model::shown::is_hidden;
use crate::model::value::Value;
use std::fmt::Write as _;

/// A moment with a zone as clocks show it whose offsets from UTC hold from these microseconds since
/// 1970 on. Not by a cast, which would use the zone of whoever runs the statement; and without time
/// zone data, which not every database has.
pub fn local_time(moment: &Sql, offsets: &[(i64, i64)]) -> Sql {
    let micros = Sql::fill("epoch_us({})", &[moment]);
    let shifted = match offset_of(&micros, offsets) {
        None => micros,
        Some(offset) => Sql::fill("{} + {}", &[&micros, &offset]),
    };
    Sql::fill("make_timestamp({})", &[&shifted])
}

/// The offset that holds at a moment, found by halves; `None` for none at all.
fn offset_of(micros: &Sql, offsets: &[(i64, i64)]) -> Option<Sql> {
    match offsets {
        [] | [(_, 0)] => None,
        [(_, offset)] => Some(number(*offset)),
        offsets => {
            let (before, after) = offsets.split_at(offsets.len() / 2);
            let at = number(after[0].0);
            let side = |half| offset_of(micros, half).unwrap_or_else(|| Sql::raw("0"));
            let (before, after) = (side(before), side(after));
            Some(Sql::fill(
                "CASE WHEN {} < {} THEN {} ELSE {} END",
                &[micros, &at, &before, &after],
            ))
        }
    }
}

/// DuckDB's own words.
#[derive(Debug, Clone, Copy, Default)]
pub struct DuckDb;

impl Dialect for DuckDb {
    fn relation(&self, origin: &TableOrigin) -> Sql {
        relation(origin)
    }

    fn write_value(&self, value: &Value, out: &mut String) {
        write_value(value, out);
    }

    fn call(&self, function: Function, arguments: &[Sql]) -> Sql {
        let arguments = Sql::join(arguments.iter().cloned(), ", ");
        let template = match function {
            Function::Lower => "lower({})",
            Function::Upper => "upper({})",
            Function::Trim => "trim({})",
            Function::Length => "length({})",
            Function::ListLength => "len({})",
            Function::Absolute => "abs({})",
            Function::Round => "round({})",
            Function::Floor => "floor({})",
            Function::Ceiling => "ceil({})",
            Function::Year => "year({})",
            Function::Month => "month({})",
            Function::Day => "day({})",
            Function::Hour => "hour({})",
            Function::Weekday => "isodow({})",
            Function::Coalesce => "coalesce({})",
            Function::SplitPart => "split_part({})",
            Function::Left => "left({})",
        };
        Sql::fill(template, &[&arguments])
    }

    fn arithmetic(&self, operation: Arithmetic, left: &Sql, right: &Sql) -> Sql {
        let template = match operation {
            Arithmetic::Add => "({} + {})",
            Arithmetic::Subtract => "({} - {})",
            Arithmetic::Multiply => "({} * {})",
            Arithmetic::Divide => "({} / {})",
            Arithmetic::Remainder => "({} % {})",
        };
        Sql::fill(template, &[left, right])
    }

    fn cast(&self, value: &Sql, to: CastType) -> Sql {
        // One odd value must not hide all others.
        let template = match to {
            CastType::Text => "CAST({} AS VARCHAR)",
            CastType::Integer => "TRY_CAST({} AS BIGINT)",
            CastType::Number => "TRY_CAST({} AS DOUBLE)",
            CastType::Date => "TRY_CAST({} AS DATE)",
            CastType::Timestamp => "TRY_CAST({} AS TIMESTAMP)",
            CastType::Boolean => "TRY_CAST({} AS BOOLEAN)",
        };
        Sql::fill(template, &[value])
    }

    fn matches(&self, how: TextMatch, value: &Sql, pattern: &str, case: Case) -> Sql {
        let template = match (how, case) {
            (TextMatch::Contains, Case::Sensitive) => "contains({}, {})",
            (TextMatch::StartsWith, Case::Sensitive) => "starts_with({}, {})",
            (TextMatch::EndsWith, Case::Sensitive) => "ends_with({}, {})",
            (TextMatch::Like, Case::Sensitive) => "{} LIKE {}",
            (TextMatch::Regex, Case::Sensitive) => "regexp_matches({}, {})",
            (TextMatch::Contains, Case::Ignored) => "contains(lower({}), lower({}))",
            (TextMatch::StartsWith, Case::Ignored) => "starts_with(lower({}), lower({}))",
            (TextMatch::EndsWith, Case::Ignored) => "ends_with(lower({}), lower({}))",
            (TextMatch::Like, Case::Ignored) => "{} ILIKE {}",
            (TextMatch::Regex, Case::Ignored) => "regexp_matches({}, {}, 'i')",
        };
        Sql::fill(template, &[value, &text(pattern)])
    }

    fn has_any(&self, list: &Sql, values: &[Value]) -> Sql {
        let values = Sql::join(values.iter().map(literal), ", ");
        Sql::fill("list_has_any({}, [{}])", &[list, &values])
    }

    fn has_all(&self, list: &Sql, values: &[Value]) -> Sql {
        let values = Sql::join(values.iter().map(literal), ", ");
        Sql::fill("list_has_all({}, [{}])", &[list, &values])
    }

    fn day_of_year(&self, moment: &Sql) -> Sql {
        Sql::fill("strftime({}, '%m-%d')", &[moment])
    }

    fn local_time(&self, moment: &Sql, offsets: &[(i64, i64)]) -> Sql {
        local_time(moment, offsets)
    }

    fn without_nan(&self, float: &Sql) -> Sql {
        Sql::fill("nullif({}, CAST('nan' AS DOUBLE))", &[float])
    }

    fn field(&self, of: &Sql, name: &str) -> Sql {
        Sql::fill("struct_extract({}, {})", &[of, &text(name)])
    }

    fn key(&self, key: Sql, form: KeyForm) -> Sql {
        in_form(key, form)
    }
}

/// What cannot be seen cannot be copied from a screen, so it is written by code: `e'\x1b[2J'`, a
/// byte of UTF-8 at a time. That is a constant like any other, so that it may name a file to read
/// or a type too; only [`text_as_it_is`] stands where it is not understood.
fn write_text(value: &str, out: &mut String) {
    if value.contains('\0') {
        // A literal cannot hold the zero character; it is put together around it.
        for (number, part) in value.split('\0').enumerate() {
            out.push_str(if number == 0 { "(" } else { " || chr(0) || " });
            write_text(part, out);
        }
        out.push(')');
        return;
    }
    if !value.chars().any(is_hidden) {
        return write_plain_text(value, out);
    }
    out.push_str("e'");
    for c in value.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("''"),
            c if is_hidden(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(out, "\\x{byte:02x}").expect("text grows");
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Missing => out.push_str("NULL"),
        Value::Boolean(true) => out.push_str("TRUE"),
        Value::Boolean(false) => out.push_str("FALSE"),
        Value::Integer(n) => write!(out, "{n}").expect("text grows"),
        Value::Decimal(digits) if is_plain_decimal(digits) => out.push_str(digits),
        Value::Float(x) if x.is_finite() => write!(out, "{x:e}").expect("text grows"),
        Value::Float(x) if x.is_nan() => out.push_str("CAST('nan' AS DOUBLE)"),
        Value::Float(x) if *x > 0.0 => out.push_str("CAST('inf' AS DOUBLE)"),
        Value::Float(_) => out.push_str("CAST('-inf' AS DOUBLE)"),
        Value::Text(s) | Value::Other(s) | Value::Decimal(s) => write_text(s, out),
        Value::Date(s) => write_typed("DATE ", s, out),
        Value::Timestamp(s) => write_typed("TIMESTAMP ", s, out),
        Value::Instant(s) => write_typed("TIMESTAMPTZ ", s, out),
        Value::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number == 0 { "" } else { ", " });
                write_value(item, out);
            }
            out.push(']');
        }
    }
}

fn write_typed(type_name: &'static str, value: &str, out: &mut String) {
    out.push_str(type_name);
    write_text(value, out);
}

fn is_plain_decimal(digits: &str) -> bool {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    !unsigned.is_empty()
        && unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && unsigned.bytes().filter(|b| *b == b'.').count() <= 1
        && unsigned.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::ident;

    #[test]
    fn quotes_in_names_and_text_stay_inside() {
        assert_eq!(ident("a\"b").text(), "\"a\"\"b\"");
        assert_eq!(text("it's").text(), "'it''s'");
        assert_eq!(text("a\0b").text(), "('a' || chr(0) || 'b')");
    }

    #[test]
    fn what_cannot_be_seen_is_written_by_code() {
        assert_eq!(text("\u{1b}[2J\\\n'").text(), r"e'\x1b[2J\\\n'''");
        assert_eq!(text("\tb\u{202e}").text(), r"e'\tb\xe2\x80\xae'");
        assert_eq!(text("\\Ünïcode 名前").text(), r"'\Ünïcode 名前'");
    }

    #[test]
    fn a_decimal_that_is_not_one_is_quoted() {
        assert_eq!(literal(&Value::Decimal("1.50".into())).text(), "1.50");
        assert_eq!(literal(&Value::Decimal("1; DROP".into())).text(), "'1; DROP'");
    }
}
