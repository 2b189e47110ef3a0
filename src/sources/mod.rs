//! What was opened → [`crate::model::catalog::Catalog`].
