//! A rewriting on its way, and expressions as pieces of text.

use super::super::end_of_run;
use crate::sql::StandIns;
use crate::sql::warehouse::Warehouse;
use sqlparser::ast::{CastKind, Expr, OrderByExpr, Value};

/// A rewriting on its way.
pub(super) struct Rewriting {
    pub(super) warehouse: Warehouse,
    /// The column of the main id, which `rudder_id` means too.
    pub(super) main_id: Option<String>,
    /// Something was rewritten.
    pub(super) changed: bool,
    /// Why it cannot be said.
    pub(super) refused: Option<String>,
    /// What words in the text stand for.
    pub(super) stand_ins: StandIns,
}

impl Rewriting {
    pub(super) fn new(warehouse: Warehouse, main_id: Option<&str>, stand_ins: StandIns) -> Self {
        let main_id = main_id.map(str::to_owned);
        Self { warehouse, main_id, changed: false, refused: None, stand_ins }
    }

    /// The end of the run, as text among the rest.
    pub(super) fn end_of_run(&mut self) -> String {
        self.stand_ins.text_of(&end_of_run())
    }

    /// Notes that something means what cannot be said. The first reason stands.
    pub(super) fn refuse(&mut self, why: impl Into<String>) {
        self.refused.get_or_insert(why.into());
    }

    /// States where missing values stand, as the warehouse has it when nothing is said.
    pub(super) fn order(&mut self, order: &mut OrderByExpr) {
        if order.options.nulls_first.is_some() {
            return;
        }
        let descends = order
            .options
            .sort
            .as_ref()
            .is_some_and(|sort| matches!(sort, sqlparser::ast::OrderBySort::Desc));
        let first = match self.warehouse {
            Warehouse::Snowflake | Warehouse::Redshift => descends,
            Warehouse::BigQuery | Warehouse::Databricks => !descends,
        };
        // DuckDB has them last in both directions.
        if first {
            order.options.nulls_first = Some(true);
            self.changed = true;
        }
    }
}

/// An expression as a piece of text that can stand anywhere.
pub(super) fn piece(expr: &Expr) -> String {
    let text = expr.to_string();
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::Nested(_)
        | Expr::Function(_)
        | Expr::TypedString(_)
        | Expr::Case { .. }
        | Expr::Subquery(_) => text,
        Expr::Cast { kind, .. } if *kind != CastKind::DoubleColon => text,
        _ => format!("({text})"),
    }
}

/// The text in single quotes that an expression is.
pub(super) fn quoted(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The bare word that an expression is, in lower case.
pub(super) fn word(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) if name.quote_style.is_none() => Some(name.value.to_lowercase()),
        _ => None,
    }
}
