//! Integration tests: one binary, modules named like the rooms.

mod slices;
