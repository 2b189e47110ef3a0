//! A contact list for LinkedIn's Campaign Manager, by its own template: the email as SHA-256, all
//! else in plain.

use super::settings::{Setting, Settings};
use super::{Field, Files, Kind, Normal, Takes, lists};
use serde_json::{Map, Value};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "linkedin_file",
    label: "LinkedIn contact list (file)",
    about: "a contact list to upload to Campaign Manager",
    settings: SETTINGS,
    takes: Takes::File(&LinkedInFile),
};

/// No country, since there are no telephone numbers.
const SETTINGS: &[Setting] = &[lists::FOLDER, lists::file("linkedin"), lists::ALREADY_HASHED];

struct LinkedInFile;

const FIELDS: [Field; 7] = [
    Field::identifier("email", &["email", "email_address", "mail"])
        .labelled("Email")
        .normal(Normal::Email)
        .hashed(),
    Field::identifier("firstname", &["first_name", "firstname", "given_name"])
        .labelled("First name")
        .normal(Normal::ShortName),
    Field::identifier("lastname", &["last_name", "lastname", "surname", "family_name"])
        .labelled("Last name")
        .normal(Normal::ShortName),
    Field::plain("jobtitle", &["job_title", "jobtitle", "title"]).labelled("Job title"),
    Field::plain("employeecompany", &["company", "company_name", "employer"]).labelled("Company"),
    Field::plain("country", &["country", "country_code"])
        .labelled("Country")
        .normal(Normal::CountryCapital),
    Field::identifier("googleaid", &["googleaid", "gaid", "aaid", "advertising_id"])
        .labelled("Google advertising id")
        .normal(Normal::Lower),
];

impl Files for LinkedInFile {
    fn fields(&self, _: &Settings) -> Vec<Field> {
        FIELDS.to_vec()
    }

    fn is_open(&self) -> bool {
        false
    }

    /// A file with other headers than the template's is refused.
    fn is_whole_template(&self) -> bool {
        true
    }

    fn invalid(&self, fields: &Map<String, Value>) -> Option<String> {
        let groups: [&[&str]; 3] = [&["email"], &["googleaid"], &["firstname", "lastname"]];
        let lacks = "an email, a Google advertising id, or both names";
        lists::without_any(fields, &groups, lacks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::normal::sha256;
    use serde_json::json;

    #[test]
    fn only_the_email_is_hashed() {
        let row = lists::row(
            &FIELDS,
            &[
                ("email", "An.Na+x@Gmail.com "),
                ("firstname", " Anne-Marie "),
                ("lastname", "O'Neil"),
                ("jobtitle", "Head of Data"),
                ("employeecompany", "Müller & Co. KG"),
                ("country", "de"),
                ("googleaid", "CDDA802E-FB9C"),
            ],
            false,
        );
        let expected = json!({
            "email": sha256("an.na+x@gmail.com"),
            "firstname": "Anne-Marie",
            "lastname": "O'Neil",
            "jobtitle": "Head of Data",
            "employeecompany": "Müller & Co. KG",
            "country": "DE",
            "googleaid": "cdda802e-fb9c",
        });
        assert_eq!(Value::Object(row), expected);
    }

    #[test]
    fn the_columns_are_those_of_the_template() {
        let names: Vec<_> =
            LinkedInFile.fields(&Settings::default()).iter().map(|field| field.name).collect();
        let template = "email,firstname,lastname,jobtitle,employeecompany,country,googleaid";
        assert_eq!(names.join(","), template);
        assert!(LinkedInFile.is_whole_template());
    }

    #[test]
    fn who_cannot_be_found_is_invalid() {
        let told =
            |values: &[(&str, &str)]| LinkedInFile.invalid(&lists::row(&FIELDS, values, false));
        assert_eq!(told(&[("firstname", "Anna"), ("lastname", "Maier")]), None);
        let long = "a".repeat(36);
        let cut = [("firstname", "Anna"), ("lastname", &*long), ("employeecompany", "X")];
        assert!(told(&cut).is_some(), "a name that is too long is not sent");
        assert_eq!(told(&[("googleaid", "x")]), None);
    }
}
