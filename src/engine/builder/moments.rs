//! What the columns of moments hold that is not a moment.

use super::Builder;
use crate::model::finding::{Finding, Severity};
use crate::model::value::{Value, grouped};
use crate::plan::{self, Moments, Plan};

impl Builder<'_> {
    /// Reports values that should be moments and are not, and whole numbers that were taken
    /// for moments. Their rows count like those without a moment.
    pub(super) fn tell_moments(&mut self, plan: &Plan) {
        for moments in &plan.moments {
            let query = self.run.settled(&moments.query);
            // What cannot be asked is reported where its rows are read.
            let told = self.store.vet_query(&query).and_then(|()| self.store.cells(&query));
            let Some(row) = told.ok().and_then(|rows| rows.into_iter().next()) else { continue };
            let place = &moments.place;
            let name = plan::item_name(self.project, moments.item);
            for (message, hint) in odd_moments(moments, &name, &row) {
                let finding = Finding::new(Severity::Warning, message)
                    .at(&*place.file, Some(place.line))
                    .hint(hint);
                self.built.findings.push(finding);
            }
        }
    }
}

/// What is to be told about a column of moments, with hints.
fn odd_moments(moments: &Moments, name: &str, row: &[Value]) -> Vec<(String, &'static str)> {
    let [odd, example, good, type_name] = row else { return Vec::new() };
    let (odd, good) = (odd.as_u64().unwrap_or(0), good.as_u64().unwrap_or(0));
    let written = &moments.written;
    let mut told = Vec::new();
    if odd > 0 {
        let (all, odd) = (grouped(odd + good), grouped(odd));
        let example: String = example.display().chars().take(60).collect();
        told.push((
            format!(
                "{odd} of {all} values of `{written}` of {name} are not timestamps, such as \
                 \"{example}\"; their rows count as rows without a timestamp"
            ),
            "fix the values, or write an expression that turns them into timestamps",
        ));
    }
    let is_whole = ["BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "HUGEINT"];
    if good > 0 && is_whole.contains(&type_name.display().as_str()) {
        told.push((
            format!(
                "`{written}` of {name} holds whole numbers; they are read as seconds, \
                 milliseconds, microseconds or nanoseconds since 1970, depending on their size"
            ),
            "write to_timestamp(…) or make_timestamp(…) there to say which",
        ));
    }
    told
}
