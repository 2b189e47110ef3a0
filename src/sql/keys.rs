//! Keys of different types, made comparable.

use super::Sql;
use crate::model::catalog::KeyForm;

/// A key as it is compared with one of another type.
pub fn in_form(value: Sql, form: KeyForm) -> Sql {
    match form {
        KeyForm::AsIs => value,
        KeyForm::Text => Sql::fill("CAST({} AS VARCHAR)", &[&value]),
        KeyForm::Whole => Sql::fill(
            "TRY_CAST(CASE WHEN {} = trunc({}) THEN {} END AS BIGINT)",
            &[&value, &value, &value],
        ),
        KeyForm::WholeText => Sql::fill(
            "coalesce(CAST({} AS VARCHAR), CAST({} AS VARCHAR))",
            &[&in_form(value.clone(), KeyForm::Whole), &value],
        ),
        KeyForm::BareText => Sql::fill(
            "CASE WHEN ends_with({}, '.0') THEN left({}, -2) ELSE {} END",
            &[&value, &value, &value],
        ),
    }
}
