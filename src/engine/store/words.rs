//! What the database says, in words of ours: what happened, and what to try.
//!
//! Its messages are for its makers: they name its kinds of errors, its functions and its settings,
//! which nobody here can change. What is known is told by kind; of the rest the first sentence
//! follows, without its kind.

use std::path::PathBuf;

/// Why a statement failed, as far as something is decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What it asks for, or the rows that it reads.
    Statement,
    /// It is no SQL to the database's parser.
    NotSql,
    /// It names something that is not there, and the hint tells what is.
    NoSuchName,
    /// It would do what statements of a project may not do.
    NotAllowed,
    /// An earlier statement ended the transaction in which it stands.
    Aftermath,
    /// A key was given for a file that is not encrypted.
    NeedlessKey,
    /// The machine: another time, or on another one, it may work.
    Machine,
}

/// What a message of the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Why, as far as something is decided by it.
    pub(super) cause: Cause,
    /// What happened.
    pub(super) what: String,
    /// Whether a file cannot be read or written.
    pub(super) is_about_file: bool,
    /// That file, when the message names it.
    pub(super) file: Option<PathBuf>,
    /// What to try; empty when nothing is known.
    pub(super) hint: String,
}

/// What a message says. Sentences of ours are left as they are.
pub(super) fn of(message: &str) -> Words {
    let (kind, body) = split(message);
    let cause = cause(kind, without_statement(body));
    if kind == Type::None {
        return Words { cause, ..told(message, "") };
    }
    let known = delimited(body)
        .or_else(|| json(body))
        .or_else(|| packed(body))
        .or_else(|| file(body))
        .or_else(|| value(body))
        .or_else(|| pattern(body))
        .or_else(|| arithmetic(body))
        .or_else(|| name(body))
        .or_else(|| statement(kind, body));
    let words = known.unwrap_or_else(|| told(first_sentence(body), ""));
    match cause {
        Cause::Statement => words,
        cause => Words { cause, ..words },
    }
}

/// The types of errors that the database writes before its messages, as far as they matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Parser,
    Catalog,
    Binder,
    Conversion,
    Transaction,
    Io,
    Internal,
    NotImplemented,
    MissingExtension,
    /// Any other.
    Other,
    /// There is none before it: the sentence is ours, or one of the library around the database.
    None,
}

/// The type before a message, and the message behind it.
fn split(message: &str) -> (Type, &str) {
    let Some((before, body)) = message.split_once(": ") else { return (Type::None, message) };
    let is_type = (before.ends_with("Error") || before == "INTERNAL")
        && before.len() < 40
        && before.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
    if !is_type {
        return (Type::None, message);
    }
    let kind = match before.trim_end_matches("Error").trim_end() {
        "Parser" => Type::Parser,
        "Catalog" => Type::Catalog,
        "Binder" => Type::Binder,
        "Conversion" => Type::Conversion,
        "TransactionContext" => Type::Transaction,
        "IO" => Type::Io,
        "INTERNAL" | "FATAL" => Type::Internal,
        "Not implemented" => Type::NotImplemented,
        "Missing Extension" => Type::MissingExtension,
        _ => Type::Other,
    };
    (kind, body)
}

/// Without the statement that the database quotes behind what it says: any words may stand in it.
pub(super) fn without_statement(message: &str) -> &str {
    message.split_once("\n\nLINE ").map_or(message, |(told, _)| told)
}

/// Why a statement failed, told from the type of its error and the text behind it.
fn cause(kind: Type, body: &str) -> Cause {
    let has = |part: &str| body.contains(part);
    // One error may be told within another.
    let of_machine = ["Out of Memory", "could not allocate", "No space left", "IO Error"];
    match kind {
        Type::Parser => Cause::NotSql,
        Type::Transaction if has("Current transaction is aborted") => Cause::Aftermath,
        // A transaction writes to one database only, and that of a model to a scratch one.
        Type::Transaction if has("Attempting to write to database") => Cause::NotAllowed,
        Type::Catalog if has("is not encrypted") => Cause::NeedlessKey,
        Type::Io => Cause::Machine,
        Type::Catalog | Type::Binder | Type::Conversion => Cause::Statement,
        _ if of_machine.iter().any(|part| has(part)) => Cause::Machine,
        _ => Cause::Statement,
    }
}

