//! The texts of a project as syntax trees.

use super::rewriting::Rewriting;
use crate::sql::warehouse::Warehouse;
use sqlparser::ast::{Expr, OrderByExpr, Query, Statement, VisitMut as _};
use sqlparser::dialect::{
    BigQueryDialect, DatabricksDialect, Dialect, DuckDbDialect, GenericDialect, RedshiftSqlDialect,
    SnowflakeDialect,
};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use std::fmt;

/// What stands before a body that goes on with `, name AS (…) SELECT …`.
const BEGUN: &str = "WITH dummy_variable AS (SELECT 1)";

/// A text as a tree, by what it is.
pub(super) struct Parsed {
    tree: Tree,
    /// The text has quotes or escapes that mean something else in DuckDB.
    odd_spelling: bool,
}

enum Tree {
    Expression(Box<Expr>),
    /// What rows are ordered by.
    Order(Box<OrderByExpr>),
    Query(Box<Query>),
    /// A query without its beginning, which whoever uses it puts before it.
    Continued(Box<Query>),
    Statements(Vec<Statement>),
}

impl Parsed {
    /// The tree of a text; `None` when no dialect reads it.
    pub(super) fn read(sql: &str, warehouse: Warehouse) -> Option<Self> {
        let dialects: [(&dyn Dialect, bool); 7] = [
            (first(warehouse), true),
            (&SnowflakeDialect {}, true),
            (&BigQueryDialect {}, true),
            (&DatabricksDialect {}, true),
            (&RedshiftSqlDialect {}, true),
            (&DuckDbDialect {}, false),
            (&GenericDialect {}, false),
        ];
        dialects.into_iter().find_map(|(dialect, has_escapes)| {
            let tree = tree_of(sql, dialect)?;
            let odd_spelling = sql.contains('`') || (has_escapes && sql.contains('\\'));
            let comments = sql.contains("//");
            Some(Self { tree, odd_spelling: odd_spelling || comments })
        })
    }

    /// Whether the text has to be printed although nothing in it is rewritten.
    pub(super) fn is_spelt_otherwise(&self) -> bool {
        self.odd_spelling
    }

    pub(super) fn visit(&mut self, rewriting: &mut Rewriting) {
        // Nothing breaks a visit off.
        let _ = match &mut self.tree {
            Tree::Expression(expr) => expr.visit(rewriting),
            Tree::Order(order) => {
                rewriting.order(order);
                order.visit(rewriting)
            }
            Tree::Query(query) | Tree::Continued(query) => query.visit(rewriting),
            Tree::Statements(statements) => statements.visit(rewriting),
        };
    }
}

fn first(warehouse: Warehouse) -> &'static dyn Dialect {
    match warehouse {
        Warehouse::Snowflake => &SnowflakeDialect {},
        Warehouse::BigQuery => &BigQueryDialect {},
        Warehouse::Redshift => &RedshiftSqlDialect {},
        Warehouse::Databricks => &DatabricksDialect {},
    }
}

fn tree_of(sql: &str, dialect: &dyn Dialect) -> Option<Tree> {
    let parser = || Parser::new(dialect).try_with_sql(sql).ok();
    let is_over = |parser: &Parser<'_>| parser.peek_token_ref().token == Token::EOF;
    if without_comments(sql).starts_with(',') {
        let whole = format!("{BEGUN}\n{sql}");
        let mut parser = Parser::new(dialect).try_with_sql(&whole).ok()?;
        let query = parser.parse_query().ok().filter(|_| is_over(&parser));
        return query.map(Tree::Continued);
    }
    let mut read = parser()?;
    if let Ok(query) = read.parse_query()
        && is_over(&read)
    {
        return Some(Tree::Query(query));
    }
    let mut read = parser()?;
    if let Ok(expr) = read.parse_expr()
        && is_over(&read)
    {
        return Some(Tree::Expression(Box::new(expr)));
    }
    let mut read = parser()?;
    if let Ok(order) = read.parse_order_by_expr()
        && is_over(&read)
    {
        return Some(Tree::Order(Box::new(order)));
    }
    Parser::parse_sql(dialect, sql).ok().filter(|all| !all.is_empty()).map(Tree::Statements)
}

/// A text from its first word on.
fn without_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let end = match () {
            () if rest.starts_with("--") => rest.find('\n'),
            () if rest.starts_with("/*") => rest.find("*/").map(|at| at + 1),
            () => return rest,
        };
        let Some(end) = end else { return "" };
        rest = rest[end + 1..].trim_start();
    }
}

impl fmt::Display for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tree {
            Tree::Expression(expr) => write!(f, "{expr}"),
            Tree::Order(order) => write!(f, "{order}"),
            Tree::Query(query) => write!(f, "{query:#}"),
            Tree::Continued(query) => {
                let mut rest = query.clone();
                if let Some(with) = &mut rest.with {
                    with.cte_tables.remove(0);
                }
                let rest = format!("{rest:#}");
                write!(f, ",{}", rest.strip_prefix("WITH").unwrap_or(&rest))
            }
            Tree::Statements(statements) => {
                for (at, statement) in statements.iter().enumerate() {
                    write!(f, "{}{statement}", if at == 0 { "" } else { ";\n" })?;
                }
                Ok(())
            }
        }
    }
}
