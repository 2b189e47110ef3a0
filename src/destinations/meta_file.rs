//! A customer list for Meta's Ads Manager, hashed.
//!
//! Who uploads it tells Meta nothing but hashes and, in plain, ids of mobile devices and one's own.

use super::settings::{Setting, Settings};
use super::{Field, Files, Kind, Normal, Takes, lists};
use serde_json::{Map, Value};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "meta_file",
    label: "Meta customer list (file)",
    about: "a hashed customer list to upload to Ads Manager",
    settings: SETTINGS,
    takes: Takes::File(&MetaFile),
};

const SETTINGS: &[Setting] =
    &[lists::FOLDER, lists::file("meta"), lists::COUNTRY, lists::ALREADY_HASHED];

struct MetaFile;

const FIELDS: [Field; 13] = [
    Field::identifier("email", &["email", "email_address", "mail"])
        .labelled("Email")
        .normal(Normal::Email)
        .hashed(),
    Field::identifier("phone", &["phone", "phone_number", "telephone", "mobile"])
        .labelled("Telephone")
        .normal(Normal::PhoneDigits)
        .hashed(),
    Field::plain("fn", &["first_name", "firstname", "given_name"])
        .labelled("First name")
        .normal(Normal::Name)
        .hashed(),
    Field::plain("ln", &["last_name", "lastname", "surname", "family_name"])
        .labelled("Last name")
        .normal(Normal::Name)
        .hashed(),
    Field::plain("ct", &["city", "town"]).labelled("City").normal(Normal::Letters).hashed(),
    Field::plain("st", &["state", "province", "region"])
        .labelled("State or province")
        .normal(Normal::State)
        .hashed(),
    Field::plain("zip", &["zip", "postcode", "postal_code", "zip_code"])
        .labelled("Postcode")
        .normal(Normal::Postcode)
        .hashed(),
    Field::plain("country", &["country", "country_code"])
        .labelled("Country")
        .normal(Normal::Country)
        .hashed(),
    Field::plain("doby", &["birth_year", "birth_date", "date_of_birth", "birthday"])
        .labelled("Year of birth")
        .normal(Normal::BirthYear)
        .hashed(),
    Field::plain("dobm", &["birth_month", "birth_date", "date_of_birth", "birthday"])
        .labelled("Month of birth")
        .normal(Normal::BirthMonth)
        .hashed(),
    Field::plain("dobd", &["birth_day", "birth_date", "date_of_birth", "birthday"])
        .labelled("Day of birth")
        .normal(Normal::BirthDay)
        .hashed(),
    Field::identifier("madid", &["madid", "idfa", "gaid", "aaid", "advertising_id"])
        .labelled("Mobile advertiser id")
        .normal(Normal::Lower),
    Field::identifier("extern_id", &["external_id", "customer_id", "user_id"])
        .labelled("External id"),
];

impl Files for MetaFile {
    fn fields(&self, _: &Settings) -> Vec<Field> {
        FIELDS.to_vec()
    }

    fn is_open(&self) -> bool {
        false
    }

    fn invalid(&self, fields: &Map<String, Value>) -> Option<String> {
        let groups: [&[&str]; 4] = [&["email"], &["phone"], &["madid"], &["extern_id"]];
        let lacks = "an email, a telephone number, a mobile advertiser id or an external id";
        lists::without_any(fields, &groups, lacks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::normal::sha256;
    use serde_json::json;

    #[test]
    fn a_row_is_hashed_but_for_ids() {
        let row = lists::row(
            &FIELDS,
            &[
                ("email", " Anna@Example.com"),
                ("phone", "0171 1234567"),
                ("fn", "Anne-Marie"),
                ("ln", "O'Neil"),
                ("ct", "München"),
                ("st", "Bayern"),
                ("zip", "80331"),
                ("country", "DE"),
                ("doby", "1990-05-07"),
                ("dobm", "1990-05-07"),
                ("dobd", "1990-05-07"),
                ("madid", "AECE52E7-03EE"),
                ("extern_id", "Kd-7"),
            ],
            false,
        );
        let expected = json!({
            "email": sha256("anna@example.com"),
            "phone": sha256("491711234567"),
            "fn": sha256("annemarie"),
            "ln": sha256("oneil"),
            "ct": sha256("münchen"),
            "st": sha256("bayern"),
            "zip": sha256("80331"),
            "country": sha256("de"),
            "doby": sha256("1990"),
            "dobm": sha256("05"),
            "dobd": sha256("07"),
            "madid": "aece52e7-03ee",
            "extern_id": "Kd-7",
        });
        assert_eq!(Value::Object(row), expected);
    }

    #[test]
    fn who_cannot_be_found_is_invalid() {
        let told = |values: &[(&str, &str)]| MetaFile.invalid(&lists::row(&FIELDS, values, false));
        let nobody = [("email", "n/a"), ("phone", "+0000000000"), ("fn", "Anna"), ("ln", "Maier")];
        assert!(told(&nobody).is_some_and(|told| told.contains("an email")));
        assert_eq!(told(&[("extern_id", "7")]), None);
        assert_eq!(told(&[("email", "a@b.c"), ("phone", "x")]), None);
    }

    #[test]
    fn hashes_pass_when_they_are_said_to_be() {
        let hash = sha256("anna@example.com");
        let row = lists::row(&FIELDS, &[("email", &hash), ("phone", "0171 1234567")], true);
        assert_eq!(row["email"], hash);
        assert_eq!(row["phone"], sha256("491711234567"));
        assert!(!lists::row(&FIELDS, &[("email", &hash)], false).contains_key("email"));
    }
}
