//! What the paths that were opened mean.

use std::io::Read as _;
use std::path::Path;

/// Whether a path is a DuckDB database file: by its first bytes, or by its name.
pub fn is_database(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let mut head = [0_u8; 12];
    let read = std::fs::File::open(path).and_then(|mut f| f.read(&mut head)).unwrap_or(0);
    if read == 12 && &head[8..12] == b"DUCK" {
        return true;
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    matches!(extension.as_str(), "duckdb" | "ddb" | "db")
}
