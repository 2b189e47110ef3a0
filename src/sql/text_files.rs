//! Reading delimited text: one `read_csv` for each part, and what becomes of the text.

use super::files::{file_list, type_list};
use super::pieces::{ident, text};
use super::{Sql, number};
use crate::model::reading::{
    DateOrder, Dialect, Encoding, Form, Marks, TextColumn, TextFiles, TextPart,
};

/// What stands after `FROM` to read files of text.
///
/// Where one reader can make all columns what they are, it does, and nothing stands around it.
pub(super) fn from_text_files(files: &TextFiles) -> Sql {
    let read = |part: &TextPart| read_csv(part, &files.columns);
    if let [part] = files.parts.as_slice()
        && files.columns.iter().all(is_read_as_is)
        && part.columns.iter().copied().eq(0..files.columns.len())
    {
        return read(part);
    }
    let rows = match files.parts.as_slice() {
        [part] => read(part),
        parts => {
            let each = parts.iter().map(|part| Sql::fill("SELECT * FROM {}", &[&read(part)]));
            Sql::join(each, " UNION ALL BY NAME ").nested()
        }
    };
    let columns = files.columns.iter().map(|column| {
        let name = ident(&column.name);
        match is_read_as_is(column) {
            true => name,
            false => Sql::fill("{} AS {}", &[&converted(column), &name]),
        }
    });
    Sql::fill("(SELECT {} FROM {})", &[&Sql::join(columns, ", "), &rows])
}

/// Whether the reader by itself turns a column's text into what it should become.
fn is_read_as_is(column: &TextColumn) -> bool {
    let simple = match &column.form {
        Form::Text
        | Form::Whole
        | Form::Huge
        | Form::Exact(_)
        | Form::Number
        | Form::YesNo
        | Form::Date(None)
        | Form::Time => true,
        Form::Moment(patterns) => patterns.is_empty(),
        Form::Marked(_) | Form::Date(Some(_)) | Form::Instant(_) => false,
    };
    simple && column.missing.is_empty() && !column.forced
}

fn read_csv(part: &TextPart, columns: &[TextColumn]) -> Sql {
    let typed: Vec<(String, String)> = part
        .columns
        .iter()
        .map(|index| {
            let column = &columns[*index];
            let type_name = match is_read_as_is(column) {
                true => column.form.type_name(),
                false => "VARCHAR".to_owned(),
            };
            (column.name.clone(), type_name)
        })
        .collect();
    let options = options(&part.dialect, &typed);
    Sql::fill("read_csv({}, {})", &[&file_list(&part.paths), &options])
}

fn options(dialect: &Dialect, columns: &[(String, String)]) -> Sql {
    let mark = |c: Option<char>| text(&c.map_or(String::new(), String::from));
    let yes_no = |yes: bool| Sql::raw(if yes { "true" } else { "false" });
    let mut options = vec![
        Sql::raw("auto_detect = false"),
        Sql::fill("delim = {}", &[&text(&dialect.delimiter)]),
        Sql::fill("quote = {}", &[&mark(dialect.quote)]),
        Sql::fill("escape = {}", &[&mark(dialect.escape)]),
        Sql::fill("header = {}", &[&yes_no(dialect.header)]),
        Sql::fill("columns = {}", &[&type_list(columns)]),
        // Quotes with nothing between are empty text.
        Sql::raw("allow_quoted_nulls = false"),
    ];
    if dialect.skip_lines > 0 {
        options.push(Sql::fill("skip = {}", &[&number(dialect.skip_lines)]));
    }
    if let Some(comment) = dialect.comment {
        options.push(Sql::fill("comment = {}", &[&text(&comment.to_string())]));
    }
    match &dialect.encoding {
        Encoding::Utf8 => {}
        Encoding::Utf16 => options.push(Sql::raw("encoding = 'utf-16'")),
        Encoding::Latin1 => options.push(Sql::raw("encoding = 'latin-1'")),
        Encoding::Other(name) => {
            options.push(Sql::fill("encoding = {}", &[&text(&name_for_extension(name))]));
        }
    }
    if dialect.plain {
        options.push(Sql::raw("compression = 'none'"));
    }
    if dialect.carriage_returns {
        options.push(Sql::raw(r"new_line = '\r'"));
    }
    if let Some(bytes) = dialect.longest_line {
        options.push(Sql::fill("max_line_size = {}", &[&number(bytes)]));
    }
    if dialect.lenient {
        options.push(Sql::raw("null_padding = true, ignore_errors = true, strict_mode = false"));
    }
    if dialect.by_one {
        options.push(Sql::raw("parallel = false"));
    }
    Sql::join(options, ", ")
}

