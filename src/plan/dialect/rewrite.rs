//! The walk over a tree: what is inside is rewritten before what is around it.
//!
//! What is rewritten becomes a piece of finished text, which stands in the tree as a name without
//! quotes. Such a piece is a call or stands in brackets, so that it can stand anywhere.

use super::rewriting::{Rewriting, piece, quoted};
use super::{calls, dates, documents, texts, types};
use crate::sql::warehouse::Warehouse;
use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, Ident, OrderByKind, Query, Select, SelectItem,
    SetExpr, SetOperator, TableFactor, Value, VisitorMut, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType,
};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// How long a rewritten expression may become: what is written twice within itself doubles each time.
const LENGTH_MAX: usize = 1 << 18;

/// What projects call the main id of whatever they are about.
const MAIN_ID: &str = "rudder_id";

impl Rewriting {
    fn window(&mut self, function: &mut Function) {
        let name = function.name.to_string().to_lowercase();
        let treatment = function.null_treatment.take();
        if let Some(treatment) = treatment {
            calls::within_brackets(function, treatment);
            self.changed = true;
        }
        let Some(WindowType::WindowSpec(spec)) = &mut function.over else { return };
        self.spec(spec);
        let is_of_place = matches!(name.as_str(), "first_value" | "last_value" | "nth_value");
        if is_of_place && spec.window_frame.is_none() && spec.window_name.is_none() {
            // By themselves these see the whole window, not its part up to the row.
            spec.window_frame = Some(WindowFrame {
                units: WindowFrameUnits::Rows,
                start_bound: WindowFrameBound::Preceding(None),
                end_bound: Some(WindowFrameBound::Following(None)),
            });
            self.changed = true;
        }
    }

    fn spec(&mut self, spec: &mut WindowSpec) {
        for order in &mut spec.order_by {
            self.order(order);
        }
    }

