//! `muster check`: what is wrong or odd about a source.

use super::args::SourceArgs;
use super::print::sentence;
use super::session::{Watch, open};
use super::{Lines, Printed, project};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use clap::Args;
use serde::Serialize;

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
            false => Printed::done(&checked.text()),
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
pub(super) struct CheckedFinding<'a> {
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
        Self {
            schema: 1,
            findings: sorted.into_iter().map(CheckedFinding::of).collect(),
            errors: how_many(Severity::Error),
            warnings: how_many(Severity::Warning),
            notes: how_many(Severity::Note),
        }
    }

    fn text(&self) -> Lines {
        let mut out = Lines::default();
        for finding in &self.findings {
            finding.text(&mut out);
        }
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        out.line(format_args!(
            "{}, {}, {}",
            plural(self.errors, "error"),
            plural(self.warnings, "warning"),
            plural(self.notes, "note")
        ));
        out
    }
}

impl<'a> CheckedFinding<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity,
            message: &finding.message,
            file: finding.file.as_ref().map(|path| path.to_string_lossy().into_owned()),
            line: finding.line,
            hint: finding.hint.as_deref(),
        }
    }

    pub(super) fn text(&self, out: &mut Lines) {
        out.line(format_args!("{}: {}", self.severity.word(), sentence(self.message)));
        if let Some(file) = &self.file {
            let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
            out.line(format_args!("  at {file}{line}"));
        }
        if let Some(hint) = self.hint {
            out.line(format_args!("  try: {}", sentence(hint)));
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
