//! From files to definitions as they are written: which files belong, their YAML with the place of
//! everything, and every layout of it as one shape.

pub(in crate::define) mod collect;
pub(in crate::define) mod fields;
pub(in crate::define) mod model_file;
pub(in crate::define) mod project_file;
pub(in crate::define) mod raw;
pub(in crate::define) mod yaml;
