//! Slice × question → SQL.
