//! Moments written in Go's layouts, in which templates ask for the end of the run.

use jiff::civil::DateTime;

/// Words of a layout, longer ones before those that they start with, and what each stands for.
const WORDS: [(&str, &str); 22] = [
    ("2006", "%Y"),
    ("January", "%B"),
    ("Monday", "%A"),
    (".000000", ".%6f"),
    (".000", ".%3f"),
    ("Jan", "%b"),
    ("Mon", "%a"),
    ("MST", "UTC"),
    ("Z07:00", "Z"),
    ("-07:00", "+00:00"),
    ("-0700", "+0000"),
    ("01", "%m"),
    ("02", "%d"),
    ("15", "%H"),
    ("03", "%I"),
    ("04", "%M"),
    ("05", "%S"),
    ("06", "%y"),
    ("PM", "%p"),
    ("_2", "%e"),
    ("1", "%-m"),
    ("2", "%-d"),
];

/// `moment`, which is in UTC, written in a Go layout such as `2006-01-02 15:04:05`.
///
/// # Source
/// The reference time of Go's package `time`.
pub(super) fn written(moment: &DateTime, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while let Some(first) = rest.chars().next() {
        if let Some((word, form)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            out.push_str(&moment.strftime(form).to_string());
            rest = &rest[word.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_moment_reads_as_go_writes_it() {
        let moment = date(2026, 11, 5).at(16, 7, 9, 123_456_000);
        for (layout, expected) in [
            ("2006-01-02", "2026-11-05"),
            ("2006-01-02 15:04:05", "2026-11-05 16:07:09"),
            ("2006-01-02T15:04:05Z07:00", "2026-11-05T16:07:09Z"),
            ("2006-01-02 15:04:05.000000", "2026-11-05 16:07:09.123456"),
            ("02 Jan 06 03:04 PM", "05 Nov 26 04:07 PM"),
            ("January 2, 2006", "November 5, 2026"),
            ("20060102", "20261105"),
            ("ends", "ends"),
        ] {
            assert_eq!(written(&moment, layout), expected, "{layout}");
        }
    }
}
