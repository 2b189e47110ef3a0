//! Each question as one statement.
//!
//! Charts read every row of the cohort once and count twice: everyone, and those kept by the slice
//! without the chart's own clauses. The first is the ghost behind the second.

use super::bins::Bins;
use super::scope::Scope;
use super::{Query, unknown};
use crate::model::catalog::{Catalog, Column};
use crate::model::clause::{Combine, Group, Part, Tree, Unit};
use crate::model::failure::Failure;
use crate::model::question::Slice;
use crate::model::value::Kind;
use crate::sql::{self, Sql};

type Compiled = Result<Query, Failure>;

/// The members of a slice: every feature, one row each, in a stable order.
///
/// # Errors
/// When the slice names something that the catalog does not have. So for all of these.
pub fn members(catalog: &Catalog, slice: &Slice) -> Compiled {
    listing(catalog, slice, |_| Ok(Sql::raw("e.*")))
}

/// The rows of a slice with these columns, in a stable order.
pub(super) fn listing(
    catalog: &Catalog,
    slice: &Slice,
    columns: impl FnOnce(&Scope<'_>) -> Result<Sql, Failure>,
) -> Compiled {
    let mut scope = Scope::new(catalog, slice)?;
    let keep = keep_condition(&mut scope, &slice.tree)?;
    let columns = columns(&scope)?;
    let from = scope.from()?;
    let select = Sql::fill("SELECT {}\nFROM {}{}", &[&columns, &from, &where_(keep)]);
    let select = if scope.keeps_order() {
        select
    } else {
        Sql::fill("{}\nORDER BY {}", &[&select, &scope.key()])
    };
    scope.query(select)
}

/// The condition of the cohort and of the clauses; `None` for everyone.
pub(super) fn keep_condition(scope: &mut Scope<'_>, tree: &Tree) -> Result<Option<Sql>, Failure> {
    let cohort = scope.in_own_cohort()?;
    let condition = scope.condition(tree)?;
    let both: Vec<Sql> = cohort.into_iter().chain(condition).collect();
    Ok((!both.is_empty()).then(|| Sql::all_of(both)))
}

/// The condition on a line of its own; nothing for none.
pub(super) fn where_(condition: Option<Sql>) -> Sql {
    condition.map_or_else(Sql::default, |c| Sql::fill("\nWHERE {}", &[&c]))
}

pub(super) fn feature<'s>(scope: &'s Scope<'_>, name: &str) -> Result<&'s Column, Failure> {
    scope.entity.feature(name).ok_or_else(|| {
        unknown("feature", name, format!("it is not a feature of {}", scope.entity.name))
    })
}

/// How many: `kept` in the slice, `of` in the cohort.
///
/// # Errors
/// See [`members`].
pub fn size(catalog: &Catalog, slice: &Slice) -> Compiled {
    over_cohort(catalog, slice, &slice.tree, |_| {
        Ok((
            Sql::default(),
            Sql::raw("SELECT count(*) FILTER (WHERE kept) AS kept, count(*) AS \"of\" FROM rows"),
        ))
    })
}

/// A statement over `rows`: the cohort's rows with the wanted columns and `kept`.
///
/// `plan` gives the extra columns of `rows` (empty, or starting with a comma) and the outer
/// statement.
fn over_cohort(
    catalog: &Catalog,
    slice: &Slice,
    tree: &Tree,
    plan: impl FnOnce(&mut Scope<'_>) -> Result<(Sql, Sql), Failure>,
) -> Compiled {
    let mut scope = Scope::new(catalog, slice)?;
    let cohort = where_(scope.in_own_cohort()?);
    let kept = match scope.condition(tree)? {
        None => Sql::raw("TRUE"),
        Some(condition) => Sql::fill("coalesce({}, FALSE)", &[&condition]),
    };
    let (columns, outer) = plan(&mut scope)?;
    let from = scope.from()?;
    let rows = Sql::fill("  SELECT {} AS kept{}\n  FROM {}{}", &[&kept, &columns, &from, &cohort]);
    let mut query = scope.query(outer)?;
    query.name_first("rows", rows);
    Ok(query)
}

/// The waterfall. One row: `of`, then for each step `kept`, `alone` and `gained`, then
/// `near_misses`. The parts that are steps come with it, as indexes into the root group.
///
/// # Errors
/// See [`members`].
pub fn steps(catalog: &Catalog, slice: &Slice) -> Result<(Query, Vec<usize>), Failure> {
    let mut scope = Scope::new(catalog, slice)?;
    let cohort = where_(scope.in_own_cohort()?);
    let (root, parts) = step_parts(&slice.tree);
    let (mut columns, mut indexes) = (Vec::new(), Vec::new());
    for (index, part) in parts {
        let condition = match part {
            Some(part) => scope.part_condition(part)?,
            None => scope.condition(root)?,
        };
        if let Some(condition) = condition {
            indexes.push(index);
            let name = step_name(indexes.len());
            columns.push(Sql::fill("coalesce({}, FALSE) AS {}", &[&condition, &name]));
        }
    }
    let from = scope.from()?;
    let names: Vec<Sql> = (1..=indexes.len()).map(step_name).collect();
    columns.insert(0, Sql::raw("1 AS one"));
    let rows = Sql::fill("  SELECT {}\n  FROM {}{}", &[&Sql::join(columns, ", "), &from, &cohort]);
    let failed = names.iter().map(|n| Sql::fill("CAST(NOT {} AS INTEGER)", &[n]));
    let failed = Sql::join(std::iter::once(Sql::raw("0")).chain(failed), " + ");
    let mut figures = vec![Sql::raw("count(*) AS \"of\"")];
    for (i, name) in names.iter().enumerate() {
        let so_far = Sql::all_of(names[..=i].iter().cloned());
        figures.push(Sql::fill("count(*) FILTER (WHERE {})", &[&so_far]));
        figures.push(Sql::fill("count(*) FILTER (WHERE {})", &[name]));
        figures.push(Sql::fill("count(*) FILTER (WHERE NOT {} AND failed = 1)", &[name]));
    }
    figures.push(Sql::raw("count(*) FILTER (WHERE failed = 1) AS near_misses"));
    let select = Sql::fill(
        "SELECT {}\nFROM (SELECT *, {} AS failed FROM rows)",
        &[&Sql::join(figures, ",\n  "), &failed],
    );
    let mut query = scope.query(select)?;
    query.name_first("rows", rows);
    Ok((query, indexes))
}

/// A root of all has a step per part; any other root is one step.
fn step_parts(tree: &Tree) -> (&Group, Vec<(usize, Option<&Part>)>) {
    if tree.combine == Combine::All {
        let on = tree.parts.iter().enumerate().filter(|(_, p)| !p.off);
        (tree, on.map(|(i, p)| (i, Some(p))).collect())
    } else {
        (tree, vec![(0, None)])
    }
}

fn step_name(number: usize) -> Sql {
    Sql::fill("s{}", &[&sql::number(number as i128)])
}

/// Which least and greatest value is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Of all values: a stored column knows it without being read, but it may be infinite or NaN.
    All,
    /// Of the finite values.
    Finite,
}

/// The least and greatest value of a number in the cohort, as floats.
///
/// # Errors
/// See [`members`]; also when the feature is not a number. So for all charts of numbers.
pub fn range(catalog: &Catalog, slice: &Slice, column: &str, extent: Extent) -> Compiled {
    over_cohort(catalog, slice, &Tree::everyone(), |scope| {
        let (value, outer) = match extent {
            Extent::All => {
                number_value(scope, column)?;
                let raw = scope.column(&feature(scope, column)?.name);
                (raw, Sql::raw("SELECT CAST(min(v) AS DOUBLE), CAST(max(v) AS DOUBLE) FROM rows"))
            }
            Extent::Finite => (
                number_value(scope, column)?,
                Sql::raw("SELECT min(v), max(v) FROM rows WHERE isfinite(v)"),
            ),
        };
        Ok((Sql::fill(", {} AS v", &[&value]), outer))
    })
}

/// A histogram: `bin` (NULL for missing, -1 for not finite), `all` and `kept`.
///
/// # Errors
/// See [`range`].
pub fn histogram(catalog: &Catalog, slice: &Slice, column: &str, bins: Bins) -> Compiled {
    over_cohort(catalog, slice, &slice.tree.without_own(column), |scope| {
        let value = number_value(scope, column)?;
        Ok((
            Sql::fill(", {} AS v", &[&value]),
            Sql::fill(
                "SELECT CASE WHEN v IS NULL THEN NULL WHEN NOT isfinite(v) THEN -1 ELSE {} END AS bin,\n  count(*) AS \"all\", count(*) FILTER (WHERE kept) AS kept\nFROM rows GROUP BY 1 ORDER BY 1",
                &[&bin_of(&Sql::raw("v"), bins)],
            ),
        ))
    })
}

fn bin_of(value: &Sql, bins: Bins) -> Sql {
    let start = sql::literal(&crate::model::value::Value::Float(bins.start));
    let width = sql::literal(&crate::model::value::Value::Float(bins.width));
    let last = sql::number(i128::from(bins.count) - 1);
    Sql::fill(
        "CAST(least(greatest(floor(({} - {}) / {}), 0), {}) AS INTEGER)",
        &[value, &start, &width, &last],
    )
}

fn number_value(scope: &Scope<'_>, name: &str) -> Result<Sql, Failure> {
    let feature = feature(scope, name)?;
    if feature.kind.is_numeric() {
        return Ok(Sql::fill("CAST({} AS DOUBLE)", &[&scope.column(&feature.name)]));
    }
    Err(Failure::wrong_use(
        format!("{} is not a number but {}", feature.name, feature.kind.word()),
        "",
        "choose a number for this chart",
    ))
}

/// The most frequent values: `v`, `all`, `kept` per value, then on every row the totals over all
/// values found: `all_total`, `kept_total`, `distinct_total`, and the missing `all_missing`,
/// `kept_missing`. Without any value there is one row whose `v` is NULL.
///
/// # Errors
/// See [`members`].
pub fn values(catalog: &Catalog, slice: &Slice, column: &str, top: u16, search: &str) -> Compiled {
    over_cohort(catalog, slice, &slice.tree.without_own(column), |scope| {
        let feature = feature(scope, column)?;
        let value = scope.column(&feature.name);
        let value = match feature.kind {
            Kind::List | Kind::Nested | Kind::Binary | Kind::Interval | Kind::Time => {
                Sql::fill("CAST({} AS VARCHAR)", &[&value])
            }
            _ => value,
        };
        let found = if search.is_empty() {
            Sql::raw("v IS NOT NULL")
        } else {
            let search = sql::text(search);
            Sql::fill("contains(lower(CAST(v AS VARCHAR)), lower({}))", &[&search])
        };
        let outer = Sql::fill(
            "SELECT f.v, coalesce(f.\"all\", 0) AS \"all\", coalesce(f.kept, 0) AS kept, t.*\nFROM (\n  SELECT CAST(coalesce(sum(\"all\") FILTER (WHERE {}), 0) AS BIGINT) AS all_total,\n    CAST(coalesce(sum(kept) FILTER (WHERE {}), 0) AS BIGINT) AS kept_total,\n    count(*) FILTER (WHERE {}) AS distinct_total,\n    CAST(coalesce(sum(\"all\") FILTER (WHERE v IS NULL), 0) AS BIGINT) AS all_missing,\n    CAST(coalesce(sum(kept) FILTER (WHERE v IS NULL), 0) AS BIGINT) AS kept_missing\n  FROM counts\n) AS t\nLEFT JOIN (SELECT * FROM counts WHERE {} ORDER BY kept DESC, \"all\" DESC, v LIMIT {}) AS f ON TRUE\nORDER BY f.kept DESC, f.\"all\" DESC, f.v",
            &[&found, &found, &found, &found, &sql::number(top)],
        );
        Ok((Sql::fill(", {} AS v", &[&value]), outer))
    })
    .map(|mut query| {
        let counts = "  SELECT v, count(*) AS \"all\", count(*) FILTER (WHERE kept) AS kept FROM rows GROUP BY v";
        query.name_first("counts", Sql::raw(counts));
        query
    })
}

/// The earliest and latest moment of a feature in the cohort, as text.
///
/// # Errors
/// See [`members`]; also when the feature is no date.
pub fn time_range(catalog: &Catalog, slice: &Slice, column: &str, extent: Extent) -> Compiled {
    over_cohort(catalog, slice, &Tree::everyone(), |scope| {
        let value = time_value(scope, column)?;
        let kind = feature(scope, column)?.kind;
        let raw = scope.column(&feature(scope, column)?.name);
        let ends = ["min(v)", "max(v)"].map(|end| scope.local(Some(kind), Sql::raw(end)));
        Ok(match extent {
            Extent::All => (
                Sql::fill(", {} AS v", &[&raw]),
                Sql::fill(
                    "SELECT CAST({} AS VARCHAR), CAST({} AS VARCHAR) FROM rows",
                    &[&ends[0], &ends[1]],
                ),
            ),
            Extent::Finite => (
                Sql::fill(", {} AS v", &[&value]),
                Sql::raw(
                    "SELECT CAST(min(v) AS VARCHAR), CAST(max(v) AS VARCHAR) FROM rows WHERE isfinite(v)",
                ),
            ),
        })
    })
}

/// A time line: the first moment of each period as text (NULL for missing or infinite), `all` and
/// `kept`.
///
/// # Errors
/// See [`time_range`].
pub fn timeline(catalog: &Catalog, slice: &Slice, column: &str, unit: Unit) -> Compiled {
    over_cohort(catalog, slice, &slice.tree.without_own(column), |scope| {
        let value = time_value(scope, column)?;
        Ok((
            Sql::fill(", {} AS v", &[&value]),
            Sql::fill(
                "SELECT strftime(period, '%Y-%m-%d %H:%M:%S') AS period, \"all\", kept\nFROM (\n  SELECT CASE WHEN isfinite(v) THEN CAST(date_trunc({}, v) AS TIMESTAMP) END AS period,\n    count(*) AS \"all\", count(*) FILTER (WHERE kept) AS kept\n  FROM rows GROUP BY 1\n) ORDER BY 1",
                &[&sql::text(unit.word())],
            ),
        ))
    })
}

fn time_value(scope: &Scope<'_>, name: &str) -> Result<Sql, Failure> {
    let feature = feature(scope, name)?;
    if feature.kind.is_temporal() {
        let value = scope.local(Some(feature.kind), scope.column(&feature.name));
        return Ok(Sql::fill("CAST({} AS TIMESTAMP)", &[&value]));
    }
    Err(Failure::wrong_use(
        format!("{} is not a date but {}", feature.name, feature.kind.word()),
        "",
        "choose a date for this chart",
    ))
}

/// Two numbers counted in cells: `x`, `y` (NULL both when one is missing or not finite), `kept`.
///
/// # Errors
/// See [`range`].
pub fn grid(catalog: &Catalog, slice: &Slice, x: (&str, Bins), y: (&str, Bins)) -> Compiled {
    over_cohort(catalog, slice, &slice.tree, |scope| {
        let (xv, yv) = (number_value(scope, x.0)?, number_value(scope, y.0)?);
        let (xs, ys) = (bin_of(&Sql::raw("x"), x.1), bin_of(&Sql::raw("y"), y.1));
        let both = Sql::raw("isfinite(x) AND isfinite(y)");
        Ok((
            Sql::fill(", {} AS x, {} AS y", &[&xv, &yv]),
            Sql::fill(
                "SELECT CASE WHEN {} THEN {} END, CASE WHEN {} THEN {} END, count(*) AS kept\nFROM rows WHERE kept GROUP BY 1, 2 ORDER BY 1, 2",
                &[&both, &xs, &both, &ys],
            ),
        ))
    })
}

/// Two numbers of at most `limit` members: `x`, `y`.
///
/// # Errors
/// See [`range`].
pub fn grid_points(catalog: &Catalog, slice: &Slice, x: &str, y: &str, limit: u32) -> Compiled {
    over_cohort(catalog, slice, &slice.tree, |scope| {
        let (xv, yv) = (number_value(scope, x)?, number_value(scope, y)?);
        Ok((
            Sql::fill(", {} AS x, {} AS y", &[&xv, &yv]),
            Sql::fill(
                "SELECT x, y FROM rows WHERE kept AND isfinite(x) AND isfinite(y) LIMIT {}",
                &[&sql::number(limit)],
            ),
        ))
    })
}

/// Five-number summaries per group, the largest group first: group, count, then the five.
///
/// # Errors
/// See [`range`].
pub fn boxes(catalog: &Catalog, slice: &Slice, number: &str, by: &str, top: u16) -> Compiled {
    over_cohort(catalog, slice, &slice.tree, |scope| {
        let value = number_value(scope, number)?;
        let group = scope.column(&feature(scope, by)?.name);
        let five = ["0", "0.25", "0.5", "0.75", "1"]
            .map(|p| Sql::fill("quantile_cont(v, {})", &[&Sql::raw(p)]));
        Ok((
            Sql::fill(", {} AS v, {} AS g", &[&value, &group]),
            Sql::fill(
                "SELECT g, count(*) AS members, {}\nFROM rows WHERE kept AND isfinite(v) GROUP BY g ORDER BY members DESC, g LIMIT {}",
                &[&Sql::join(five, ", "), &sql::number(top)],
            ),
        ))
    })
}

/// Rows of the people table: the key, then the columns asked for.
///
/// # Errors
/// See [`members`].
pub fn page(
    catalog: &Catalog,
    slice: &Slice,
    columns: &[String],
    sort: Option<&(String, bool)>,
    (offset, limit): (u64, u32),
) -> Compiled {
    let mut scope = Scope::new(catalog, slice)?;
    let keep = keep_condition(&mut scope, &slice.tree)?;
    let columns = page_columns(&scope, columns)?;
    let order = sort_order(&scope, sort)?;
    let from = scope.from()?;
    scope.query(Sql::fill(
        "SELECT {}\nFROM {}{}\nORDER BY {}\nLIMIT {} OFFSET {}",
        &[&columns, &from, &where_(keep), &order, &sql::number(limit), &sql::number(offset)],
    ))
}

fn page_columns(scope: &Scope<'_>, columns: &[String]) -> Result<Sql, Failure> {
    let mut printed = vec![scope.key()];
    for name in columns {
        printed.push(scope.column(&feature(scope, name)?.name));
    }
    Ok(Sql::join(printed, ", "))
}

fn sort_order(scope: &Scope<'_>, sort: Option<&(String, bool)>) -> Result<Sql, Failure> {
    let key = scope.key();
    let Some((name, descending)) = sort else {
        return Ok(key);
    };
    let column = scope.column(&feature(scope, name)?.name);
    let template = if *descending { "{} DESC NULLS LAST, {}" } else { "{} ASC NULLS LAST, {}" };
    Ok(Sql::fill(template, &[&column, &key]))
}

/// The keys of a slice numbered from 0 in the order of the people table: `n`, `key`. Kept by the
/// engine so that any page is one look-up, however deep.
///
/// # Errors
/// See [`members`].
pub fn order(catalog: &Catalog, slice: &Slice, sort: Option<&(String, bool)>) -> Compiled {
    let mut scope = Scope::new(catalog, slice)?;
    let keep = keep_condition(&mut scope, &slice.tree)?;
    let order = sort_order(&scope, sort)?;
    let from = scope.from()?;
    let key = scope.key();
    scope.query(Sql::fill(
        "SELECT row_number() OVER (ORDER BY {}) - 1 AS n, {} AS key\nFROM {}{}\nORDER BY n",
        &[&order, &key, &from, &where_(keep)],
    ))
}

/// The page of [`page`], looked up in a table made by [`order`].
///
/// # Errors
/// See [`members`].
pub fn page_of_order(
    catalog: &Catalog,
    slice: &Slice,
    columns: &[String],
    order_table: &str,
    (offset, limit): (u64, u32),
) -> Compiled {
    let mut everyone = slice.clone();
    everyone.tree = Tree::everyone();
    let mut scope = Scope::new(catalog, &everyone)?;
    let columns = page_columns(&scope, columns)?;
    let from = scope.from()?;
    let (key, table) = (scope.key(), sql::path(&["memory", "main", order_table]));
    let (first, end) = (sql::number(offset), sql::number(i128::from(offset) + i128::from(limit)));
    scope.query(Sql::fill(
        "SELECT {}\nFROM {}\nJOIN (SELECT n, key FROM {} WHERE n >= {} AND n < {}) AS o ON o.key = {}\nORDER BY o.n",
        &[&columns, &from, &table, &first, &end, &key],
    ))
}
