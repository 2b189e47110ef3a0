//! What a sync stops at until a person says to go on.

use crate::activate::ledger::Before;
use crate::model::activation::{Guard, Mode, Stopped, SyncCounts, SyncLimits};
use crate::model::failure::Failure;
use crate::model::value::grouped;

/// What is planned, beside what was sent before.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// The plan.
    pub counts: SyncCounts,
    /// Members of the cohort or segment.
    pub members: u64,
    /// Members that have not consented.
    pub without_consent: u64,
    /// What of changes is sent.
    pub mode: Mode,
    /// Whether it goes on with a sync that was ended from outside.
    pub resumes: bool,
    /// Members that the destination has.
    pub held: u64,
    /// The sync before.
    pub before: Option<&'a Before>,
    /// The source.
    pub source: &'a str,
    /// Its run that is shown.
    pub source_run: Option<u64>,
    /// A hash of what is mapped to what.
    pub mapping: &'a str,
    /// The activation's limits.
    pub limits: SyncLimits,
}

/// Everything that this stops at.
pub fn stopped(now: &Circumstances<'_>) -> Vec<Stopped> {
    let mut found = Vec::new();
    let mut stop = |guard, what: String| found.push(Stopped { guard, what });
    let counts = &now.counts;
    if now.members == 0 {
        stop(Guard::Empty, "nobody is in it".to_owned());
    }
    let share = |part: u64| part.saturating_mul(100) / now.held.max(1);
    let (removals, growth) = (now.limits.removals_max_percent, now.limits.growth_max_percent);
    // Compared as products: a part of a percent counts.
    let beyond = |part: u64, percent: u32| {
        part.saturating_mul(100) > now.held.saturating_mul(u64::from(percent))
    };
    if counts.removes > 0 && beyond(counts.removes, removals) {
        let (many, of, share) = (grouped(counts.removes), grouped(now.held), share(counts.removes));
        stop(
            Guard::Removals,
            format!("{many} of {of} would be removed ({share} %; the limit is {removals} %)"),
        );
    }
    if now.held > 0 && growth > 0 && beyond(counts.adds, growth) {
        let (many, of, share) = (grouped(counts.adds), grouped(now.held), share(counts.adds));
        stop(
            Guard::Growth,
            format!("{many} would be added to {of} ({share} %; the limit is {growth} %)"),
        );
    }
    if let Some(before) = now.before.filter(|_| now.held > 0) {
        if before.mapping != now.mapping {
            let what = format!(
                "the mapping is not the one of sync {}; {} would be sent again",
                before.run,
                grouped(counts.updates)
            );
            stop(Guard::Mapping, what);
        }
        if before.source != now.source {
            let (run, source) = (before.run, &before.source);
            stop(Guard::Source, format!("sync {run} was made from another source: {source}"));
        }
        if let (Some(last), Some(shown)) = (before.source_run, now.source_run)
            && shown < last
        {
            stop(
                Guard::Run,
                format!("run {shown} is older than run {last}, sent by {}", before.run),
            );
        }
    }
    // What is not known is left aside; but who is removed should not be worked out from half a list.
    if counts.waiting > 0 && now.mode.removes() && !now.resumes {
        let many = grouped(counts.waiting);
        let what = format!("of {many} rows sent before it is not known whether they arrived");
        stop(Guard::Unfinished, what);
    }
    if now.without_consent > 0 {
        let many = grouped(now.without_consent);
        stop(Guard::Consent, format!("{many} have not consented; they are not sent"));
    }
    found
}

/// The failure of a sync that these stop, if they do.
///
/// # Errors
/// When something stops it that `force` does not name.
pub fn refuse(stopped: &[Stopped], force: &[Guard], activation: &str) -> Result<(), Failure> {
    let left: Vec<&Stopped> =
        stopped.iter().filter(|stopped| !force.contains(&stopped.guard)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let what: Vec<&str> = left.iter().map(|stopped| stopped.what.as_str()).collect();
    let force: Vec<String> =
        left.iter().map(|stopped| format!("--force {}", stopped.guard.word())).collect();
    let mut hint = format!("look at it with --dry-run; go on with {}", force.join(" "));
    if left.iter().any(|stopped| stopped.guard == Guard::Unfinished) {
        hint += ", or say what became of them with `muster syncs PATH --settle`";
    }
    Err(Failure::new(
        format!("nothing was sent: {}", what.join("; ")),
        format!("activation {activation}"),
        hint,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::activation::SyncStatus;

    fn before() -> Before {
        Before {
            run: 4,
            status: SyncStatus::Done,
            source: "/shop".into(),
            source_run: Some(7),
            mapping: "m".into(),
            job: None,
            began: String::new(),
        }
    }

    fn usual(before: Option<&Before>) -> Circumstances<'_> {
        Circumstances {
            counts: SyncCounts::default(),
            members: 100,
            without_consent: 0,
            mode: Mode::Mirror,
            resumes: false,
            held: 100,
            before,
            source: "/shop",
            source_run: Some(7),
            mapping: "m",
            limits: SyncLimits { removals_max_percent: 20, growth_max_percent: 300 },
        }
    }

    fn found(now: &Circumstances<'_>) -> Vec<&'static str> {
        stopped(now).iter().map(|stopped| stopped.guard.word()).collect()
    }

    #[test]
    fn a_usual_sync_stops_at_nothing() {
        let before = before();
        assert!(found(&usual(Some(&before))).is_empty());
        assert!(found(&usual(None)).is_empty());
    }

    #[test]
    fn each_guard_stops_beyond_its_limit_and_not_at_it() {
        let before = before();
        let removing = |removes| Circumstances {
            counts: SyncCounts { removes, ..SyncCounts::default() },
            ..usual(Some(&before))
        };
        assert!(found(&removing(20)).is_empty());
        assert_eq!(found(&removing(21)), ["removals"]);
        let adding = |adds| Circumstances {
            counts: SyncCounts { adds, ..SyncCounts::default() },
            ..usual(Some(&before))
        };
        assert!(found(&adding(300)).is_empty());
        assert_eq!(found(&adding(301)), ["growth"]);
        let odd = Circumstances {
            members: 0,
            source: "/other",
            source_run: Some(6),
            mapping: "n",
            counts: SyncCounts { waiting: 1, ..SyncCounts::default() },
            without_consent: 1,
            ..usual(Some(&before))
        };
        let going_on = Circumstances { resumes: true, ..odd.clone() };
        assert!(!found(&going_on).contains(&"unfinished"));
        assert!(
            !found(&Circumstances { mode: Mode::Upsert, ..odd.clone() }).contains(&"unfinished")
        );
        let all = ["empty", "mapping", "source", "run", "unfinished", "consent"];
        assert_eq!(found(&odd), all);
    }

    #[test]
    fn what_is_forced_is_let_through_and_nothing_else() {
        let stopped = [
            Stopped { guard: Guard::Empty, what: "a".into() },
            Stopped { guard: Guard::Removals, what: "b".into() },
        ];
        assert!(refuse(&stopped, &[Guard::Empty, Guard::Removals], "x").is_ok());
        let failure = refuse(&stopped, &[Guard::Empty], "x").unwrap_err();
        assert_eq!(failure.what, "nothing was sent: b");
        assert!(failure.hint.contains("--force removals"));
    }
}
