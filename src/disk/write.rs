//! Writing: a file is whole or not there, and is written where it was sent.
//!
//! What is written goes to a new file first, which then takes the name. A link that somebody put
//! where that new file is to be is removed, not followed.

use super::{read, stop};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Links that lead to links are followed so often.
const LINKS_MAX: usize = 40;

/// Who may read what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: settings, workspaces, caches.
    Owner,
    /// Whom the system's mask for new files lets.
    AsUsual,
}

/// `FILE.part`: where a file is written before it is renamed into place.
pub fn part_path(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes a file whole or not at all. Where a link has the name, it is replaced by the file; where
/// a file has it, who may read it stays.
///
/// # Errors
/// When its folder is not there or cannot be written to, or something else has the name.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".muster-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(match readers {
        Readers::Owner => 0o600,
        Readers::AsUsual => 0o666,
    }));
    #[cfg(not(unix))]
    let _ = readers;
    let mut part = builder.tempfile_in(folder)?;
    part.write_all(bytes)?;
    if let Some(old) = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file) {
        part.as_file().set_permissions(old.permissions())?;
    }
    part.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

/// Makes a file that was not there, for its owner alone.
///
/// # Errors
/// When it is there already, or cannot be made.
pub fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file of ours for writing and leaves what is in it; made when it is not there, for its
/// owner alone. Never through a link that somebody put there.
///
/// # Errors
/// When it cannot be opened or made.
pub fn open_own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path)
}

/// A file that one process at a time may hold. It is made when it is not there, and let go when it
/// is dropped, however that process ends.
///
/// # Errors
/// `WouldBlock` when another holds it; else when it cannot be made.
pub fn hold(path: &Path) -> io::Result<File> {
    let file = open_own(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        // A file system without locks.
        Err(fs::TryLockError::Error(_)) => Ok(file),
    }
}

/// Copies what is left of a file into a new one, in a folder of ours.
///
/// # Errors
/// When it is there already, or cannot be written.
pub fn copy_into(from: &mut File, to: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(from, &mut file).map(|_| ())
}

/// Whether a file can be made in a folder. It is asked, not tried: looking at a source leaves no
/// trace in its folder.
pub fn is_writable(folder: &Path) -> bool {
    #[cfg(unix)]
    return rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok();
    #[cfg(not(unix))]
    return fs::metadata(folder)
        .is_ok_and(|facts| facts.is_dir() && !facts.permissions().readonly());
}

/// Makes a folder and those above it; what is new is for its owner alone.
///
/// # Errors
/// When it cannot be made.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The file that a person means who names a link: what it leads to, there or not yet. A path that
/// is no link is itself.
///
/// # Errors
/// When links lead in a circle.
pub fn behind_link(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(to) = fs::read_link(&at) else { return Ok(at) };
        at = at.parent().unwrap_or(Path::new("")).join(to);
    }
    Err(io::Error::other("the link leads in a circle"))
}

/// A file on its way; taken away unless it was renamed into place.
#[derive(Debug)]
pub struct PartFile {
    path: PathBuf,
    target: PathBuf,
    file: File,
    renamed: bool,
}

