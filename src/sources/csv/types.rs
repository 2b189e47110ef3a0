//! The types of the columns, checked on every row.

use crate::model::catalog::CsvReader;
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::grouped;
use crate::sources::probe::{Probe, counts};
use crate::sql::{Sql, ident, path, text};
use std::path::Path;

/// Words that may stand for "missing" in a column of numbers, dates or yes and no.
pub(super) const MISSING_WORDS: &[&str] =
    &["NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "\\N", "NaN", "nan"];

/// Columns whose figures are counted in one statement.
const COLUMNS_AT_ONCE: usize = 16;

/// How many figures are counted per column.
const FIGURES: usize = 8;

/// What is known about one guessed column after reading all rows. All but `guess` are rows.
struct Checked {
    guess: String,
    filled: u64,
    /// Of missing words.
    words: u64,
    /// That do not convert, missing words and empty cells aside.
    bad: u64,
    /// Quoted empty cells.
    empty: u64,
    /// That start with a zero and a digit.
    zeros: u64,
    /// Whole numbers of sixteen digits and more.
    long: u64,
    /// Numbers with a fraction or an exponent; dates with a time.
    fractions: u64,
    /// Moments with an offset; letters that only might mean yes or no.
    doubtful: u64,
}

/// The reader with types that hold for every row, and with the missing words they need.
///
/// # Errors
/// When the kept rows cannot be read.
pub(super) fn check(
    probe: &dyn Probe,
    stage: &str,
    guessed: &[(String, String)],
    reader: &CsvReader,
    file: &Path,
    findings: &mut Vec<Finding>,
) -> Result<CsvReader, Failure> {
    let mut reader = reader.clone();
    let stage = path(&["memory", "main", stage]);
    let typed: Vec<usize> = (0..guessed.len()).filter(|i| guessed[*i].1 != "VARCHAR").collect();
    let checked = look(probe, &stage, guessed, &typed)?;
    let mut worded = Vec::new();
    for (i, checked) in typed.into_iter().zip(checked) {
        let type_name = settled(probe, &stage, &guessed[i].0, &checked)?;
        if type_name != "VARCHAR" {
            if checked.words > 0 {
                worded.push(i);
            }
            if checked.empty > 0 && reader.quoted_empty_is_text {
                reader.quoted_empty_is_text = false;
                let name = &guessed[i].0;
                let message =
                    format!("quoted empty cells are read as missing, for {name} has them");
                findings.push(Finding::new(Severity::Note, message).at(file, None));
            }
        } else if checked.bad > 0 {
            findings.push(stays_text(probe, &stage, &guessed[i].0, &checked, file)?);
        }
        reader.columns[i].1 = type_name;
    }
    if !worded.is_empty() {
        let names: Vec<&str> = worded.iter().map(|i| guessed[*i].0.as_str()).collect();
        reader.missing_words = words_in(probe, &stage, &names)?;
        let textual: Vec<&str> = reader
            .columns
            .iter()
            .filter(|(_, t)| t == "VARCHAR")
            .map(|(name, _)| name.as_str())
            .collect();
        let finding = tell(probe, &stage, &reader.missing_words, &names, &textual)?;
        findings.push(finding.at(file, None));
    }
    Ok(reader)
}

fn word_list(words: impl Iterator<Item = impl AsRef<str>>) -> Sql {
    Sql::join(words.map(|w| text(w.as_ref())), ", ")
}

fn look(
    probe: &dyn Probe,
    stage: &Sql,
    guessed: &[(String, String)],
    typed: &[usize],
) -> Result<Vec<Checked>, Failure> {
    let mut checked = Vec::with_capacity(typed.len());
    // Planning takes the database more than twice as long for twice as many figures.
    for some in typed.chunks(COLUMNS_AT_ONCE) {
        checked.extend(look_at(probe, stage, guessed, some)?);
    }
    Ok(checked)
}

fn look_at(
    probe: &dyn Probe,
    stage: &Sql,
    guessed: &[(String, String)],
    typed: &[usize],
) -> Result<Vec<Checked>, Failure> {
    let figures = typed.iter().flat_map(|i| {
        let (name, guess) = &guessed[*i];
        figures(&ident(name), guess)
    });
    let sql = Sql::fill("SELECT {} FROM {}", &[&Sql::join(figures, ", "), stage]);
    let found = counts(probe, &sql)?;
    Ok(found
        .chunks_exact(FIGURES)
        .zip(typed)
        .map(|(f, i)| Checked {
            guess: guessed[*i].1.clone(),
            filled: f[0],
            words: f[1],
            // What is filled and is neither converted, nor a word, nor empty.
            bad: f[0].saturating_sub(f[1] + f[2] + f[3]),
            empty: f[3],
            zeros: f[4],
            long: f[5],
            fractions: f[6],
            doubtful: f[7],
        })
        .collect())
}

/// What is counted of one column. Each figure is written so that it is cheap where it is nought.
fn figures(cell: &Sql, guess: &str) -> [Sql; FIGURES] {
    let never = || Sql::raw("0");
    let type_name = Sql::raw(known_type(guess));
    let words = word_list(words_for(guess));
    let number = matches!(guess, "BIGINT" | "DOUBLE");
    [
        Sql::fill("count({})", &[cell]),
        Sql::fill("count(*) FILTER (WHERE {} IN ({}))", &[cell, &words]),
        Sql::fill("count(TRY_CAST({} AS {}))", &[cell, &type_name]),
        Sql::fill("count(*) FILTER (WHERE {} = '')", &[cell]),
        if number {
            // From 00 to 09, with and without a sign.
            Sql::fill(
                "count(*) FILTER (WHERE ({} >= '00' AND {} < '0:') OR ({} >= '-00' AND {} < '-0:') \
                 OR ({} >= '+00' AND {} < '+0:') OR ({} >= ' 00' AND {} < ' 0:'))",
                &[cell, cell, cell, cell, cell, cell, cell, cell],
            )
        } else {
            never()
        },
        if guess == "DOUBLE" {
            let pattern = Sql::raw("'^[+-]?[0-9]{16,}$'");
            Sql::fill(
                "count(*) FILTER (WHERE length({}) > 15 AND regexp_matches({}, {}))",
                &[cell, cell, &pattern],
            )
        } else {
            never()
        },
        match guess {
            "BIGINT" | "DOUBLE" => Sql::fill(
                "count(*) FILTER (WHERE contains({}, '.') OR contains({}, 'e') OR contains({}, 'E'))",
                &[cell, cell, cell],
            ),
            // A date would be cut off a moment without a word.
            "DATE" => Sql::fill("count(*) FILTER (WHERE contains({}, ':'))", &[cell]),
            _ => never(),
        },
        match guess {
            "TIMESTAMP" => {
                let pattern = Sql::raw(r"':\d\d.*([+-]\d\d(:?\d\d)?|[Zz])\s*$'");
                Sql::fill("count(*) FILTER (WHERE regexp_matches({}, {}))", &[cell, &pattern])
            }
            // Letters and digits that only might mean yes or no.
            "BOOLEAN" => Sql::fill(
                "count(*) FILTER (WHERE lower({}) NOT IN ('true', 'false', '') AND {} NOT IN ({}))",
                &[cell, cell, &words],
            ),
            _ => never(),
        },
    ]
}

/// The words that mean missing in a column of this type. A float has a NaN of its own.
fn words_for(guess: &str) -> impl Iterator<Item = &'static str> {
    let double = guess == "DOUBLE";
    MISSING_WORDS.iter().copied().filter(move |word| !(double && word.eq_ignore_ascii_case("nan")))
}

