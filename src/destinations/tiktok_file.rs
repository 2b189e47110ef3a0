//! A customer file for TikTok's Ads Manager, all of it hashed; the columns' names say so.

use super::settings::{Setting, Settings};
use super::{Field, Files, Kind, Normal, Takes, lists};
use serde_json::{Map, Value};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "tiktok_file",
    label: "TikTok customer file",
    about: "a hashed customer file to upload to Ads Manager",
    settings: SETTINGS,
    takes: Takes::File(&TikTokFile),
};

const SETTINGS: &[Setting] =
    &[lists::FOLDER, lists::file("tiktok"), lists::COUNTRY, lists::ALREADY_HASHED];

struct TikTokFile;

const FIELDS: [Field; 3] = [
    Field::identifier("Email_SHA256", &["email", "email_address", "mail"])
        .labelled("Email")
        .normal(Normal::EmailTikTok)
        .hashed(),
    Field::identifier("Phone_SHA256", &["phone", "phone_number", "telephone", "mobile"])
        .labelled("Telephone")
        .normal(Normal::PhoneE164)
        .hashed(),
    Field::identifier("MAID_SHA256", &["maid", "madid", "idfa", "gaid", "aaid"])
        .labelled("Mobile advertising id")
        .normal(Normal::Lower)
        .hashed(),
];

impl Files for TikTokFile {
    fn fields(&self, _: &Settings) -> Vec<Field> {
        FIELDS.to_vec()
    }

    fn is_open(&self) -> bool {
        false
    }

    fn invalid(&self, fields: &Map<String, Value>) -> Option<String> {
        let groups: [&[&str]; 3] = [&["Email_SHA256"], &["Phone_SHA256"], &["MAID_SHA256"]];
        let lacks = "an email, a telephone number or a mobile advertising id";
        lists::without_any(fields, &groups, lacks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::normal::sha256;
    use serde_json::json;

    #[test]
    fn all_of_a_row_is_hashed() {
        let row = lists::row(
            &FIELDS,
            &[
                ("Email_SHA256", "An.Na+x@Example.com"),
                ("Phone_SHA256", "0171 1234567"),
                ("MAID_SHA256", "CDDA802E-FB9C"),
            ],
            false,
        );
        let expected = json!({
            "Email_SHA256": sha256("anna@example.com"),
            "Phone_SHA256": sha256("+491711234567"),
            "MAID_SHA256": sha256("cdda802e-fb9c"),
        });
        assert_eq!(Value::Object(row), expected);
    }

    #[test]
    fn who_cannot_be_found_is_invalid() {
        let told =
            |values: &[(&str, &str)]| TikTokFile.invalid(&lists::row(&FIELDS, values, false));
        assert!(told(&[("Email_SHA256", "n/a"), ("Phone_SHA256", "1")]).is_some());
        assert_eq!(told(&[("MAID_SHA256", "x")]), None);
    }
}
