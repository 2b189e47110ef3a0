//! Lists leaving the building.
