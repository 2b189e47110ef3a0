//! A call of a function, as what rewrites it reads it.

use super::rewriting::piece;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart,
};

/// A call with its arguments as pieces.
pub(super) struct Call<'a> {
    /// In lower case, without a schema.
    pub(super) name: String,
    pub(super) args: Vec<String>,
    pub(super) exprs: Vec<&'a Expr>,
}

impl<'a> Call<'a> {
    /// `None` for a call with arguments that are no plain expressions.
    pub(super) fn of(function: &'a Function) -> Option<Self> {
        let name = match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() => {
                name.value.to_lowercase()
            }
            // `safe.parse_date(…)` of BigQuery.
            [ObjectNamePart::Identifier(safe), ObjectNamePart::Identifier(name)]
                if safe.value.eq_ignore_ascii_case("safe") =>
            {
                format!("safe_{}", name.value.to_lowercase())
            }
            _ => return None,
        };
        let mut exprs = Vec::new();
        if let FunctionArguments::List(list) = &function.args {
            for arg in &list.args {
                match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => exprs.push(expr),
                    _ => return None,
                }
            }
        }
        let args = exprs.iter().map(|expr| piece(expr)).collect();
        Some(Self { name, args, exprs })
    }
}
