//! Which columns are likely personal data, and why.

use super::facts::{ColumnFacts, Facts};
use super::names::{normal, words};
use crate::model::catalog::Table;
use crate::model::fields::fields;
use crate::model::value::Kind;

/// Marks the columns of a table that are likely personal.
pub(super) fn mark(table: &mut Table, facts: &Facts) {
    let about_people = is_people(&table.name);
    let none = ColumnFacts::default();
    for (i, column) in table.columns.iter_mut().enumerate() {
        let seen = facts.columns.get(i).unwrap_or(&none);
        column.personal = by_values(seen)
            .or_else(|| by_column(&column.name, column.kind, about_people))
            .or_else(|| by_fields(&column.type_name, about_people));
    }
}

/// Whether a table's or entity's name says that it is about people.
pub(super) fn is_people(name: &str) -> bool {
    const PEOPLE: &[&str] = &[
        "customer",
        "user",
        "person",
        "people",
        "member",
        "client",
        "contact",
        "patient",
        "subscriber",
        "student",
        "employee",
        "visitor",
        "player",
        "lead",
        "guest",
        "donor",
        "passenger",
        "buyer",
        "shopper",
        "reader",
        "learner",
        "profile",
        "author",
        "tenant",
        "staff",
        "teacher",
        "driver",
        "citizen",
        "voter",
        "resident",
        "applicant",
        "candidate",
    ];
    words(name).iter().any(|word| {
        let word = word.strip_suffix('s').unwrap_or(word);
        PEOPLE.contains(&word)
    })
}

/// A column by its name. Of a field of a struct its own name says more than where it stands: a city
/// stays one in an address.
fn by_column(name: &str, kind: Kind, about_people: bool) -> Option<String> {
    const PLACES: [&str; 6] = ["city", "state", "country", "region", "county", "province"];
    let own = name.rsplit('.').next().unwrap_or(name);
    let is_place = own != name && words(own).iter().any(|word| PLACES.contains(&word.as_str()));
    match by_name(own, kind, about_people) {
        None if !is_place => by_name(name, kind, about_people),
        found => found,
    }
}

/// A struct, or a list of them, of which a field is.
fn by_fields(type_name: &str, about_people: bool) -> Option<String> {
    let fields = fields(type_name.trim_end_matches("[]"))?;
    fields.into_iter().find_map(|(name, inner)| {
        by_name(&name, Kind::of_duckdb_type(&inner), about_people)
            .or_else(|| by_fields(&inner, about_people))
    })
}

fn by_values(seen: &ColumnFacts) -> Option<String> {
    let mostly = |n: u64| seen.filled >= 3 && n * 5 >= seen.filled * 4;
    let told = |n: u64, what: &str| {
        Some(format!("{n} of the first {} values look like {what}", seen.filled))
    };
    if mostly(seen.emails) {
        return told(seen.emails, "e-mail addresses");
    }
    if mostly(seen.ips) {
        return told(seen.ips, "IP addresses");
    }
    if mostly(seen.phones) {
        return told(seen.phones, "phone numbers");
    }
    None
}

fn by_name(name: &str, kind: Kind, about_people: bool) -> Option<String> {
    let normal = normal(name);
    let words = words(name);
    let has = |word: &str| words.iter().any(|w| w == word);
    let any = |list: &[&str]| list.iter().any(|word| has(word));
    // "email_sent_at" and "phone_verified" are about something else.
    let textual = matches!(kind, Kind::Text | Kind::Integer);
    let what = if textual && (any(&["email", "mail", "emails"]) || normal.contains("e_mail")) {
        "an e-mail address"
    } else if textual && any(&["phone", "telephone", "tel", "msisdn", "fax", "cellphone"]) {
        "a phone number"
    } else if is_birth(&words, &normal) && kind != Kind::Boolean {
        "a date of birth"
    } else if textual && any(&["ssn", "passport", "iban", "nino", "taxid"])
        || normal.contains("soc_sec")
        || normal.contains("social_security")
        || normal.contains("national_id")
        || normal.contains("credit_card")
        || normal.contains("card_number")
    {
        "an official or account number"
    } else if kind == Kind::Text && is_person_name(&normal, &words, about_people) {
        "a person's name"
    } else if kind == Kind::Text && any(&["address", "street", "addr", "suburb"]) && !has("ip") {
        "a postal address"
    } else if textual && any(&["postcode", "zip", "zipcode", "postal", "plz"]) && about_people {
        "a postal code"
    } else if kind == Kind::Text && any(&["ip", "ipaddress", "ipv4", "ipv6"]) {
        "an IP address"
    } else {
        return None;
    };
    Some(format!("the name \"{name}\" suggests that it holds {what}"))
}

fn is_birth(words: &[String], normal: &str) -> bool {
    words.iter().any(|w| matches!(w.as_str(), "birth" | "dob" | "birthday" | "birthdate" | "born"))
        || normal.contains("date_of_birth")
}

fn is_person_name(normal: &str, words: &[String], about_people: bool) -> bool {
    const NAMES: &[&str] = &[
        "first_name",
        "last_name",
        "given_name",
        "family_name",
        "middle_name",
        "full_name",
        "firstname",
        "lastname",
        "fullname",
        "surname",
        "forename",
        "maiden_name",
        "customer_name",
        "user_name",
        "username",
        "display_name",
        "contact_name",
        "person_name",
    ];
    NAMES.iter().any(|n| normal == *n || normal.ends_with(&format!("_{n}")))
        || (about_people && words.last().is_some_and(|w| w == "name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_personal_columns_from_others() {
        let personal = |name: &str, kind| by_name(name, kind, false).is_some();
        for name in ["email", "Email Address", "phone", "date_of_birth", "soc_sec_id", "surname"] {
            assert!(personal(name, Kind::Text), "{name}");
        }
        for name in ["mailbox_size", "name", "state", "shipping", "platform", "mobile"] {
            assert!(!personal(name, Kind::Text), "{name}");
        }
        assert!(!personal("email_verified", Kind::Boolean));
        assert!(by_name("name", Kind::Text, true).is_some());
        assert!(by_column("profile.address.line1", Kind::Text, false).is_some());
        assert!(by_column("profile.address.city", Kind::Text, true).is_none());
        assert!(by_fields("STRUCT(a STRUCT(email VARCHAR)[])[]", false).is_some());
    }

    #[test]
    fn values_tell_when_the_name_does_not() {
        let seen = ColumnFacts { filled: 10, emails: 9, ..ColumnFacts::default() };
        assert!(by_values(&seen).unwrap().contains("9 of the first 10"));
        let seen = ColumnFacts { filled: 10, emails: 3, ..ColumnFacts::default() };
        assert_eq!(by_values(&seen), None);
    }
}
