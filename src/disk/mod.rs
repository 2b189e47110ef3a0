//! Reading and writing files safely: what somebody else made must not lead either astray.
//!
//! Files, folders, projects, workspaces and manifests come from anywhere. Where a file is expected
//! there may stand a pipe, a device or a link; where text is expected there may be too much of it.
//! All other rooms go through here:
//!
//! - [`read`]: only regular files are opened, and not more is read than was agreed;
//! - [`unpack`]: the same for what is compressed;
//! - [`mod@write`]: whole or not at all, and never through a link that somebody planted;
//! - [`links`]: whether what lies in an opened folder leads out of it;
//! - [`folder`]: folders of our own for what is only there for a while;
//! - [`stop`]: what happens when the program is told to stop;
//! - [`bounds`]: what the system keeps this process from.

pub mod bounds;
pub mod folder;
pub mod links;
pub mod read;
pub mod stop;
pub mod unpack;
pub mod write;

pub use folder::{PrivateFolder, sweep};
pub use read::limit;
pub use write::{PartFile, Readers, part_path};