/// The guess as a fixed word; types that are not expected are text.
fn known_type(guess: &str) -> &'static str {
    match guess {
        "BOOLEAN" => "BOOLEAN",
        "BIGINT" => "BIGINT",
        "DOUBLE" => "DOUBLE",
        "DATE" => "DATE",
        "TIME" => "TIME",
        "TIMESTAMP" => "TIMESTAMP",
        "TIMESTAMP WITH TIME ZONE" => "TIMESTAMP WITH TIME ZONE",
        "HUGEINT" => "HUGEINT",
        _ => "VARCHAR",
    }
}

/// The type that every row fits.
fn settled(
    probe: &dyn Probe,
    stage: &Sql,
    name: &str,
    checked: &Checked,
) -> Result<String, Failure> {
    let text = || Ok("VARCHAR".to_owned());
    // Zeros at the front belong to a code, and are lost in a number.
    if checked.zeros > 0 || checked.filled == checked.words + checked.empty {
        return text();
    }
    match checked.guess.as_str() {
        "BIGINT" if checked.bad > 0 || checked.fractions > 0 => {
            let as_double = fits(probe, stage, name, "DOUBLE")?;
            if as_double { Ok("DOUBLE".to_owned()) } else { text() }
        }
        // A float keeps fifteen digits; numbers that need more are kept whole.
        "DOUBLE" if checked.long > 0 && checked.fractions == 0 => {
            if fits(probe, stage, name, "HUGEINT")? { Ok("HUGEINT".to_owned()) } else { text() }
        }
        "DATE" if checked.bad > 0 || checked.fractions > 0 => {
            if fits(probe, stage, name, "TIMESTAMP")? { Ok("TIMESTAMP".to_owned()) } else { text() }
        }
        "BOOLEAN" if checked.doubtful > 0 => text(),
        "TIMESTAMP" if checked.doubtful > 0 && checked.bad == 0 => {
            Ok("TIMESTAMP WITH TIME ZONE".to_owned())
        }
        _ if checked.bad > 0 => text(),
        guess => Ok(known_type(guess).to_owned()),
    }
}

