//! A Customer Match list for Google Ads, hashed where Google wants it: country and postcode stay
//! in plain.

use super::settings::{Setting, Settings};
use super::{Field, Files, Kind, Normal, Takes, lists};
use serde_json::{Map, Value};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "google_file",
    label: "Google Customer Match (file)",
    about: "a hashed customer list to upload to Google Ads",
    settings: SETTINGS,
    takes: Takes::File(&GoogleFile),
};

const SETTINGS: &[Setting] =
    &[lists::FOLDER, lists::file("google"), lists::COUNTRY, lists::ALREADY_HASHED];

struct GoogleFile;

const FIELDS: [Field; 6] = [
    Field::identifier("Email", &["email", "email_address", "mail"])
        .normal(Normal::EmailGoogle)
        .hashed(),
    Field::identifier("Phone", &["phone", "phone_number", "telephone", "mobile"])
        .normal(Normal::PhoneE164)
        .hashed(),
    Field::identifier("First Name", &["first_name", "firstname", "given_name"])
        .normal(Normal::Name)
        .hashed(),
    Field::identifier("Last Name", &["last_name", "lastname", "surname", "family_name"])
        .normal(Normal::Name)
        .hashed(),
    Field::identifier("Country", &["country", "country_code"]).normal(Normal::CountryCapital),
    Field::identifier("Zip", &["zip", "postcode", "postal_code", "zip_code"]),
];

impl Files for GoogleFile {
    fn fields(&self, _: &Settings) -> Vec<Field> {
        FIELDS.to_vec()
    }

    fn is_open(&self) -> bool {
        false
    }

    /// A file with some of the four columns of an address is refused.
    fn is_whole_template(&self) -> bool {
        true
    }

    fn invalid(&self, fields: &Map<String, Value>) -> Option<String> {
        let address: &[&str] = &["First Name", "Last Name", "Country", "Zip"];
        let groups: [&[&str]; 3] = [&["Email"], &["Phone"], address];
        let lacks = "an email, a telephone number, or both names with country and postcode";
        lists::without_any(fields, &groups, lacks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::normal::sha256;
    use serde_json::json;

    #[test]
    fn a_row_is_hashed_but_for_country_and_postcode() {
        let row = lists::row(
            &FIELDS,
            &[
                ("Email", "An.Na+x@Gmail.com"),
                ("Phone", "0171 1234567"),
                ("First Name", " Zoë "),
                ("Last Name", "Pérez-Ruiz"),
                ("Country", "de"),
                ("Zip", "WC2H 8LG"),
            ],
            false,
        );
        let expected = json!({
            "Email": sha256("anna@gmail.com"),
            "Phone": sha256("+491711234567"),
            "First Name": sha256("zoë"),
            "Last Name": sha256("pérezruiz"),
            "Country": "DE",
            "Zip": "WC2H 8LG",
        });
        assert_eq!(Value::Object(row), expected);
    }

    /// The names that the template has, in English and with these capitals.
    #[test]
    fn the_columns_are_those_of_the_template() {
        let names: Vec<_> =
            GoogleFile.fields(&Settings::default()).iter().map(|field| field.name).collect();
        assert_eq!(names.join(","), "Email,Phone,First Name,Last Name,Country,Zip");
        assert!(GoogleFile.is_whole_template());
    }

    #[test]
    fn an_address_counts_only_whole() {
        let mut values =
            vec![("First Name", "A"), ("Last Name", "B"), ("Country", "DE"), ("Zip", "1")];
        let told =
            |values: &[(&str, &str)]| GoogleFile.invalid(&lists::row(&FIELDS, values, false));
        assert_eq!(told(&values), None);
        values[2].1 = "Germany";
        assert!(told(&values).is_some_and(|told| told.contains("postcode")));
        values.push(("Phone", "+49 171 1234567"));
        assert_eq!(told(&values), None);
    }
}
