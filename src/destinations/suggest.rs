//! A first mapping, from the names of features and the fields of a destination.

use super::Field;
use serde_json::{Map, Value};

/// Features that most likely belong to a destination's fields. `features` are names with whether
/// each is personal; of a destination that takes any field and knows none, all that are not
/// personal are sent under their own names, with the address of e-mail if there is one.
pub fn suggest(features: &[(&str, bool)], fields: &[Field], is_open: bool) -> Map<String, Value> {
    let mut mapping = Map::new();
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    for field in fields {
        let alike = || std::iter::once(field.name).chain(field.alike.iter().copied());
        // The first of the names that the field goes by, among all features.
        let found = alike().find_map(|wanted| {
            features.iter().find(|(name, _)| plain(name) == plain(wanted)).map(|(name, _)| *name)
        });
        if let Some(name) = found {
            mapping.insert(field.name.to_owned(), name.into());
        }
    }
    if fields.is_empty() && is_open {
        for (name, personal) in features {
            if !personal || plain(name) == "email" {
                mapping.insert((*name).to_owned(), (*name).into());
            }
        }
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_find_the_features_that_go_by_their_names() {
        const FIELDS: &[Field] = &[
            Field::identifier("email", &["email_address", "mail"]),
            Field::identifier("external_id", &["user_id", "id"]),
            Field::plain("first_name", &["firstname"]),
        ];
        let features = [("Id", false), ("E-Mail Address", true), ("orders", false)];
        let mapping = suggest(&features, FIELDS, true);
        let told = serde_json::to_string(&mapping).unwrap();
        assert_eq!(told, r#"{"email":"E-Mail Address","external_id":"Id"}"#);
    }

    #[test]
    fn where_any_field_goes_personal_ones_are_left_to_the_person() {
        let features = [("email", true), ("phone", true), ("orders", false)];
        let mapping = suggest(&features, &[], true);
        assert_eq!(mapping.keys().collect::<Vec<_>>(), ["email", "orders"]);
    }
}
