//! Reading: only what is a regular file, never more of it than was agreed, and without waiting.
//!
//! Opening a pipe waits for whoever writes to it, perhaps for ever; a device may never end. So what
//! stands there is looked at before it is opened, opened without waiting, and looked at again: it
//! may have been exchanged between the two.

use std::fmt;
use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// The most that is read of each kind of text, in bytes.
pub mod limit {
    /// What the window remembers.
    pub const SETTINGS: u64 = 1 << 20;
    /// A workspace, or a segment in a file of its own.
    pub const WORKSPACE: u64 = 4 << 20;
    /// The manifest of a list.
    pub const MANIFEST: u64 = 16 << 20;
    /// A file of a project: YAML, SQL or a template.
    pub const PROJECT_FILE: u64 = 8 << 20;
    /// All files of a project together.
    pub const PROJECT: u64 = 64 << 20;
    /// The plan of a compiled project.
    pub const PLAN: u64 = 64 << 20;
    /// A key.
    pub const KEY: u64 = 1 << 16;
}

/// Opens a regular file for reading; anything else is refused with what it is.
///
/// # Errors
/// When it is not there, may not be read, or is a folder, a pipe, a socket or a device.
pub fn open(path: &Path) -> io::Result<File> {
    regular(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    let file = options.open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// All of a file, as long as it has no more than `most` bytes.
///
/// # Errors
/// As [`open`], and when it is larger.
pub fn whole(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// All of a text file, as long as it has no more than `most` bytes.
///
/// # Errors
/// As [`whole`], and when it is not UTF-8.
pub fn text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = whole(path, most)?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8"))
}

/// The first bytes of a file, at most `most`.
///
/// # Errors
/// As [`open`].
pub fn head(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What may stand at a path. It prints as `a pipe`, `a folder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A pipe: whoever opens it waits for another program.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// None of these.
    Other,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::File => "a file",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Other => "something else",
        })
    }
}

/// What stands at a path where a file is expected. `None` for a file, and for nothing at all.
pub fn instead_of_file(path: &Path) -> Option<FileKind> {
    let facts = std::fs::metadata(path).ok()?;
    (!facts.is_file()).then(|| thing(facts.file_type()))
}

fn regular(facts: &Metadata) -> io::Result<()> {
    match facts.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("it is {}, not a file", thing(facts.file_type())),
        )),
    }
}

pub(super) fn thing(kind: FileType) -> FileKind {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return FileKind::Pipe;
        }
        if kind.is_socket() {
            return FileKind::Socket;
        }
        if kind.is_char_device() || kind.is_block_device() {
            return FileKind::Device;
        }
    }
    match (kind.is_dir(), kind.is_file()) {
        (true, _) => FileKind::Folder,
        (_, true) => FileKind::File,
        _ => FileKind::Other,
    }
}

fn too_large(most: u64) -> io::Error {
    let told = match most >> 20 {
        0 => format!("{} KB", most >> 10),
        megabytes => format!("{megabytes} MB"),
    };
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {told}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(text(&path, 5).unwrap(), "12345");
        assert_eq!(head(&path, 2).unwrap(), b"12");
        let error = text(&path, 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        std::fs::write(&path, b"\xff").unwrap();
        assert!(text(&path, 5).unwrap_err().to_string().contains("UTF-8"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let told = |path: &Path| open(path).unwrap_err().to_string();
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
        assert_eq!(told(&at("pipe")), "it is a pipe, not a file");
        assert_eq!(told(&at("link")), "it is a pipe, not a file");
        assert_eq!(told(&at("socket")), "it is a socket, not a file");
        assert_eq!(told(Path::new("/dev/zero")), "it is a device, not a file");
        assert_eq!(told(folder.path()), "it is a folder, not a file");
        assert_eq!(instead_of_file(&at("pipe")), Some(FileKind::Pipe));
        assert_eq!(instead_of_file(&at("none")), None);
    }
}
