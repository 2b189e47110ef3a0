//! Private temporary folders: readable by their owner alone, under a name that cannot be guessed,
//! and gone when they are no longer needed, however the program ends.
//!
//! ```text
//! ~/.cache/muster-spill-q8Zt0aXw3LbN5cUe7RyK/
//!     .lock         held for as long as the process lives: who can take it may sweep the folder
//!     …             what the folder was made for
//! ```

use super::stop;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PREFIX: &str = "muster-";
const LOCK: &str = ".lock";
/// Letters and digits of a name that are drawn by lot.
const RANDOM: usize = 20;
/// A folder without a lock is one that is being made, unless it is as old as this.
const MAKING: Duration = Duration::from_secs(600);

/// Where private folders are made, the first that can be written to: where `TMPDIR` says; the user's
/// cache, which lies on a disk where the system's temporary folder may be memory; the system's
/// temporary folder.
pub(super) fn places() -> Vec<PathBuf> {
    let chosen = std::env::var_os("TMPDIR").is_some_and(|folder| !folder.is_empty());
    let cache = directories::BaseDirs::new().map(|folders| folders.cache_dir().to_owned());
    let cache = cache.filter(|folder| !chosen && folder.is_dir());
    cache.into_iter().chain([std::env::temp_dir()]).collect()
}

/// A folder for what is only there for a while, that only its owner can look into.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    /// Held until the folder is gone.
    _lock: File,
}

impl PrivateFolder {
    /// Makes one; `purpose` is a word for its name, such as `spill`.
    ///
    /// # Errors
    /// When none of the places for it can be written to.
    pub fn create(purpose: &str) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for place in places() {
            match Self::create_in(&place, purpose) {
                Ok(folder) => return Ok(folder),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn create_in(temporary: &Path, purpose: &str) -> io::Result<Self> {
        loop {
            let prefix = format!("{PREFIX}{purpose}-");
            let mut builder = tempfile::Builder::new();
            builder.prefix(&prefix).rand_bytes(RANDOM);
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
            let made = builder.tempdir_in(temporary)?;
            let lock = OpenOptions::new().write(true).create_new(true).open(made.path().join(LOCK));
            // Another process may take it for a left-behind one before it is locked, and then
            // sweeps it: the next one is made.
            let lock = match lock {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                lock => lock.ok(),
            };
            let Some(lock) = lock.filter(is_held) else { continue };
            let path = made.keep();
            stop::remove_at_end(&path);
            return Ok(Self { path, _lock: lock });
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed now is swept at a later start.
        let _ = fs::remove_dir_all(&self.path);
        stop::removed(&self.path);
    }
}

/// Whether the lock of a new folder is ours and its file still there.
fn is_held(lock: &File) -> bool {
    // A file system without locks is never swept either.
    !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) && is_there(lock)
}

#[cfg(unix)]
fn is_there(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|facts| facts.nlink() > 0)
}

#[cfg(not(unix))]
fn is_there(_: &File) -> bool {
    true
}

/// Removes the folders that processes left behind which are no more. Those of others and those in
/// use stay.
pub fn sweep() {
    for place in places() {
        sweep_in(&place);
    }
}

fn sweep_in(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if is_name(&entry.file_name().to_string_lossy()) && is_left_behind(&path) {
            // One that cannot be removed is tried again at the next start.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// `muster-PURPOSE-` and letters and digits.
fn is_name(name: &str) -> bool {
    let drawn = name.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once('-'));
    drawn.is_some_and(|(purpose, drawn)| {
        !purpose.is_empty()
            && drawn.len() == RANDOM
            && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn is_left_behind(path: &Path) -> bool {
    // The entry itself: what a link leads to is not ours to remove.
    let Ok(facts) = fs::symlink_metadata(path) else { return false };
    if !facts.is_dir() || !is_ours(&facts) {
        return false;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    match options.open(path.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let age = facts.modified().ok().and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age > MAKING)
        }
        Err(_) => false,
    }
}

#[cfg(unix)]
fn is_ours(facts: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(facts) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    // The temporary folder is the user's own there.
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_private_and_goes_with_its_owner() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::create_in(temporary.path(), "spill").unwrap();
        let path = folder.path().to_owned();
        assert!(is_name(&path.file_name().unwrap().to_string_lossy()), "{path:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        }
        fs::write(path.join("rows"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn only_what_is_left_behind_is_swept() {
        let temporary = tempfile::tempdir().unwrap();
        let at = temporary.path();
        let used = PrivateFolder::create_in(at, "spill").unwrap();
        // What a killed process leaves: the folder with a lock that nobody holds.
        let left = at.join("muster-spill-0123456789abcdefghij");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        fs::write(left.join("rows"), "x").unwrap();
        let new = at.join("muster-spill-0123456789abcdefghiK");
        fs::create_dir(&new).unwrap();
        let other = at.join("muster-notes-of-ana");
        fs::create_dir(&other).unwrap();
        fs::write(other.join(LOCK), "").unwrap();
        #[cfg(unix)]
        let link = {
            let target = at.join("mine");
            fs::create_dir(&target).unwrap();
            fs::write(target.join(LOCK), "").unwrap();
            let link = at.join("muster-spill-0123456789abcdefghiL");
            std::os::unix::fs::symlink(&target, &link).unwrap();
            link
        };
        sweep_in(at);
        assert!(used.path().join(LOCK).exists(), "one in use");
        assert!(!left.exists(), "one that was left behind");
        assert!(new.exists(), "one that is being made");
        assert!(other.exists(), "a folder of another name");
        #[cfg(unix)]
        assert!(link.join(LOCK).exists(), "what a link leads to");
    }
}
