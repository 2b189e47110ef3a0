//! How much of this machine SQL that somebody else wrote may use: that of views in an opened file
//! and that of a project.

use std::time::Duration;

/// Limits of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a statement may run.
    pub time: Duration,
    /// How long one may run that looks at a view while a source is opened.
    pub look: Duration,
    /// Bytes of memory; `None` leaves it to the database, which takes four fifths of what there is.
    pub memory: Option<u64>,
    /// Bytes of disk for what does not fit into memory; `None` is what the database decides: nine
    /// tenths of what is free.
    pub spill: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(600),
            look: Duration::from_secs(15),
            memory: None,
            spill: None,
        }
    }
}

impl Limits {
    /// Views of one source that are slow may take so long together while it is opened.
    pub fn look_together(&self) -> Duration {
        self.look * 2
    }

    /// The same with another time for every statement.
    #[must_use]
    pub fn with_time(self, time: Duration) -> Self {
        Self { time, look: time, ..self }
    }
}

/// The number of bytes in a size as people write it: `500MB`, `1.5 GiB`, `4000000`.
pub fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim().to_lowercase();
    let factor: f64 = match unit.as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number * factor;
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(bytes_of("500MB"), Some(500_000_000));
        assert_eq!(bytes_of(" 1.5 GiB "), Some(1_610_612_736));
        assert_eq!(bytes_of("4096"), Some(4096));
        for wrong in ["", "GB", "1 parsec", "-1", "0", "1e3", "1.2.3MB"] {
            assert_eq!(bytes_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_given_by_a_person_counts_for_looking_too() {
        let limits = Limits::default().with_time(Duration::from_secs(60));
        assert_eq!((limits.time, limits.look), (Duration::from_secs(60), Duration::from_secs(60)));
    }
}