fn told(what: impl Into<String>, hint: impl Into<String>) -> Words {
    let (cause, what, hint) = (Cause::Statement, what.into(), hint.into());
    Words { cause, what, is_about_file: false, file: None, hint }
}

fn of_file(what: impl Into<String>, file: Option<&str>, hint: impl Into<String>) -> Words {
    Words { is_about_file: true, file: file.map(PathBuf::from), ..told(what, hint) }
}

/// Up to the end of the first sentence, without a full stop.
fn first_sentence(body: &str) -> &str {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let end = [". ", "! ", "; "].iter().filter_map(|end| line.find(end)).min();
    let sentence = line[..end.unwrap_or(line.len())].trim_end_matches(['.', '!', ':', ' ']);
    match sentence.char_indices().nth(200) {
        Some((at, _)) => &sentence[..at],
        None => sentence,
    }
}

fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start).map(|(_, rest)| rest)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    after(text, start)?.split_once(end).map(|(found, _)| found)
}

fn number(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// A value as it is quoted, cut where it is long.
fn quoted(value: &str) -> String {
    let cut: String = value.chars().take(60).collect();
    format!("\"{cut}{}\"", if cut.len() < value.len() { "…" } else { "" })
}

/// What a type holds, after "no".
fn kind(type_name: &str) -> &str {
    let head = type_name.trim_matches('\'').split(['(', ' ']).next().unwrap_or_default();
    match head {
        "INT8" | "INT16" | "INT32" | "INT64" | "INT128" | "UINT8" | "UINT16" | "UINT32"
        | "UINT64" | "UINT128" | "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "HUGEINT"
        | "UTINYINT" | "USMALLINT" | "UINTEGER" | "UBIGINT" | "UHUGEINT" => "whole number",
        "DOUBLE" | "FLOAT" | "DECIMAL" => "number",
        "BOOL" | "BOOLEAN" => "yes or no",
        "DATE" => "date",
        "TIMESTAMP" | "TIMESTAMP_S" | "TIMESTAMP_MS" | "TIMESTAMP_NS" | "TIMESTAMPTZ" => {
            "date and time"
        }
        "TIME" => "time of day",
        "INTERVAL" => "duration",
        "VARCHAR" => "text",
        other => other,
    }
}

/// Delimited text.
fn delimited(body: &str) -> Option<Words> {
    let has = |part: &str| body.contains(part);
    let file =
        between(body, "\n  file = ", "\n").or_else(|| between(body, "sniffing file \"", "\""));
    if has("not possible to automatically detect") {
        let hint = "check that it starts with a header and rows";
        return Some(of_file("it is not clear how its lines are divided into cells", file, hint));
    }
    let line = number(after(body, "CSV Error on Line: ")?);
    let repair = "fix that line in the file";
    let (what, hint) = if has("unterminated quote") {
        ("a quote is opened but not closed".to_owned(), repair)
    } else if let Some(counts) = after(body, "Expected Number of Columns: ") {
        let found = after(counts, "Found: ").map_or("another number", number);
        (format!("a row has {found} cells where {} are expected", number(counts)), repair)
    } else if has("nvalid unicode") || has("not utf-8") {
        ("the text is not valid UTF-8".to_owned(), "save the file as UTF-8")
    } else if has("Maximum line size") {
        ("a line is longer than can be read".to_owned(), "check that its quotes match")
    } else if let Some(rest) = after(body, "Error when converting column \"") {
        let column = rest.split_once('"').map_or(rest, |(column, _)| column);
        let value = between(rest, "string \"", "\" to").unwrap_or_default();
        let wanted = kind(between(rest, "\" to '", "'").unwrap_or("value of its type"));
        let what = format!("{} is not a valid {wanted} in column \"{column}\"", quoted(value));
        (what, repair)
    } else {
        let lines = body.lines().skip(1).filter(|line| !line.starts_with("Original Line"));
        let said = lines.map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        (format!("a row cannot be read: {}", first_sentence(said)), repair)
    };
    Some(of_file(format!("{what}, on line {line}"), file, hint))
}

fn json(body: &str) -> Option<Words> {
    let whole = "check that it holds whole JSON records";
    if body.contains("maximum_object_size") {
        let what = "a JSON value in it is larger than can be read";
        return Some(of_file(what, between(body, "file \"", "\""), whole));
    }
    let is_malformed = body.starts_with("Malformed JSON");
    if !is_malformed && !body.starts_with("JSON transform error") {
        return None;
    }
    let file = between(body, "in file \"", "\"");
    let record = || after(body, "in record/value ").map(|n| format!(", in record {}", number(n)));
    let place = after(body, " in line ").map(|n| format!(", on line {}", number(n)));
    let place = place.or_else(record).unwrap_or_default();
    let why = body.lines().next().unwrap_or_default().rsplit(": ");
    let what = match is_malformed {
        true => {
            let why = why.into_iter().next().unwrap_or_default().trim_end_matches(['.', ' ']);
            format!("it is not well-formed: {why}{place}")
        }
        false => {
            let value = between(body, "numerical: \"", "\"").map(quoted);
            let value = value.unwrap_or_else(|| "a value".to_owned());
            format!("{value} does not fit the other values of its key{place}")
        }
    };
    Some(of_file(what, file, whole))
}

/// Compressed files and Parquet.
fn packed(body: &str) -> Option<Words> {
    let has = |part: &str| body.contains(part);
    let again = "get another copy of the file, or a backup";
    let unpacked = "give it a name without that ending, or compress it again";
    let at_end = || after(body, "stream: ").map(|rest| rest.lines().next().unwrap_or_default());
    if has("not a GZIP stream") {
        return Some(of_file(
            "it is not compressed with gzip, as its name says",
            at_end(),
            unpacked,
        ));
    }
    if has("Unknown frame descriptor") {
        return Some(of_file("it is not compressed with zstd, as its name says", None, unpacked));
    }
    if has("Unexpected end of GZIP stream") {
        return Some(of_file(
            "it is cut short: its compressed content is incomplete",
            at_end(),
            again,
        ));
    }
    let named = between(body, "file '", "'").or_else(|| between(body, "file \"", "\""));
    if has("magic bytes") || has("too small to be a Parquet") {
        let hint = "check that the right file was chosen";
        return Some(of_file("it is not a whole Parquet file", named, hint));
    }
    let broken =
        ["Decompression failure", "Failed to read file", "snappy", "Snappy", "ZSTD", "TProtocol"];
    broken.iter().any(|part| has(part)).then(|| of_file("it is damaged", named, again))
}

/// Files that cannot be opened, read or written.
fn file(body: &str) -> Option<Words> {
    let has = |part: &str| body.contains(part);
    // What is written aside is told in a document of its own, with coded quotes.
    let named = between(body, "file \\\"", "\\\"").or_else(|| between(body, "file \"", "\""));
    if has("replaying WAL") {
        let hint = "copy both files again while nothing writes to them";
        return Some(of_file("its log of pending changes cannot be read", named, hint));
    }
    if has("No files found that match") {
        let pattern = between(body, "pattern \"", "\"");
        return Some(of_file("it is no longer there", pattern, "open the source again"));
    }
    if has("Could not read enough bytes") {
        return Some(of_file(
            "it is cut short",
            named,
            "get another copy of the file, or a backup",
        ));
    }
    if has("No such file or directory") || has("database does not exist") {
        return Some(of_file("it is no longer there", named, "open the source again"));
    }
    if has("Permission denied") {
        return Some(of_file(
            "there is no permission to open it",
            named,
            "change the file's permissions",
        ));
    }
    if has("Too many open files") {
        let hint = "close other programs, or allow more with ulimit -n";
        return Some(told("too many files are open at once", hint));
    }
    has("Input/output error")
        .then(|| of_file("the disk cannot read it", named, "check the disk, and get another copy"))
}

/// Values that cannot be converted to another type.
fn value(body: &str) -> Option<Words> {
    let hint = "leave such values out, or compare them as text";
    let is_no = |value: &str, wanted: &str| {
        told(format!("{} is not a valid {wanted}", quoted(value)), hint)
    };
    if let Some(rest) = after(body, "Could not convert string '") {
        let (value, rest) = rest.split_once("' to ")?;
        let wanted = rest.split(['\n', ' ', '.', '"']).next().unwrap_or_default();
        let column = after(rest, "when casting from source column ");
        let column = column.and_then(|column| column.split(['\n', ' ']).next());
        let of = column.map(|column| format!(" of {column}")).unwrap_or_default();
        return Some(told(format!("{}{of} is not a valid {}", quoted(value), kind(wanted)), hint));
    }
    for (start, wanted) in [
        ("invalid timestamp field format: \"", "date and time"),
        ("timestamp field value out of range: \"", "date and time"),
        ("invalid date field format: \"", "date"),
        ("date field value out of range: \"", "date"),
        ("time field value out of range: \"", "time of day"),
        ("Could not convert string \"", "value of that type"),
        ("Could not parse string \"", "date and time"),
    ] {
        if let Some(value) = between(body, start, "\"") {
            return Some(is_no(value, wanted));
        }
    }
    if let Some(types) = between(body, "Unimplemented type for cast (", ")") {
        let (from, to) = types.split_once(" -> ")?;
        let what = format!("a {} cannot be converted to a {}", kind(from), kind(to));
        return Some(told(what, "compare it with a value of its own type"));
    }
    if let Some((value, to)) = between(body, "with value ", " can't be cast")
        .zip(after(body, "destination type ").map(first_sentence))
    {
        return Some(told(format!("{value} is too large for {}", to.trim()), hint));
    }
    if let Some(value) = between(body, "Casting value \"", "\"") {
        return Some(told(format!("{value} has more digits than its type holds"), hint));
    }
    let compared = between(body, "Cannot compare values of type ", " - ")
        .or_else(|| between(body, "Cannot mix values of type ", " in "))?;
    let (a, b) = compared.split_once(" and ").unwrap_or((compared, "another type"));
    let b = b.trim_start_matches("type ").split(' ').next().unwrap_or_default();
    let what = format!("a {} cannot be compared with a {}", kind(a), kind(b));
    Some(told(what, "compare it with a value of its own type"))
}

/// How messages about an invalid regular expression begin.
const PATTERN: [&str; 11] = [
    "missing ]",
    "missing )",
    "unexpected )",
    "no argument for repetition",
    "bad repetition",
    "invalid escape",
    "invalid perl operator",
    "invalid character class",
    "invalid named capture",
    "invalid repetition",
    "trailing \\",
];

fn pattern(body: &str) -> Option<Words> {
    let is_about = PATTERN.iter().any(|start| body.starts_with(start));
    is_about.then(|| {
        let what = format!("the pattern is not a regular expression: {}", first_sentence(body));
        told(what, "check its brackets and backslashes")
    })
}

fn arithmetic(body: &str) -> Option<Words> {
    let has = |part: &str| body.contains(part);
    if has("Division by zero") {
        return Some(told("something is divided by zero", "leave out the rows with a zero there"));
    }
    if has("Overflow in ") || has("Out of Range") {
        let hint = "convert it to a decimal or a floating-point number first";
        return Some(told("a number becomes larger than its type holds", hint));
    }
    if has("cannot take logarithm") || has("cannot take square root") {
        let hint = "leave out the rows with such numbers";
        return Some(told("there is no result for a number this small", hint));
    }
    None
}

/// Names that mean nothing.
fn name(body: &str) -> Option<Words> {
    let none = |what: String| {
        let available = between(body, "Candidate bindings: ", "\n");
        let near = match available {
            Some(names) => Some(format!("available: {}", names.replace('"', ""))),
            None => between(body, "Did you mean \"", "\"")
                .map(|other| format!("perhaps {other} is meant")),
        };
        match near {
            Some(hint) => Words { cause: Cause::NoSuchName, ..told(what, hint) },
            None => told(what, "check the spelling"),
        }
    };
    if let Some(column) = between(body, "Referenced column \"", "\" not found") {
        return Some(none(format!("there is no column {column}")));
    }
    if body.contains("referenced that exists in the SELECT clause") {
        let column = between(body, "olumn \"", "\"").unwrap_or("a column");
        return Some(told(format!("there is no column {column}"), "check the spelling"));
    }
    if let Some(column) = between(body, "does not have a column named \"", "\"") {
        return Some(none(format!("there is no column {column}")));
    }
    if let Some(table) = between(body, "Referenced table \"", "\" not found") {
        return Some(none(format!("there is no table {table}")));
    }
    if let Some((kind, name)) =
        between(body, "", " does not exist!").and_then(|start| start.split_once(" with name "))
    {
        let kind = match kind.to_lowercase() {
            kind if kind.contains("function") => "function".to_owned(),
            kind => kind,
        };
        return Some(none(format!("there is no {kind} {name}")));
    }
    if let Some(column) = between(body, "Ambiguous reference to column name \"", "\"") {
        let what = format!("{column} is a column of more than one of the tables");
        return Some(told(what, "write the table's name before it"));
    }
    let call = between(body, "given name and argument types '", "'")
        .or_else(|| between(body, "function call \"", "\""));
    if let Some((name, rest)) = call.and_then(|call| call.split_once('(')) {
        let types = rest.trim_end_matches(')').replace("STRING_LITERAL", "text");
        return Some(told(format!("{name} cannot be used with {types}"), "pass it other values"));
    }
    None
}

/// Statements that cannot be run.
fn statement(kind: Type, body: &str) -> Option<Words> {
    let has = |part: &str| body.contains(part);
    if has("Current transaction is aborted") {
        return Some(told("an earlier statement failed", ""));
    }
    if kind == Type::Internal {
        let hint = "open the source again; if it happens again, report it with the file";
        return Some(told("the database had an internal error", hint));
    }
    if let Some(word) = between(body, "syntax error at or near \"", "\"") {
        return Some(told(format!("the SQL is not well-formed near {word}"), "check it there"));
    }
    if has("syntax error at end of input") || has("unterminated quoted") {
        return Some(told("the SQL ends too early", "check its quotes and parentheses"));
    }
    if has("Contents of view were altered") {
        let what = "a table under the view has other columns than when the view was created";
        return Some(told(what, "create the view again"));
    }
    if has("must appear in the GROUP BY clause") {
        let column = between(body, "column \"", "\"").unwrap_or("a column");
        let what = format!("{column} is neither grouped by nor aggregated");
        return Some(told(what, "group by it, or aggregate it"));
    }
    if has("cannot contain aggregates") {
        return Some(told(
            "an aggregate is used where a value of one row belongs",
            "move it to HAVING",
        ));
    }
    if has("More than one row returned by a subquery") {
        let what = "a query used as one value returns several rows";
        return Some(told(what, "aggregate it, or limit it to one row"));
    }
    if has("onstraint violation") || has("onstraint failed") {
        return Some(told(first_sentence(body), "look for duplicate rows"));
    }
    let extension =
        between(body, "extension \"", "\"").or_else(|| between(body, "the extension ", " "));
    if kind == Type::MissingExtension || has("in the extension") || has("AUTOLOAD") {
        let what = match extension {
            Some(name) => format!("it needs {name}, which is not part of this program"),
            None => "it needs an extension that is not part of this program".to_owned(),
        };
        return Some(told(what, "store the result as a table in the file, and read that"));
    }
    if kind == Type::NotImplemented {
        let hint = "write it another way";
        return Some(told(format!("the database cannot do this: {}", first_sentence(body)), hint));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;

    /// What the database itself says about a statement that fails.
    fn provoked(sql: &str) -> String {
        let connection = Connection::open_in_memory().unwrap();
        match connection.execute_batch(sql) {
            Err(duckdb::Error::DuckDBFailure(_, Some(message))) => message,
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[track_caller]
    fn check(sql: &str, what: &str, hint: &str) {
        let message = provoked(sql);
        let words = of(&message);
        assert_eq!((words.what.as_str(), words.hint.as_str()), (what, hint), "{message}");
    }

    #[test]
    fn values_that_do_not_fit_are_told_as_such() {
        let hint = "leave such values out, or compare them as text";
        check("SELECT 'x'::INTEGER", "\"x\" is not a valid whole number", hint);
        check("SELECT 'a''b'::DOUBLE", "\"a'b\" is not a valid number", hint);
        check("SELECT 'x'::DATE", "\"x\" is not a valid date", hint);
        check("SELECT 'yesterday'::TIMESTAMP", "\"yesterday\" is not a valid date and time", hint);
        check("SELECT DATE '2024-13-01'", "\"2024-13-01\" is not a valid date", hint);
        check("SELECT 300::INTEGER::TINYINT", "300 is too large for INT8", hint);
        let own = "compare it with a value of its own type";
        check("SELECT 1 = DATE '2024-01-01'", "a whole number cannot be converted to a date", own);
        check(
            "SELECT 9223372036854775807 + 1",
            "a number becomes larger than its type holds",
            "convert it to a decimal or a floating-point number first",
        );
        check(
            "SELECT 1 // 0",
            "something is divided by zero",
            "leave out the rows with a zero there",
        );
        check(
            "SELECT regexp_matches('a', '(b')",
            "the pattern is not a regular expression: missing ): (b",
            "check its brackets and backslashes",
        );
        check(
            "SELECT code::INTEGER FROM (VALUES ('7'), ('7x')) t(code) WHERE code <> 'y'",
            "\"7x\" of code is not a valid whole number",
            hint,
        );
    }

    #[test]
    fn names_that_mean_nothing_are_told_with_those_that_do() {
        check("SELECT x FROM (SELECT 1 AS y)", "there is no column x", "available: y");
        check("SELECT * FROM nowhere", "there is no table nowhere", &near("SELECT * FROM nowhere"));
        check("SELECT nosuch(1)", "there is no function nosuch", &near("SELECT nosuch(1)"));
        check("SELECT sum('a'::BLOB)", "sum cannot be used with BLOB", "pass it other values");
        check("SELEC 1", "the SQL is not well-formed near SELEC", "check it there");
    }

    /// Which other name the database thinks of is its own affair.
    fn near(sql: &str) -> String {
        let message = provoked(sql);
        let name = between(&message, "Did you mean \"", "\"");
        name.map_or_else(
            || "check the spelling".to_owned(),
            |name| format!("perhaps {name} is meant"),
        )
    }

    #[test]
    fn files_that_cannot_be_read_are_named_with_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.display().to_string()
        };
        let text = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'";
        let csv = |name: &str, bytes: &[u8], types: &str| {
            let path = at(name, bytes);
            format!("SELECT a, b FROM read_csv('{path}', {text}, columns = {types})")
        };
        let texts = "{'a': 'VARCHAR', 'b': 'VARCHAR'}";
        let json = at("a.json", b"{\"a\": 1}\n{\"a\": \n");
        let packed = at("a.csv.gz", b"a,b\n1,2\n");
        let parquet = at("a.parquet", b"PAR1 and nothing else");
        for (sql, what, name) in [
            (
                csv("1a.csv", b"a,b\n1,\"x\n", texts),
                "a quote is opened but not closed, on line 2",
                "1a.csv",
            ),
            (
                csv("2a.csv", b"a,b\n1,2\n1,2,3\n", texts),
                "a row has 3 cells where 2 are expected, on line 3",
                "2a.csv",
            ),
            (
                csv("3a.csv", b"a,b\n1,\xff\xfe\n", texts),
                "the text is not valid UTF-8, on line 2",
                "3a.csv",
            ),
            (
                csv("4a.csv", b"a,b\n1,2\nx,2\n", "{'a': 'BIGINT', 'b': 'VARCHAR'}"),
                "\"x\" is not a valid whole number in column \"a\", on line 3",
                "4a.csv",
            ),
            (
                format!(
                    "SELECT * FROM read_json('{json}', format = 'newline_delimited', \
                     columns = {{'a': 'BIGINT'}})"
                ),
                "it is not well-formed: unexpected end of data, on line 3",
                "a.json",
            ),
            (
                format!("SELECT * FROM read_csv('{packed}', columns = {texts})"),
                "it is not compressed with gzip, as its name says",
                "a.csv.gz",
            ),
            (
                format!("SELECT * FROM read_parquet('{parquet}')"),
                "it is not a whole Parquet file",
                "a.parquet",
            ),
            (
                "SELECT * FROM read_parquet('/nowhere/b.parquet')".to_owned(),
                "it is no longer there",
                "b.parquet",
            ),
        ] {
            let message = provoked(&sql);
            let words = of(&message);
            assert_eq!(words.what, what, "{message}");
            assert!(words.file.as_ref().is_some_and(|file| file.ends_with(name)), "{message}");
            assert!(!words.hint.is_empty(), "{message}");
        }
    }

    #[test]
    fn what_is_not_known_is_cut_to_its_first_sentence() {
        let what = |message: &str| of(message).what;
        assert_eq!(
            what("Invalid Input Error: This is odd. Use SET odd=false, or TRY(…)"),
            "This is odd"
        );
        assert_eq!(what("Binder Error: Something new!\n\nLINE 1: SELECT …"), "Something new");
        assert_eq!(what("INTERNAL Error: Attempted to …"), "the database had an internal error");
        let ours = "it would open /a: b; and nothing. is opened";
        assert_eq!(what(ours), ours, "a sentence of ours stays");
    }
}
