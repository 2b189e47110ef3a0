//! How files of delimited text are read: the dialect of each part, and what becomes of the text in
//! each column.
//!
//! Written down once, after every part was looked at whole. The engine and the printed SQL read by
//! it, so that both see the same rows.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// Files of delimited text that are one table, joined by the names of their columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFiles {
    /// Files that follow each other and are written alike are one part.
    pub parts: Vec<TextPart>,
    /// The columns of the table, in order.
    pub columns: Vec<TextColumn>,
}

/// Files that are written alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPart {
    /// The files, in order.
    pub paths: Vec<PathBuf>,
    /// How they are written.
    pub dialect: Dialect,
    /// For each of their columns, in their order, which column of the table it is.
    pub columns: Vec<usize>,
}

/// How a file of delimited text is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// What stands between cells: one to four characters.
    pub delimiter: String,
    /// The quote character, if there is one.
    pub quote: Option<char>,
    /// What escapes a quote within quotes, if anything.
    pub escape: Option<char>,
    /// Whether a line holds the names.
    pub header: bool,
    /// Lines before the names, or before the rows.
    pub skip_lines: u64,
    /// The lines to pass over are those that begin with this character, because their quotes do not
    /// match and would take rows along.
    pub comment: Option<char>,
    /// The encoding.
    pub encoding: Encoding,
    /// Whether rows that are not as they should be are read as well as can be: short ones are
    /// filled up, cells beyond the last column and text after a closing quote are left out.
    pub lenient: bool,
    /// Whether the file must be read by one thread: rows of odd length beside quoted line breaks.
    pub by_one: bool,
    /// Whether it is not compressed though its name says so.
    pub plain: bool,
    /// Whether lines end in a carriage return alone.
    pub carriage_returns: bool,
    /// The longest line in bytes, when it is more than readers take unasked.
    pub longest_line: Option<u64>,
}

impl Dialect {
    /// Commas, double quotes and with a header line, in UTF-8.
    pub fn comma_separated() -> Self {
        Self {
            delimiter: ",".to_owned(),
            quote: Some('"'),
            escape: Some('"'),
            header: true,
            skip_lines: 0,
            comment: None,
            encoding: Encoding::Utf8,
            lenient: false,
            by_one: false,
            plain: false,
            carriage_returns: false,
            longest_line: None,
        }
    }
}

/// The encoding of a text file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16, the lower byte first.
    Utf16,
    /// Another one, by its name in the Encoding Standard. DuckDB reads it with an extension;
    /// Muster makes a copy in UTF-8 for itself.
    Other(String),
}

/// A column of text files, and what its text becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextColumn {
    /// Its name.
    pub name: String,
    /// What its text becomes.
    pub form: Form,
    /// Cells that mean missing, beside the empty cell.
    pub missing: Vec<String>,
    /// Whether what does not fit becomes missing. So a person decided; otherwise everything fits.
    pub forced: bool,
}

impl TextColumn {
    /// A column whose text stays as it is.
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), form: Form::Text, missing: Vec::new(), forced: false }
    }
}

/// What the text in a column becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// It stays text.
    Text,
    /// A whole number of up to 64 bits.
    Whole,
    /// A whole number of up to 38 digits.
    Huge,
    /// A number of up to 38 digits with this many decimals, all of them kept.
    Exact(u8),
    /// A number that a 64-bit float holds.
    Number,
    /// A number with marks that readers do not know: thousands, a decimal comma, a unit.
    Marked(Marks),
    /// True or false.
    YesNo,
    /// A date in this pattern of `strptime`; in ISO 8601 without one.
    Date(Option<String>),
    /// A moment without a zone, in one of these patterns; in ISO 8601 without any.
    Moment(Vec<String>),
    /// A moment with an offset.
    Instant(DateOrder),
    /// A time of day.
    Time,
}

/// How a number is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// What stands between thousands, if anything.
    pub thousands: Option<char>,
    /// The mark before decimals.
    pub decimal: char,
    /// The unit that is written beside every number; empty for none.
    pub unit: String,
    /// Whether no number has decimals.
    pub whole: bool,
}

/// The order of the parts of a date, and what stands between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DateOrder {
    /// Year, month, day.
    YearFirst(char),
    /// Day, month, year.
    DayFirst(char),
    /// Month, day, year.
    MonthFirst(char),
}

/// Units that may stand beside numbers.
pub const UNITS: &[&str] = &[
    "%", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "zł", "kr", "USD", "EUR", "GBP", "CHF", "JPY",
    "INR", "CNY", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "BRL", "R$",
];

