//! Activation: syncs under faults, and journeys through the real binary.

mod child;
mod faults;
mod guards;
mod journeys;
mod killed;
mod mistakes;
mod others;
mod secrets;
mod shop;
mod world;
