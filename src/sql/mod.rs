//! The only room that writes SQL text.
