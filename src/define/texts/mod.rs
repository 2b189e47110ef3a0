//! The texts of definitions: templates and macros evaluated, and what they refer to.

pub(in crate::define) mod macros;
pub(in crate::define) mod surface;
pub(in crate::define) mod template;
pub(in crate::define) mod unbraced;
