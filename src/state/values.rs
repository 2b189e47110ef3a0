//! Values as they are typed in the window's fields, and numbers as it writes them.

use crate::model::value::{Kind, Value};

/// Reads a typed value of a kind.
///
/// # Errors
/// A phrase that says what to type.
pub fn read_value(text: &str, kind: Kind) -> Result<Value, String> {
    let text = text.trim();
    match kind {
        Kind::Integer | Kind::Number => read_number(text, kind),
        Kind::Boolean => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Value::Boolean(true)),
            "false" | "no" | "0" => Ok(Value::Boolean(false)),
            _ => Err("type yes or no".to_owned()),
        },
        Kind::Date => read_day(text).map(Value::Date),
        Kind::Timestamp => read_moment(text).map(Value::Timestamp),
        Kind::Instant => read_moment(text).map(|t| Value::Instant(format!("{t}+00"))),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

fn read_number(text: &str, kind: Kind) -> Result<Value, String> {
    // Groups as the screen shows them may be pasted back.
    let plain: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '_')).collect();
    if plain.is_empty() {
        return Err("type a number".to_owned());
    }
    if let Ok(whole) = plain.parse::<i128>() {
        return Ok(Value::Integer(whole));
    }
    let decimal = plain.trim_start_matches(['-', '+']);
    let is_decimal = decimal.chars().all(|c| c.is_ascii_digit() || c == '.')
        && decimal.matches('.').count() == 1
        && decimal.len() > 1;
    if is_decimal {
        return Ok(Value::Decimal(plain.trim_start_matches('+').to_owned()));
    }
    match plain.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(Value::Float(x)),
        _ if kind == Kind::Integer => Err(format!("{text} is not a whole number")),
        _ => Err(format!("{text} is not a number")),
    }
}

fn read_day(text: &str) -> Result<String, String> {
    text.parse::<jiff::civil::Date>()
        .map(|day| day.to_string())
        .map_err(|_| "type a day such as 2026-11-23".to_owned())
}

fn read_moment(text: &str) -> Result<String, String> {
    let help = || "type a day such as 2026-11-23, or 2026-11-23 09:00".to_owned();
    let civil = text
        .parse::<jiff::civil::DateTime>()
        .or_else(|_| text.parse::<jiff::civil::Date>().map(|d| d.to_datetime(Default::default())))
        .map_err(|_| help())?;
    Ok(civil.strftime("%Y-%m-%d %H:%M:%S").to_string())
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

/// A count with grouped thousands: `1,204`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_screen_writes_them() {
        assert_eq!(read_value("1,204", Kind::Integer), Ok(Value::Integer(1204)));
        assert_eq!(read_value(" -10.50 ", Kind::Number), Ok(Value::Decimal("-10.50".into())));
        assert_eq!(read_value("1e3", Kind::Number), Ok(Value::Float(1000.0)));
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
    fn thousands_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1204), "1,204");
        assert_eq!(grouped(100_000_000), "100,000,000");
    }
}
