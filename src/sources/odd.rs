//! The rows that keep a key from being unique: counted, with the first of each kind.

use super::names::counted;
use super::probe::{Probe, about, reach};
use crate::model::catalog::{OddRows, Table, TableOrigin};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::{Value, grouped};
use crate::sql::facts;

/// What is told about them.
///
/// # Errors
/// When the table cannot be read.
pub(super) fn finding(
    probe: &dyn Probe,
    table: &Table,
    key: &str,
    odd: OddRows,
) -> Result<Finding, Failure> {
    let mut told = Vec::new();
    let mut example = None;
    if odd.without > 0 {
        let sql = facts::first_missing(&reach(table), key);
        let first = match about(probe, &[table], || probe.rows(&sql))?.first().map(Vec::as_slice) {
            Some([Value::Integer(n)]) => format!(" (the first is row {})", grouped_row(*n)),
            _ => String::new(),
        };
        let has = if odd.without == 1 { "row has" } else { "rows have" };
        told.push(format!("{} {has} no {key}{first}", grouped(odd.without)));
    }
    if odd.doubled > 0 {
        let sql = facts::first_doubled(&reach(table), key);
        let personal = table.column(key).is_some_and(|c| c.personal.is_some());
        let rows = about(probe, &[table], || probe.rows(&sql))?;
        if let Some([Value::Text(id)]) = rows.first().map(Vec::as_slice)
            && !personal
        {
            example = Some(id.clone());
        }
        let has = if odd.doubled == 1 { "row has" } else { "rows have" };
        let an_other = format!("a {key} that an earlier row already has");
        told.push(format!("{} {has} {an_other}", grouped(odd.doubled)));
    }
    let message = format!(
        "{}.{key} is taken as the key of {}, but {}; each of these rows is still counted and \
         listed",
        table.name,
        counted(table.rows, "row"),
        told.join(", and "),
    );
    let hint = "fix these rows, or name another key with the correction `entity`";
    let finding = Finding::new(Severity::Warning, message).hint(hint);
    let finding = match example {
        Some(id) => finding.example(&id),
        None => finding,
    };
    Ok(match &table.origin {
        TableOrigin::Files { paths, .. } if paths.len() == 1 => finding.at(&paths[0], None),
        _ => finding,
    })
}

fn grouped_row(n: i128) -> String {
    u64::try_from(n).map_or_else(|_| n.to_string(), grouped)
}
