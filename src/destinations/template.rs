//! Small templates that a person writes: `{{ first }} {{ last }}`, or the body of a webhook.
//!
//! They see the fields that they are given and nothing else, and end soon whatever they do.

use crate::model::failure::Failure;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// How many steps one filling may take.
const FUEL: u64 = 50_000;

/// A template, read and ready.
pub struct Template {
    environment: Environment<'static>,
    is_json: bool,
}

impl Template {
    /// A template of text.
    ///
    /// # Errors
    /// When it is not written well; `place` says where it stands.
    pub fn text(source: &str, place: &str) -> Result<Self, Failure> {
        Self::read(source, place, false)
    }

    /// A template of JSON: values are written as JSON, quotes and all.
    ///
    /// # Errors
    /// When it is not written well; `place` says where it stands.
    pub fn json(source: &str, place: &str) -> Result<Self, Failure> {
        Self::read(source, place, true)
    }

    fn read(source: &str, place: &str, is_json: bool) -> Result<Self, Failure> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let escape = if is_json { AutoEscape::Json } else { AutoEscape::None };
        environment.set_auto_escape_callback(move |_| escape.clone());
        environment.add_template_owned("it", source.to_owned()).map_err(|error| {
            let told = error.detail().unwrap_or("it is not written well").to_owned();
            Failure::wrong_use(
                format!("the template {source} cannot be read: {told}"),
                place.to_owned(),
                "write fields as {{ name }}",
            )
        })?;
        Ok(Self { environment, is_json })
    }

    /// Whether it writes JSON.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// The names that it asks for.
    pub fn names(&self) -> Vec<String> {
        let template = self.environment.get_template("it");
        let mut names: Vec<String> = template
            .map(|template| template.undeclared_variables(false).into_iter().collect())
            .unwrap_or_default();
        names.sort();
        names
    }

    /// The text with these values in it.
    ///
    /// # Errors
    /// What is missing or goes wrong, in a sentence.
    pub fn fill<T: Serialize>(&self, values: &T) -> Result<String, String> {
        let template = self.environment.get_template("it").map_err(|e| e.to_string())?;
        let told = |error: minijinja::Error| match error.detail() {
            Some(detail) => format!("the template fails: {detail}"),
            None => format!("the template fails: {}", error.kind()),
        };
        template.render(Serde(values)).map_err(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_put_in() {
        let template = Template::text("{{ first }} {{ last | upper }}", "").unwrap();
        assert_eq!(template.names(), ["first", "last"]);
        assert_eq!(template.fill(&json!({"first": "A", "last": "b"})).unwrap(), "A B");
        assert!(template.fill(&json!({"first": "A"})).is_err());
    }

    #[test]
    fn json_is_quoted_by_itself() {
        let template = Template::json("{\"who\": {{ key }}}", "").unwrap();
        assert_eq!(template.fill(&json!({"key": "a\"b"})).unwrap(), r#"{"who": "a\"b"}"#);
    }

    #[test]
    fn an_endless_template_ends() {
        let template = Template::text(
            "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
            "",
        );
        assert!(template.unwrap().fill(&json!({})).is_err());
        assert!(Template::text("{{ a", "there").is_err_and(|failure| failure.place == "there"));
    }
}
