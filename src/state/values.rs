//! Values as they are typed in the window's fields, and numbers as it writes them.

use crate::language;
use crate::model::value::{Kind, Value};

/// Reads a typed value of a kind.
///
/// # Errors
/// A phrase that says what to type.
pub fn read_value(text: &str, kind: Kind) -> Result<Value, String> {
    let what = match kind {
        Kind::Integer | Kind::Number => "a number",
        Kind::Boolean => "yes or no",
        Kind::Date => "a day such as 2026-11-23",
        Kind::Timestamp | Kind::Instant => "a day such as 2026-11-23, or 2026-11-23 09:00",
        _ => "a value",
    };
    language::parse_value(text, kind).ok_or_else(|| format!("type {what}"))
}

/// A name as it reads on screen: underscores become spaces.
pub fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// Everyone of an entity: `user` gives "All users".
pub fn everyone_of(entity: &str) -> String {
    format!("All {}", plural(&spaced(entity)))
}

/// The plural of an English noun. A word of another script stays as it is.
fn plural(name: &str) -> String {
    // A name that is no word, such as that of a file, is left as it is.
    if name.contains(|c: char| c.is_ascii_digit() || c == '.') {
        return format!("of {name}");
    }
    let low = name.to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| low.ends_with(end));
    if !low.ends_with(|c: char| c.is_ascii_lowercase()) {
        return name.to_owned();
    }
    if low == "person" || low.ends_with(" person") {
        return format!("{}ople", &name[..name.len() - "rson".len()]);
    }
    if ends(&["ss", "us", "x", "z", "ch", "sh"]) {
        return format!("{name}es");
    }
    // A name that is a plural already stays one.
    if ends(&["s", "people", "data"]) {
        return name.to_owned();
    }
    if low.ends_with('y') && !ends(&["ay", "ey", "oy", "uy"]) {
        return format!("{}ies", &name[..name.len() - 1]);
    }
    format!("{name}s")
}

/// A number rounded to what can be seen at the resolution `step`: a dragged edge reads `12.4`.
pub fn rounded(x: f64, step: f64) -> f64 {
    if !(step.is_finite() && step > 0.0) {
        return x;
    }
    let digits = (2.0 - step.log10().floor()).clamp(0.0, 12.0) as i32;
    let factor = 10f64.powi(digits);
    (x * factor).round() / factor
}

/// A dragged edge as a value of the column's kind. Whole numbers keep what lies inside.
pub fn edge(x: f64, kind: Kind, low: bool) -> Value {
    if kind == Kind::Integer {
        return Value::Integer(if low { x.ceil() } else { x.floor() } as i128);
    }
    if x.fract() == 0.0 && x.abs() < 1e15 {
        return Value::Integer(x as i128);
    }
    let text = format!("{x}");
    if text.contains('e') { Value::Float(x) } else { Value::Decimal(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_screen_writes_them() {
        assert_eq!(read_value("1,204", Kind::Integer), Ok(Value::Integer(1204)));
        assert_eq!(read_value(" -10.50 ", Kind::Number), Ok(Value::Decimal("-10.50".into())));
        assert!(read_value("many", Kind::Integer).is_err());
        assert!(read_value("", Kind::Number).is_err());
        assert!(read_value("inf", Kind::Number).is_err());
    }

    #[test]
    fn days_become_moments_of_the_column() {
        assert_eq!(
            read_value("2026-11-23", Kind::Timestamp),
            Ok(Value::Timestamp("2026-11-23 00:00:00".into()))
        );
        assert_eq!(
            read_value("2026-11-23 09:30", Kind::Instant),
            Ok(Value::Instant("2026-11-23 09:30:00+00".into()))
        );
        assert!(read_value("23.11.2026", Kind::Date).is_err());
    }

    #[test]
    fn whole_edges_keep_what_lies_inside() {
        assert_eq!(edge(2.2, Kind::Integer, true), Value::Integer(3));
        assert_eq!(edge(7.9, Kind::Integer, false), Value::Integer(7));
        assert_eq!(edge(2.5, Kind::Number, true), Value::Decimal("2.5".into()));
    }

    #[test]
    fn everyone_of_an_entity_is_said_in_the_plural() {
        for (entity, said) in [
            ("user", "All users"),
            ("parent_account", "All parent accounts"),
            ("category", "All categories"),
            ("day", "All days"),
            ("address", "All addresses"),
            ("box", "All boxes"),
            ("branch", "All branches"),
            ("orders", "All orders"),
            ("person", "All people"),
            ("客户", "All 客户"),
        ] {
            assert_eq!(everyone_of(entity), said);
        }
    }
}