    fn unquoted(&mut self, name: &mut Ident) {
        if name.quote_style == Some('`') {
            name.quote_style = Some('"');
            self.changed = true;
        }
        if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("at") {
            // A word that DuckDB keeps for itself.
            name.quote_style = Some('"');
            self.changed = true;
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<String> {
        let (a, b) = (piece(left), piece(right));
        match op {
            BinaryOperator::Divide => Some(match self.warehouse {
                Warehouse::Snowflake => format!("muster_divide({a}, {b})"),
                Warehouse::Redshift => format!("muster_divide_whole({a}, {b})"),
                Warehouse::BigQuery | Warehouse::Databricks => format!("muster_ratio({a}, {b})"),
            }),
            BinaryOperator::PGRegexMatch => Some(format!("regexp_matches({a}, {b})")),
            BinaryOperator::PGRegexIMatch => Some(format!("regexp_matches({a}, {b}, 'i')")),
            BinaryOperator::PGRegexNotMatch => Some(format!("(NOT regexp_matches({a}, {b}))")),
            BinaryOperator::PGRegexNotIMatch => {
                Some(format!("(NOT regexp_matches({a}, {b}, 'i'))"))
            }
            _ => None,
        }
    }

    /// What an expression becomes whose parts are rewritten already; `None` when it stays.
    fn expression(&mut self, expr: &mut Expr) -> Option<String> {
        match expr {
            Expr::Function(function) => {
                self.window(function);
                calls::rewritten(self, function)
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::Cast { kind, expr, data_type, format } if format.is_none() => {
                let is_try = !matches!(kind, CastKind::Cast | CastKind::DoubleColon);
                types::cast(self, expr, data_type, is_try)
            }
            Expr::TypedString(typed) => {
                let name = types::name_of(self.warehouse, &typed.data_type)?;
                let text = typed.value.to_string();
                Some(format!("CAST({text} AS {name})"))
            }
            Expr::JsonAccess { value, path } => Some(documents::by_path(self, value, path)),
            Expr::CompoundFieldAccess { root, access_chain } => {
                documents::by_brackets(root, access_chain)
            }
            Expr::Extract { field, expr, .. } => {
                let part = field.to_string();
                dates::part_of(self, &part, expr)
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                dates::at_time_zone(self, timestamp, time_zone)
            }
            Expr::RLike { negated, expr, pattern, .. } => {
                let matches = match self.warehouse {
                    Warehouse::Snowflake => "regexp_full_match",
                    _ => "regexp_matches",
                };
                let not = if *negated { "NOT " } else { "" };
                Some(format!("({not}{matches}({}, {}))", piece(expr), piece(pattern)))
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let length = substring_for.as_ref().map(|length| piece(length));
                Some(texts::part(self.warehouse, &piece(expr), &piece(from), length.as_deref()))
            }
            Expr::SimilarTo { negated, expr, pattern, escape_char: None } => {
                let Some(pattern) = quoted(pattern) else {
                    self.refuse("`similar to` needs its pattern in quotes");
                    return None;
                };
                let pattern = pattern.replace('%', ".*").replace('_', ".").replace('\'', "''");
                let not = if *negated { "NOT " } else { "" };
                Some(format!("({not}regexp_full_match({}, '{pattern}'))", piece(expr)))
            }
            Expr::Like { negated, any: true, expr, pattern, escape_char: None } => {
                any_of(expr, pattern, *negated, "LIKE")
            }
            Expr::ILike { negated, any: true, expr, pattern, escape_char: None } => {
                any_of(expr, pattern, *negated, "ILIKE")
            }
            Expr::Array(array) if !array.named => {
                let items: Vec<String> = array.elem.iter().map(ToString::to_string).collect();
                (self.warehouse != Warehouse::Snowflake).then(|| format!("[{}]", items.join(", ")))
            }
            _ => None,
        }
    }

    fn table(&mut self, factor: &mut TableFactor) {
        let flat = documents::flattened(self, factor);
        if let Some(flat) = flat {
            *factor = flat;
            self.changed = true;
        }
        let alias = match factor {
            TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. } => alias,
            _ => return,
        };
        if let Some(alias) = alias {
            self.unquoted(&mut alias.name);
        }
    }
}

/// `a LIKE ANY (p, q)` as comparisons with each.
fn any_of(expr: &Expr, pattern: &Expr, negated: bool, word: &str) -> Option<String> {
    let patterns = match pattern {
        Expr::Tuple(patterns) => patterns.iter().collect(),
        Expr::Nested(one) => vec![&**one],
        _ => return None,
    };
    let one = |pattern: &Expr| format!("{} {word} {}", piece(expr), piece(pattern));
    let all: Vec<String> = patterns.into_iter().map(one).collect();
    let not = if negated { "NOT " } else { "" };
    Some(format!("({not}({}))", all.join(" OR ")))
}

impl VisitorMut for Rewriting {
    type Break = Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Infallible> {
        match expr {
            Expr::Identifier(name) => {
                self.unquoted(name);
                if let Some(main_id) = &self.main_id
                    && name.quote_style.is_none()
                    && name.value.eq_ignore_ascii_case(MAIN_ID)
                {
                    *name = Ident::with_quote('"', main_id.clone());
                    self.changed = true;
                }
            }
            Expr::Value(value) => {
                // Where names have quotes of another kind, double ones are those of text.
                match &value.value {
                    Value::DoubleQuotedString(text)
                    | Value::SingleQuotedRawStringLiteral(text)
                    | Value::DoubleQuotedRawStringLiteral(text) => {
                        value.value = Value::SingleQuotedString(text.clone());
                        self.changed = true;
                    }
                    _ => {}
                }
            }
            Expr::CompoundIdentifier(names) => {
                names.iter_mut().for_each(|name| self.unquoted(name))
            }
            _ => {
                if let Some(text) = self.expression(expr) {
                    if text.len() > LENGTH_MAX {
                        self.refuse("it is longer than can be built");
                        return ControlFlow::Continue(());
                    }
                    *expr = Expr::Identifier(Ident::new(text));
                    self.changed = true;
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Infallible> {
        if let Some(by) = &mut query.order_by
            && let OrderByKind::Expressions(all) = &mut by.kind
        {
            all.iter_mut().for_each(|order| self.order(order));
        }
        if let SetExpr::SetOperation { op, .. } = &mut *query.body
            && *op == SetOperator::Minus
        {
            *op = SetOperator::Except;
            self.changed = true;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Infallible> {
        for item in &mut select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => self.unquoted(alias),
                SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => {
                    self.changed |= calls::except_as_exclude(options);
                }
                _ => {}
            }
        }
        for named in &mut select.named_window {
            if let sqlparser::ast::NamedWindowExpr::WindowSpec(spec) = &mut named.1 {
                self.spec(spec);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Infallible> {
        self.table(factor);
        ControlFlow::Continue(())
    }

    fn post_visit_relation(
        &mut self,
        relation: &mut sqlparser::ast::ObjectName,
    ) -> ControlFlow<Infallible> {
        for part in &mut relation.0 {
            if let sqlparser::ast::ObjectNamePart::Identifier(name) = part
                && name.quote_style == Some('`')
            {
                // BigQuery quotes a whole path at once.
                let parts: Vec<String> = name.value.split('.').map(str::to_owned).collect();
                let here = &parts[parts.len().saturating_sub(2)..];
                let quoted: Vec<String> =
                    here.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
                *name = Ident::new(quoted.join("."));
                self.changed = true;
            }
        }
        // Which of its databases a warehouse has a table in means nothing here.
        if relation.0.len() == 3 {
            relation.0.remove(0);
            self.changed = true;
        }
        ControlFlow::Continue(())
    }
}