impl PartFile {
    /// Creates `TARGET.part` empty, in place of one that was left behind.
    ///
    /// # Errors
    /// When the folder is not there or may not be written to, something that is not a file has the
    /// target's name, or another process is writing the same file.
    pub fn of(target: &Path) -> io::Result<Self> {
        match read::instead_of_file(target) {
            Some(read::FileKind::Folder) => return Err(io::ErrorKind::IsADirectory.into()),
            Some(what) => return Err(io::Error::other(format!("it is {what}, not a file"))),
            None => {}
        }
        let path = part_path(target);
        remove_left_behind(&path)?;
        // Never through a link: only a file that is new is written to.
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        if !is_held(&file) {
            return Err(busy());
        }
        stop::remove_at_end(&path);
        Ok(Self { path, target: target.to_owned(), file, renamed: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, open for writing.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Takes the content of another file of ours, which is gone afterwards: moved where it can be,
    /// copied to another disk.
    ///
    /// # Errors
    /// When it cannot be read, or its content not be written.
    pub fn take(&mut self, from: &Path) -> io::Result<()> {
        let moved = OpenOptions::new().read(true).write(true).open(from)?;
        if !is_held(&moved) {
            return Err(busy());
        }
        match fs::rename(from, &self.path) {
            Ok(()) => {
                self.file = moved;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                io::copy(&mut &moved, &mut self.file)?;
                fs::remove_file(from)
            }
            Err(error) => Err(error),
        }
    }

    /// The same bytes with these in front, as a copy.
    ///
    /// # Errors
    /// See [`PartFile::take`].
    pub fn take_behind(&mut self, start: &[u8], from: &Path) -> io::Result<()> {
        self.file.write_all(start)?;
        io::copy(&mut read::open(from)?, &mut self.file)?;
        fs::remove_file(from)
    }

    /// Puts it in place of what has the name.
    ///
    /// # Errors
    /// When that cannot be replaced, such as a folder.
    pub fn rename(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.renamed {
            // The failure that led here is told; a leftover is replaced by the next export.
            let _ = fs::remove_file(&self.path);
        }
        stop::removed(&self.path);
    }
}

/// Removes what has the name of a part file: a leftover, or a link; not one that is being written.
fn remove_left_behind(path: &Path) -> io::Result<()> {
    let Ok(facts) = fs::symlink_metadata(path) else { return Ok(()) };
    if facts.is_file() && read::open(path).is_ok_and(|file| is_taken(&file)) {
        return Err(busy());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn busy() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "another program is writing it")
}

/// Whether somebody holds the lock of a part file.
#[cfg(unix)]
fn is_taken(file: &File) -> bool {
    matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

/// Takes the lock of a new part file, which tells others that it is no leftover. `false` when one
/// was quicker and removed it.
#[cfg(unix)]
fn is_held(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    !is_taken(file) && file.metadata().is_ok_and(|facts| facts.nlink() > 0)
}

// A lock would keep the database from writing to the file there; and a file that is open cannot be
// removed.
#[cfg(not(unix))]
fn is_taken(_: &File) -> bool {
    false
}

#[cfg(not(unix))]
fn is_held(_: &File) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_file_takes_the_content_of_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let (target, from) = (folder.path().join("a.csv"), folder.path().join("made"));
        fs::write(&from, "made elsewhere").unwrap();
        let mut part = PartFile::of(&target).unwrap();
        part.take(&from).unwrap();
        assert!(!from.exists());
        assert!(PartFile::of(&target).is_err(), "it is being written");
        part.rename().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "made elsewhere");
    }

    #[test]
    fn a_part_file_is_gone_unless_it_was_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.csv");
        drop(PartFile::of(&target).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(part_path(&target), "left behind").unwrap();
        let mut part = PartFile::of(&target).unwrap();
        part.file().write_all(b"new").unwrap();
        assert!(PartFile::of(&target).is_err(), "it is being written");
        part.rename().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(!part_path(&target).exists());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("mine"), "mine").unwrap();
        symlink(at("mine"), at("a.csv.part")).unwrap();
        let mut part = PartFile::of(&at("a.csv")).unwrap();
        part.file().write_all(b"list").unwrap();
        part.rename().unwrap();
        symlink(at("mine"), at("settings")).unwrap();
        replace(&at("settings"), b"new", Readers::Owner).unwrap();
        assert_eq!(fs::read_to_string(at("mine")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(at("a.csv")).unwrap(), "list");
        assert_eq!(fs::read_to_string(at("settings")).unwrap(), "new");
        let mode = |path: PathBuf| fs::symlink_metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(at("settings")) & 0o777, 0o600);
        create_private_folder(&at("new/deep")).unwrap();
        assert_eq!(mode(at("new")) & 0o777, 0o700);
        assert_eq!(mode(at("new/deep")) & 0o777, 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_a_person_names_means_what_it_leads_to() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("second", at("first")).unwrap();
        symlink(at("not there yet"), at("second")).unwrap();
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        assert_eq!(behind_link(&at("first")).unwrap(), at("not there yet"));
        assert_eq!(behind_link(&at("plain")).unwrap(), at("plain"));
        assert!(behind_link(&at("a")).is_err());
    }
}
