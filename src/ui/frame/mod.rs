//! The panels around the canvas.

pub(in crate::ui) mod activations;
pub(in crate::ui) mod features;
pub(in crate::ui) mod library;
pub(in crate::ui) mod opening;
pub(in crate::ui) mod status;
pub(in crate::ui) mod top_bar;
pub(in crate::ui) mod welcome;
