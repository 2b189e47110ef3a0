//! Activation: syncs under faults, and journeys through the real binary.

mod child;
mod faults;
mod world;
