//! `muster secret`: keeps a secret in the system's key store.

use super::{Lines, Printed};
use crate::activate::secrets;
use crate::model::activation::Secret;
use crate::model::failure::Failure;
use clap::Args;
use std::io::Read as _;

/// The most that a secret may hold, in bytes.
const LONGEST: u64 = 1 << 16;

/// `muster secret NAME`
#[derive(Debug, Args)]
pub struct SecretOf {
    /// Its name: muster.yaml says keyring:NAME.
    name: String,
}

impl SecretOf {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        // Not an argument: others on the machine could read it there.
        let mut text = String::new();
        let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
        let secret = text.trim_end_matches(['\r', '\n']);
        if read.is_err() || secret.is_empty() {
            let hint = format!("give it on standard input: muster secret {} < FILE", self.name);
            return Err(Failure::wrong_use("there is no secret to keep", "", hint));
        }
        secrets::keep(&self.name, &Secret::new(secret))?;
        let mut lines = Lines::default();
        lines.line(format_args!("Kept; write keyring:{} in muster.yaml", self.name));
        Ok(Printed::done(&lines))
    }
}
