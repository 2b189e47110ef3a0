//! `muster check`: what is wrong or odd about a source.

use super::args::SourceArgs;
use super::session::{Watch, open};
use super::{Printed, project};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;

/// `muster check PATH`
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    source: SourceArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        if let Some(project) = project::read(&self.source)? {
            return Ok(self.printed(&project.findings));
        }
        let watch = Watch::new();
        let session = open(&self.source, &watch)?;
        Ok(self.printed(&session.catalog().findings))
    }

    fn printed(&self, findings: &[Finding]) -> Printed {
        let checked = Checked::of(findings);
        let status = u8::from(checked.errors > 0);
        let printed = match self.json {
            true => Printed::json(&checked),
            false => Printed::done(checked.text()),
        };
        printed.with_status(status)
    }
}

/// How many findings are errors.
pub(super) fn errors_in(findings: &[Finding]) -> usize {
    findings.iter().filter(|f| f.severity == Severity::Error).count()
}

#[derive(Debug, Serialize)]
struct Checked<'a> {
    schema: u32,
    findings: Vec<CheckedFinding<'a>>,
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Debug, Serialize)]
struct CheckedFinding<'a> {
    severity: Severity,
    message: &'a str,
    file: Option<String>,
    line: Option<u64>,
    hint: Option<&'a str>,
}

impl<'a> Checked<'a> {
    /// The worst first, otherwise in the order found.
    fn of(findings: &'a [Finding]) -> Self {
        let how_many = |severity| findings.iter().filter(|f| f.severity == severity).count();
        let mut sorted: Vec<&Finding> = findings.iter().collect();
        sorted.sort_by_key(|f| f.severity);
        let finding = |f: &'a Finding| CheckedFinding {
            severity: f.severity,
            message: &f.message,
            file: f.file.as_ref().map(|path| path.to_string_lossy().into_owned()),
            line: f.line,
            hint: f.hint.as_deref(),
        };
        Self {
            schema: 1,
            findings: sorted.into_iter().map(finding).collect(),
            errors: how_many(Severity::Error),
            warnings: how_many(Severity::Warning),
            notes: how_many(Severity::Note),
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            finding.text(&mut out);
        }
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let _ = writeln!(
            out,
            "{}, {}, {}",
            plural(self.errors, "error"),
            plural(self.warnings, "warning"),
            plural(self.notes, "note")
        );
        out
    }
}

impl CheckedFinding<'_> {
    fn text(&self, out: &mut String) {
        let word = self.severity.word();
        let _ = writeln!(out, "{word}: {}", self.message);
        if let Some(file) = &self.file {
            let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ = writeln!(out, "  at {file}{line}");
        }
        if let Some(hint) = self.hint {
            let _ = writeln!(out, "  try: {hint}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding::new(Severity::Note, "orders has no rows"),
            Finding::new(Severity::Error, "2 rows do not fit")
                .at("/data/a.csv", Some(7))
                .hint("close the quote"),
        ]
    }

    #[test]
    fn the_json_reads_like_this() {
        insta::assert_snapshot!(Printed::json(&Checked::of(&findings())).text, @r#"
        {
          "schema": 1,
          "findings": [
            {
              "severity": "error",
              "message": "2 rows do not fit",
              "file": "/data/a.csv",
              "line": 7,
              "hint": "close the quote"
            },
            {
              "severity": "note",
              "message": "orders has no rows",
              "file": null,
              "line": null,
              "hint": null
            }
          ],
          "errors": 1,
          "warnings": 0,
          "notes": 1
        }
        "#);
    }

    #[test]
    fn the_text_reads_like_this() {
        insta::assert_snapshot!(Checked::of(&findings()).text(), @r"
        error: 2 rows do not fit
          at /data/a.csv:7
          try: close the quote
        note: orders has no rows
        1 error, 0 warnings, 1 note
        ");
    }
}
