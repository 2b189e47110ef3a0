//! What this process may do at most, kept by the system: a second wall behind those of the program.

use std::path::{Path, PathBuf};

/// The part of all memory that this process may take, as a fraction.
const OF_ALL: (u64, u64) = (9, 10);
/// Beyond what the database may take: for what it does not count, and for the program itself.
const BESIDE: u64 = 2 << 30;

/// Bounds the memory of this process, so that a single value which does not fit ends in an error
/// and not in a machine without memory. `of_database` is what the database may take, when that was
/// said. Does nothing where the system has no such bound.
pub fn memory(of_database: Option<u64>) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let (part, whole) = OF_ALL;
        let all = rustix::system::sysinfo().totalram / whole * part;
        let wanted = of_database.map_or(all, |bytes| (bytes.saturating_mul(2) + BESIDE).min(all));
        let now = getrlimit(Resource::Data);
        let bound = now.maximum.map_or(wanted, |most| most.min(wanted));
        let lower = now.current.is_none_or(|current| bound < current);
        if lower {
            // Without the bound the program works all the same.
            let _ = setrlimit(Resource::Data, Rlimit { current: Some(bound), ..now });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (of_database, OF_ALL, BESIDE);
}

/// From here on this thread, and what it starts, changes no file but in these folders and in the
/// temporary one, whatever it is made to do. Does nothing where the system has no such wall, and
/// then the walls of the program stand alone.
pub fn write_only_in(folders: &[&Path]) {
    #[cfg(target_os = "linux")]
    {
        let mut allowed: Vec<PathBuf> = super::folder::places();
        allowed.extend(folders.iter().map(|folder| folder.to_path_buf()));
        allowed.extend(["/dev/null", "/dev/tty"].map(PathBuf::from));
        // On a system without it the program works all the same.
        let _ = landlocked(&allowed);
    }
    #[cfg(not(target_os = "linux"))]
    let _: (&[&Path], Option<PathBuf>) = (folders, None);
}

/// Whether the system keeps the thread in from now on.
#[cfg(target_os = "linux")]
fn landlocked(allowed: &[PathBuf]) -> Result<bool, landlock::RulesetError> {
    use landlock::{ABI, AccessFs, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _};
    // The third version knows of shortening a file; later ones know nothing more of writing.
    let writing = AccessFs::from_write(ABI::V3);
    let status = Ruleset::default()
        .handle_access(writing)?
        .create()?
        .add_rules(landlock::path_beneath_rules(allowed, writing))?
        .restrict_self()?;
    Ok(status.ruleset != landlock::RulesetStatus::NotEnforced)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_walled_thread_writes_where_it_may_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        fs::create_dir_all(&inside).unwrap();
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("precious"), "precious").unwrap();
        let (inside, precious) = (inside.clone(), outside.join("precious"));
        let walled = std::thread::Builder::new().spawn(move || {
            // Some containers forbid the wall; then there is nothing to try.
            let has_wall = landlocked(std::slice::from_ref(&inside)).is_ok_and(|on| on);
            fs::write(inside.join("new"), "new").unwrap();
            assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
            if has_wall {
                assert!(fs::write(&precious, "changed").is_err());
                assert!(fs::remove_file(&precious).is_err());
                assert!(fs::rename(inside.join("new"), &precious).is_err());
                // What it starts is bound by it too.
                let child = std::thread::Builder::new();
                let write = child.spawn(move || fs::write(&precious, "changed")).unwrap();
                assert!(write.join().unwrap().is_err());
            }
        });
        walled.unwrap().join().unwrap();
        assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "precious");
    }
}