impl Form {
    /// The type of the column as DuckDB prints it.
    pub fn type_name(&self) -> String {
        match self {
            Self::Text => "VARCHAR",
            Self::Whole => "BIGINT",
            Self::Huge => "HUGEINT",
            Self::Exact(scale) => return format!("DECIMAL(38,{scale})"),
            Self::Marked(marks) if marks.whole => "BIGINT",
            Self::Number | Self::Marked(_) => "DOUBLE",
            Self::YesNo => "BOOLEAN",
            Self::Date(_) => "DATE",
            Self::Moment(_) => "TIMESTAMP",
            Self::Instant(_) => "TIMESTAMP WITH TIME ZONE",
            Self::Time => "TIME",
        }
        .to_owned()
    }

    /// The form that a correction names: `text`, `whole number`, `number`, `number 1.234,5`,
    /// `yes/no`, `date`, `date %d/%m/%Y`, `moment`, `moment %d/%m/%Y %H:%M`, `moment with offset`,
    /// `time`.
    ///
    /// # Errors
    /// A sentence that says what can be named.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        let pattern = |rest: &str| (!rest.is_empty()).then(|| rest.to_owned());
        let is_pattern = rest.is_empty() || rest.contains('%');
        Ok(match (word, rest) {
            ("text", "") => Self::Text,
            ("whole", "" | "number") => Self::Whole,
            ("number", "") => Self::Number,
            ("number", example) => Self::Marked(Marks::of_example(example)?),
            ("yes/no" | "boolean", "") => Self::YesNo,
            ("moment", "with offset") => Self::Instant(DateOrder::YearFirst('-')),
            ("date", _) if is_pattern => Self::Date(pattern(rest)),
            ("moment" | "timestamp", _) if is_pattern => {
                Self::Moment(pattern(rest).into_iter().collect())
            }
            ("time", "") => Self::Time,
            _ => {
                return Err(format!(
                    "\"{text}\" is not a form of a column; write text, whole number, number, \
                     number 1.234,5, yes/no, date %d/%m/%Y, moment %d/%m/%Y %H:%M, \
                     moment with offset or time"
                ));
            }
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Whole | Self::Huge => f.write_str("whole number"),
            Self::Exact(_) | Self::Number => f.write_str("number"),
            Self::Marked(marks) => {
                f.write_str("number ")?;
                let thousands = marks.thousands.map_or(String::new(), String::from);
                write!(f, "1{thousands}234")?;
                if !marks.whole {
                    write!(f, "{}5", marks.decimal)?;
                }
                match marks.unit.as_str() {
                    "" => Ok(()),
                    unit => write!(f, " {unit}"),
                }
            }
            Self::YesNo => f.write_str("yes/no"),
            Self::Date(None) => f.write_str("date"),
            Self::Date(Some(pattern)) => write!(f, "date {pattern}"),
            Self::Moment(patterns) => match patterns.first() {
                None => f.write_str("moment"),
                Some(pattern) => write!(f, "moment {pattern}"),
            },
            Self::Instant(_) => f.write_str("moment with offset"),
            Self::Time => f.write_str("time"),
        }
    }
}

impl Marks {
    /// From a number that is written so: `1.234,5`, `1,234.5 $`, `1 234`.
    fn of_example(example: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{example}\" is not an example of a number; write one such as 1.234,5 or 1,234.5"
            )
        };
        let unit = UNITS.iter().copied().filter(|u| example.contains(u)).max_by_key(|u| u.len());
        let number = unit.map_or(example.to_owned(), |u| example.replace(u, ""));
        let number = number.trim();
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(wrong());
        }
        let marks: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
        let (thousands, decimal) = match marks.as_slice() {
            [] => (None, None),
            // One mark and three digits after it: 1.234 says how thousands are written.
            [one] if number.len() == 5 && number.ends_with("234") => (Some(*one), None),
            [one] => (None, Some(*one)),
            [first, .., last] if first != last => (Some(*first), Some(*last)),
            [first, ..] => (Some(*first), None),
        };
        let decimals = [None, Some('.'), Some(',')];
        if !decimals.contains(&decimal) || thousands.is_some_and(char::is_alphanumeric) {
            return Err(wrong());
        }
        let other = if thousands == Some('.') { ',' } else { '.' };
        Ok(Self {
            thousands,
            decimal: decimal.unwrap_or(other),
            unit: unit.unwrap_or("").to_owned(),
            whole: decimal.is_none(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_printed_as_it_is_written() {
        for text in [
            "text",
            "whole number",
            "number",
            "number 1.234,5",
            "number 1,234.5 $",
            "number 1 234,5 €",
            "number 1.234",
            "yes/no",
            "date",
            "date %d/%m/%Y",
            "moment",
            "moment %d.%m.%Y %H:%M",
            "moment with offset",
            "time",
        ] {
            assert_eq!(Form::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_form_is_refused_with_what_is_one() {
        for text in ["", "dates", "date d/m/y", "number x", "number 1;5", "moment later"] {
            let told = Form::parse(text).unwrap_err();
            assert!(told.contains("write"), "{told}");
        }
    }
}
