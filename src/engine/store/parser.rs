//! How many statements a text holds, counted by the database's own parser.
//!
//! Text of a project goes to the database one statement at a time. Where a text ends is for the
//! parser to say that reads it afterwards: any other reads some text otherwise, and then a second
//! statement is run without having been looked at.

#![expect(unsafe_code, reason = "the crate has no safe call that parses without running")]

use super::StoreError;
use duckdb::ffi;
use std::ffi::{CStr, CString};
use std::ptr;

/// A database without content that only parses.
pub(in crate::engine) struct Parser {
    database: ffi::duckdb_database,
    connection: ffi::duckdb_connection,
}

// SAFETY: the two handles are owned by this value alone and may be used from any one thread.
unsafe impl Send for Parser {}

impl Parser {
    /// Starts it; `None` when the database cannot.
    pub(in crate::engine) fn start() -> Option<Self> {
        let mut parser = Self { database: ptr::null_mut(), connection: ptr::null_mut() };
        // SAFETY: a null path means a database in memory; both handles are written by the calls
        // and closed when `parser` is dropped, also when only the first was opened.
        unsafe {
            let opened = ffi::duckdb_open(ptr::null(), &mut parser.database);
            if opened != ffi::DuckDBSuccess {
                return None;
            }
            let connected = ffi::duckdb_connect(parser.database, &mut parser.connection);
            (connected == ffi::DuckDBSuccess).then_some(parser)
        }
    }

    /// How many statements a text holds.
    ///
    /// # Errors
    /// When it is no SQL. A part of it may be, and must not be run: the database would carry it out
    /// before it meets the mistake.
    pub(in crate::engine) fn count(&self, sql: &str) -> Result<u64, StoreError> {
        let sql =
            CString::new(sql).map_err(|_| StoreError::of_ours("it holds a zero character"))?;
        let mut statements = ptr::null_mut();
        // SAFETY: the connection is open, the text ends in a zero byte and outlives the call. The
        // message belongs to what was extracted and is copied before that is destroyed, which
        // happens once, whether or not there was a mistake in the text.
        unsafe {
            let count =
                ffi::duckdb_extract_statements(self.connection, sql.as_ptr(), &mut statements);
            let told = ffi::duckdb_extract_statements_error(statements);
            let error = match told.is_null() {
                true => StoreError::of_ours("there is no statement in it"),
                false => StoreError::of_message(&CStr::from_ptr(told).to_string_lossy(), None),
            };
            ffi::duckdb_destroy_extracted(&mut statements);
            if count > 0 { Ok(count) } else { Err(error) }
        }
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: both calls take a null handle as none.
        unsafe {
            ffi::duckdb_disconnect(&mut self.connection);
            ffi::duckdb_close(&mut self.database);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cause;
    use super::*;

    #[test]
    fn statements_are_counted_as_the_database_reads_them() {
        let parser = Parser::start().unwrap();
        let count = |sql: &str| parser.count(sql).ok();
        assert_eq!(count("SELECT ';' -- ;\n"), Some(1));
        assert_eq!(count("SELECT 1; DROP TABLE t"), Some(2));
        assert_eq!(count("SELECT e'\\'' AS c; COPY (SELECT 1) TO 'x'; --'"), Some(2));
        assert_eq!(count("SELECT 1 /* /* */ ' */ ; COPY (SELECT 1) TO 'x'; /* ' */"), Some(2));
        assert_eq!(count("SELECT $$ ; $$"), Some(1));
        assert_eq!(count("no SQL at all"), None);
        assert_eq!(count(""), None);
        assert_eq!(count("SELECT 1\0; DROP TABLE t"), None);
        // It starts like a statement, but is not one.
        assert_eq!(count("SELECT 1; DROP TABLE t; )("), None);
        let error = parser.count("SELECT 1; DROP TABLE t; )(").unwrap_err();
        assert_eq!(error.cause(), Some(Cause::NotSql), "{error}");
    }
}
