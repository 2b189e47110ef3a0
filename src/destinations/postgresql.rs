//! A table of a PostgreSQL database. How rows get there is in `activate/table.rs`.

use super::settings::{Nature, Setting};
use super::{Kind, Takes};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "postgres",
    label: "PostgreSQL table",
    about: "rows into a table, by its key",
    settings: SETTINGS,
    takes: Takes::Table,
};

const SETTINGS: &[Setting] = &[
    Setting::required(
        "connection",
        "Connection",
        Nature::Secret,
        "env:NAME of a variable that holds postgresql://user:password@host/database",
    ),
    Setting::required("table", "Table", Nature::Text, "TABLE or SCHEMA.TABLE; it must be there"),
    Setting::optional(
        "key_column",
        "Key column",
        Nature::Text,
        "a column with a primary or unique key",
        "id",
    ),
    Setting::optional("batch", "Rows per transaction", Nature::Number, "a whole number", "5000"),
    Setting::optional(
        "tls",
        "Encryption",
        Nature::Choice(&["verify", "off"]),
        "verify; off only for a database on the same machine or network",
        "verify",
    ),
];
