//! The command line: a second face on the same engine.
