//! `muster verify`: whether a list still matches its manifest, and whether it can be made again.

use super::args::{KeyArgs, LimitArgs};
use super::session::{Watch, key};
use super::{Lines, Printed};
use crate::deliver::verify::{Verdict, verify};
use crate::engine::jobs::rebuild::{Consent, Rebuilt, rebuild};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// `muster verify FILE`
#[derive(Debug, Args)]
pub struct Verify {
    /// The list, or its manifest.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Rebuild the list from the source that the manifest names, and compare.
    #[arg(long)]
    rebuild: bool,
    /// Where the source is now: needed when it is not in the folder of the list, because the
    /// manifest may be somebody else's. May be given several times.
    #[arg(long, value_name = "PATH", requires = "rebuild")]
    source: Vec<PathBuf>,
    /// The folder of the workspace, when the manifest names one that is elsewhere.
    #[arg(long, value_name = "DIR", requires = "rebuild")]
    workspace: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        let verdict = watch.over(|_| verify(&self.file, &mut |_| Ok(())))?;
        let rebuilt = match self.rebuild {
            true => {
                let password = key(&self.key)?;
                let (source, workspace) = (self.source.clone(), self.workspace.clone());
                let consent = Consent { source, workspace, limits: self.limits.impose()? };
                Some(watch.over(|job| rebuild(&verdict, &consent, password.as_deref(), job))?)
            }
            false => None,
        };
        let shown = Verified::of(&verdict, rebuilt.as_ref());
        let status = u8::from(!shown.is_good());
        let printed = match self.json {
            true => Printed::json(&shown),
            false => Printed::done(&shown.text()),
        };
        Ok(printed.with_status(status))
    }
}

#[derive(Debug, Serialize)]
struct Verified<'a> {
    schema: u32,
    file: String,
    manifest: String,
    matches: bool,
    rows: Option<u64>,
    rows_in_manifest: u64,
    sha256: &'a str,
    sha256_in_manifest: &'a str,
    differences: &'a [String],
    rebuilt: Option<VerifiedRebuild<'a>>,
}

#[derive(Debug, Serialize)]
struct VerifiedRebuild<'a> {
    identical: bool,
    rows: u64,
    sha256: &'a str,
    differences: &'a [String],
}

impl<'a> Verified<'a> {
    fn of(verdict: &'a Verdict, rebuilt: Option<&'a Rebuilt>) -> Self {
        Self {
            schema: 1,
            file: verdict.list.to_string_lossy().into_owned(),
            manifest: verdict.manifest_path.to_string_lossy().into_owned(),
            matches: verdict.differences.is_empty(),
            rows: verdict.rows,
            rows_in_manifest: verdict.manifest.rows,
            sha256: &verdict.sha256,
            sha256_in_manifest: &verdict.manifest.sha256,
            differences: &verdict.differences,
            rebuilt: rebuilt.map(|r| VerifiedRebuild {
                identical: r.identical,
                rows: r.rows,
                sha256: &r.sha256,
                differences: &r.differences,
            }),
        }
    }

    fn is_good(&self) -> bool {
        self.matches && self.rebuilt.as_ref().is_none_or(|r| r.identical)
    }

    fn text(&self) -> Lines {
        let rows = grouped(self.rows.unwrap_or(self.rows_in_manifest));
        let mut out = Lines::default();
        match self.matches {
            true => out.line(format_args!("{} matches its manifest: {rows} rows", self.file)),
            false => out.line(format_args!("{} does not match its manifest", self.file)),
        }
        for difference in self.differences {
            out.line(format_args!("  {difference}"));
        }
        if let Some(rebuilt) = &self.rebuilt {
            out.line(match rebuilt.identical {
                true => "Rebuilt: the same, byte for byte",
                false => "Rebuilt: not the same",
            });
            for difference in rebuilt.differences {
                out.line(format_args!("  {difference}"));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::manifest::tests::sample;

    fn verdict() -> Verdict {
        Verdict {
            list: "/out/list.csv".into(),
            manifest_path: "/out/list.csv.manifest.json".into(),
            manifest: sample(),
            sha256: "ef".into(),
            rows: Some(2),
            differences: vec!["the list has 2 rows, but the manifest says 1".into()],
        }
    }

    #[test]
    fn the_json_reads_like_this() {
        let rebuilt = Rebuilt {
            identical: false,
            sha256: "cd".into(),
            rows: 1,
            differences: vec!["the rebuilt list has other bytes".into()],
        };
        let verdict = verdict();
        let shown = Verified::of(&verdict, Some(&rebuilt));
        assert!(!shown.is_good());
        insta::assert_snapshot!(Printed::json(&shown).text, @r#"
        {
          "schema": 1,
          "file": "/out/list.csv",
          "manifest": "/out/list.csv.manifest.json",
          "matches": false,
          "rows": 2,
          "rows_in_manifest": 1,
          "sha256": "ef",
          "sha256_in_manifest": "cd",
          "differences": [
            "the list has 2 rows, but the manifest says 1"
          ],
          "rebuilt": {
            "identical": false,
            "rows": 1,
            "sha256": "cd",
            "differences": [
              "the rebuilt list has other bytes"
            ]
          }
        }
        "#);
        insta::assert_snapshot!(shown.text(), @r"
        /out/list.csv does not match its manifest
          the list has 2 rows, but the manifest says 1
        Rebuilt: not the same
          the rebuilt list has other bytes
        ");
    }

    #[test]
    fn a_list_that_matches_but_cannot_be_made_again_is_not_good() {
        let verdict = Verdict { differences: vec![], ..verdict() };
        assert!(Verified::of(&verdict, None).is_good());
        let rebuilt =
            Rebuilt { identical: false, sha256: String::new(), rows: 0, differences: vec![] };
        assert!(!Verified::of(&verdict, Some(&rebuilt)).is_good());
    }
}
