//! Where secrets are: in the environment, or in the system's key store. They are never in a file.

use crate::model::activation::Secret;
use crate::model::failure::Failure;

/// Under which service the key store keeps them.
const SERVICE: &str = "muster";

/// The secret that `env:NAME` or `keyring:NAME` names.
///
/// # Errors
/// When it is written in some other way, or nothing is found there. What was written is not
/// repeated: it may be a secret.
pub fn find(reference: &str) -> Result<Secret, Failure> {
    let hint = "write env:NAME for a variable of the environment, or keyring:NAME for the system's \
                key store";
    match reference.split_once(':') {
        Some(("env", name)) => match std::env::var(name) {
            Ok(content) if !content.is_empty() => Ok(Secret::new(content)),
            _ => Err(Failure::wrong_use(
                format!("the environment has no variable {name}"),
                "",
                format!("set it before: export {name}=…"),
            )),
        },
        Some(("keyring", name)) => {
            let found = entry(name).and_then(|entry| entry.get_password());
            found.map(Secret::new).map_err(|error| {
                let what = format!("the key store has no secret {name}: {error}");
                Failure::wrong_use(what, "", format!("keep it with `muster secret {name}`"))
            })
        }
        _ => Err(Failure::wrong_use("a secret stands in the file itself", "", hint)),
    }
}

/// Keeps a secret in the system's key store.
///
/// # Errors
/// When there is no key store, or it does not take it.
pub fn keep(name: &str, secret: &Secret) -> Result<(), Failure> {
    entry(name).and_then(|entry| entry.set_password(secret.expose())).map_err(|error| {
        Failure::new(
            format!("the key store did not take the secret: {error}"),
            "",
            "where there is no key store, keep it in a variable and write env:NAME",
        )
    })
}

fn entry(name: &str) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_repeated() {
        let failure = find("hunter2").unwrap_err();
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
        assert!(failure.hint.contains("env:NAME"));
        assert!(find("env:SURELY_NOT_SET_ANYWHERE").is_err());
        // A path is there in every environment.
        assert!(!find("env:PATH").unwrap().expose().is_empty());
    }
}