fn fits(
    probe: &dyn Probe,
    stage: &Sql,
    name: &str,
    type_name: &'static str,
) -> Result<bool, Failure> {
    let cell = ident(name);
    let words = word_list(MISSING_WORDS.iter());
    let sql = Sql::fill(
        "SELECT count(*) FILTER (WHERE {} <> '' AND {} NOT IN ({}) AND (TRY_CAST({} AS {}) IS NULL \
         OR regexp_matches({}, '^[+-]?[0-9]{16,}$') AND {})) FROM {}",
        &[
            &cell,
            &cell,
            &words,
            &cell,
            &Sql::raw(type_name),
            &cell,
            &Sql::raw(if type_name == "DOUBLE" { "TRUE" } else { "FALSE" }),
            stage,
        ],
    );
    Ok(counts(probe, &sql)?.first() == Some(&0))
}

fn stays_text(
    probe: &dyn Probe,
    stage: &Sql,
    name: &str,
    checked: &Checked,
    file: &Path,
) -> Result<Finding, Failure> {
    let cell = ident(name);
    let words = word_list(MISSING_WORDS.iter());
    let sql = Sql::fill(
        "SELECT {} FROM {} WHERE {} <> '' AND {} NOT IN ({}) AND TRY_CAST({} AS {}) IS NULL LIMIT 1",
        &[&cell, stage, &cell, &cell, &words, &cell, &Sql::raw(known_type(&checked.guess))],
    );
    let example = probe.rows(&sql)?.first().map(|row| row[0].display()).unwrap_or_default();
    let example: String = example.chars().take(40).collect();
    let message = format!(
        "{name} is kept as text: {} of {} values do not fit the type of the first rows, such as \
         \"{example}\"",
        grouped(checked.bad),
        grouped(checked.filled)
    );
    Ok(Finding::new(Severity::Note, message).at(file, None))
}

/// The missing words that are in these columns.
fn words_in(probe: &dyn Probe, stage: &Sql, columns: &[&str]) -> Result<Vec<String>, Failure> {
    let each = columns.iter().map(|name| {
        let cell = ident(name);
        let words = word_list(MISSING_WORDS.iter());
        Sql::fill(
            "SELECT DISTINCT {} AS word FROM {} WHERE {} IN ({})",
            &[&cell, stage, &cell, &words],
        )
    });
    let sql = Sql::fill(
        "SELECT DISTINCT word FROM ({}) ORDER BY word",
        &[&Sql::join(each, " UNION ALL ")],
    );
    Ok(probe.rows(&sql)?.iter().map(|row| row[0].display()).collect())
}

/// Says which words are read as missing, why, and in which columns of text that changes something.
fn tell(
    probe: &dyn Probe,
    stage: &Sql,
    words: &[String],
    columns: &[&str],
    textual: &[&str],
) -> Result<Finding, Failure> {
    let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
    let mut message = format!(
        "{} {} read as missing, for {} would be numbers, dates or yes/no without",
        quoted.join(", "),
        if words.len() == 1 { "is" } else { "are" },
        listed(columns)
    );
    if !textual.is_empty() {
        let list = word_list(words.iter());
        let asked = textual
            .iter()
            .map(|name| Sql::fill("count(*) FILTER (WHERE {} IN ({}))", &[&ident(name), &list]));
        let sql = Sql::fill("SELECT {} FROM {}", &[&Sql::join(asked, ", "), stage]);
        let found = counts(probe, &sql)?;
        let changed: Vec<String> = textual
            .iter()
            .zip(found)
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| format!("{name} ({})", grouped(n)))
            .collect();
        if !changed.is_empty() {
            let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
            message
                .push_str(&format!("; so are the same words in the text of {}", listed(&changed)));
        }
    }
    Ok(Finding::new(Severity::Note, message))
}

/// The first few names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(6).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(6) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
