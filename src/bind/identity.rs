//! A text that two bound conditions share exactly when they ask the same of the same rows, so that
//! what was found out for one serves the other. It is not for people.

use super::bound::{BoundSlice, Clause, Condition, Expr, Figure, Measure, Members, Test};
use std::fmt::{Debug, Write as _};

impl BoundSlice<'_> {
    /// The identity of its cohort: everyone's is empty.
    pub fn cohort_identity(&self) -> String {
        self.cohort.as_ref().map_or_else(String::new, Members::identity)
    }
}

impl Condition<'_> {
    /// Its identity.
    pub fn identity(&self) -> String {
        match self {
            Self::All(all) => listed("all", all.iter().map(Self::identity)),
            Self::Any(any) => listed("any", any.iter().map(Self::identity)),
            Self::None(none, missing) => {
                listed(&format!("none {missing:?}"), none.iter().map(Self::identity))
            }
            Self::Clause(clause) => clause.identity(),
        }
    }
}

impl Clause<'_> {
    /// Its identity.
    pub fn identity(&self) -> String {
        match self.negated {
            None => self.test.identity(),
            Some(missing) => listed(&format!("not {missing:?}"), [self.test.identity()]),
        }
    }
}

impl Members<'_> {
    /// Its identity.
    pub fn identity(&self) -> String {
        match self {
            Self::Listed { table, key, as_text } => {
                listed("listed", [plain(&table.name), plain(key), plain(as_text)])
            }
            Self::Segment(slice) => {
                let condition = slice.condition.as_ref().map(Condition::identity);
                let parts = [slice.cohort_identity(), condition.unwrap_or_default()];
                listed("segment", parts)
            }
        }
    }
}

impl Test<'_> {
    /// Its identity.
    pub fn identity(&self) -> String {
        match self {
            Self::Compare(how, left, right) => {
                listed(&format!("{how:?}"), [left.identity(), right.identity()])
            }
            Self::Between(of, low, high) => {
                listed("between", [of.identity(), low.identity(), high.identity()])
            }
            Self::Within(of, from, until) => {
                listed("within", [of.identity(), from.identity(), until.identity()])
            }
            Self::Any(tests) => listed("any test", tests.iter().map(Self::identity)),
            Self::Never => "never".to_owned(),
            Self::Missing(of) => listed("missing", [of.identity()]),
            Self::Empty(of) => listed("empty", [of.identity()]),
            Self::EqualIgnoringCase(of, text) => {
                listed("equal ignoring case", [of.identity(), plain(text)])
            }
            Self::OneOf(of, values) => listed("one of", [of.identity(), plain(values)]),
            Self::OneOfIgnoringCase(of, texts) => {
                listed("one of ignoring case", [of.identity(), plain(texts)])
            }
            Self::Text(how, of, pattern, case) => {
                listed(&format!("{how:?} {case:?}"), [of.identity(), plain(pattern)])
            }
            Self::HasAny(of, values) => listed("has any", [of.identity(), plain(values)]),
            Self::HasAll(of, values) => listed("has all", [of.identity(), plain(values)]),
            Self::DayOfYear(of, days) => listed("day of year", [of.identity(), plain(days)]),
            Self::Member(members) => members.identity(),
        }
    }
}

impl Expr<'_> {
    /// Its identity, in one zone.
    pub fn identity(&self) -> String {
        match self {
            Self::Key => "key".to_owned(),
            Self::Column(used) => {
                // What counts as missing is a part of what it is.
                let name = if used.may_be_nan { "float" } else { "column" };
                listed(name, [plain(&used.column.name)])
            }
            Self::Field { column, path, .. } => listed("field", [plain(&column.name), plain(path)]),
            Self::Beyond(hops, column) => listed("beyond", [plain(hops), plain(&column.name)]),
            Self::Constant(constant) => plain(constant),
            Self::Figure(figure) => figure.identity(),
            Self::Call(function, of) => {
                listed(&format!("{function:?}"), of.iter().map(Self::identity))
            }
            Self::Arithmetic(how, left, right) => {
                listed(&format!("{how:?}"), [left.identity(), right.identity()])
            }
            Self::Cast(of, to) => listed(&format!("cast {to:?}"), [of.identity()]),
            Self::Local(of) => listed("local", [of.identity()]),
        }
    }
}

impl Figure<'_> {
    fn identity(&self) -> String {
        let (name, of) = match &self.measure {
            Measure::Count => ("count", None),
            Measure::CountDistinct(of) => ("count distinct", Some(of)),
            Measure::Sum(of) => ("sum", Some(of)),
            Measure::Average(of) => ("average", Some(of)),
            Measure::Minimum(of) => ("minimum", Some(of)),
            Measure::Maximum(of) => ("maximum", Some(of)),
        };
        let of = of.map(Expr::identity).unwrap_or_default();
        let filter = self.filter.as_ref().map(Condition::identity).unwrap_or_default();
        listed(name, [of, plain(&self.way), filter])
    }
}

/// Names and constants as program text: quoted, so that no name is taken for what stands around it.
fn plain(value: &(impl Debug + ?Sized)) -> String {
    format!("{value:?}")
}

fn listed(name: &str, parts: impl IntoIterator<Item = String>) -> String {
    let mut written = format!("{name}(");
    for part in parts {
        write!(written, "{part};").expect("text grows");
    }
    written.push(')');
    written
}

#[cfg(test)]
mod tests {
    use crate::bind;
    use crate::language::arbitrary;
    use crate::model::catalog::CohortRef;
    use crate::model::now::Moment;
    use crate::model::question::Slice;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn conditions_with_one_identity_are_one_condition(
            one in arbitrary::tree(),
            other in arbitrary::tree(),
        ) {
            let catalog = arbitrary::catalog();
            let now = Moment::parse("2026-11-23 09:00:00", &TimeZone::UTC).unwrap();
            let cohort = CohortRef::all(&catalog.entities[0].name);
            let slice = |tree| Slice {
                cohort: cohort.clone(), tree, now: now.clone(), segments: Vec::new(),
            };
            let (one, other) = (slice(one), slice(other));
            let bound = (bind::slice(&catalog, &one), bind::slice(&catalog, &other));
            if let (Ok(one), Ok(other)) = bound {
                let same = format!("{:?}", one.condition) == format!("{:?}", other.condition);
                let identity = |slice: &bind::BoundSlice<'_>| {
                    slice.condition.as_ref().map(bind::Condition::identity)
                };
                prop_assert_eq!(identity(&one) == identity(&other), same);
            }
        }
    }
}
