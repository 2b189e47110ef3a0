//! Tests of activations on screen.