/// What DuckDB's extension `encodings` calls an encoding.
fn name_for_extension(name: &str) -> String {
    match name.strip_prefix("windows-") {
        Some(page) => format!("CP{page}"),
        None => name.to_lowercase().replace("iso-", "").replace("8859-", "8859_"),
    }
}

/// A column's text as what it becomes.
fn converted(column: &TextColumn) -> Sql {
    let mut cell = ident(&column.name);
    if column.form == Form::Text {
        return cell;
    }
    if !column.missing.is_empty() || column.forced {
        cell = Sql::fill("trim({})", &[&cell]);
    }
    for word in &column.missing {
        cell = Sql::fill("nullif({}, {})", &[&cell, &text(word)]);
    }
    let cast = Sql::raw(if column.forced { "TRY_CAST" } else { "CAST" });
    let to = |cell: &Sql| {
        let type_name = Sql::type_name(column.form.type_name());
        Sql::fill("{}({} AS {})", &[&cast, cell, &type_name])
    };
    let by_patterns = |patterns: &[String]| {
        let list = Sql::join(patterns.iter().map(|p| text(p)), ", ");
        let list = if patterns.len() == 1 { list } else { Sql::fill("[{}]", &[&list]) };
        let parse = Sql::raw(if column.forced { "try_strptime" } else { "strptime" });
        Sql::fill("{}({}, {})", &[&parse, &cell, &list])
    };
    match &column.form {
        Form::Marked(marks) => to(&without_marks(cell, marks)),
        Form::Date(Some(pattern)) => to(&by_patterns(std::slice::from_ref(pattern))),
        Form::Moment(patterns) if !patterns.is_empty() => by_patterns(patterns),
        Form::Instant(order) => to(&with_plain_offset(cell, *order)),
        _ => to(&cell),
    }
}

/// A number as every reader takes it.
fn without_marks(mut cell: Sql, marks: &Marks) -> Sql {
    let mut replace = |what: &str, with: &str| {
        cell = Sql::fill("replace({}, {}, {})", &[&cell, &text(what), &text(with)]);
    };
    if !marks.unit.is_empty() {
        replace(&marks.unit, "");
        replace("\u{a0}", "");
        replace(" ", "");
    }
    if let Some(thousands) = marks.thousands {
        replace(&thousands.to_string(), "");
    }
    if marks.decimal != '.' {
        replace(&marks.decimal.to_string(), ".");
    }
    cell
}

/// A moment with its year first and its offset right after it, as a cast takes it.
fn with_plain_offset(cell: Sql, order: DateOrder) -> Sql {
    let replaced = |cell: Sql, pattern: &str, with: &str| {
        Sql::fill("regexp_replace({}, {}, {})", &[&cell, &text(pattern), &text(with)])
    };
    let cell = match order {
        DateOrder::YearFirst('-') => cell,
        DateOrder::YearFirst(_) => replaced(cell, r"^(\d+)[/.](\d+)[/.](\d+),?", r"\1-\2-\3"),
        DateOrder::DayFirst(_) => replaced(cell, r"^(\d+)[-/.](\d+)[-/.](\d+),?", r"\3-\2-\1"),
        DateOrder::MonthFirst(_) => replaced(cell, r"^(\d+)[-/.](\d+)[-/.](\d+),?", r"\3-\1-\2"),
    };
    let cell = replaced(cell, r" ?(?:[Zz]|UTC|GMT)$", "+00");
    replaced(cell, r" ?([+-]\d\d):?(\d\d)$", r"\1:\2")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn what_one_reader_can_do_has_nothing_around_it() {
        let dialect = Dialect::comma_separated();
        let part = TextPart { paths: vec![PathBuf::from("/a[1].csv")], dialect, columns: vec![0] };
        let column = TextColumn { form: Form::Whole, ..TextColumn::text("n") };
        let mut files = TextFiles { parts: vec![part], columns: vec![column] };
        insta::assert_snapshot!(from_text_files(&files).text(), @r#"read_csv('/a[[]1].csv', auto_detect = false, delim = ',', quote = '"', escape = '"', header = true, columns = {'n': 'BIGINT'}, allow_quoted_nulls = false)"#);
        files.columns[0].missing = vec!["NA".to_owned()];
        insta::assert_snapshot!(from_text_files(&files).text(), @r#"(SELECT CAST(nullif(trim("n"), 'NA') AS BIGINT) AS "n" FROM read_csv('/a[[]1].csv', auto_detect = false, delim = ',', quote = '"', escape = '"', header = true, columns = {'n': 'VARCHAR'}, allow_quoted_nulls = false))"#);
    }
}
