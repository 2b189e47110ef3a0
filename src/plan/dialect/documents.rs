//! Documents: paths into them, making them, and rows of their items.
//!
//! A value out of a document is its text (`json_extract_string`), which is what comparing it,
//! converting it and showing it mean; where a document is needed it stays one.

use super::call::Call;
use super::rewriting::{Rewriting, piece, quoted};
use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, JsonPath, JsonPathElem, Query,
    SetExpr, Subscript, TableFactor, Value,
};
use sqlparser::dialect::DuckDbDialect;
use sqlparser::parser::Parser;

const TEXT_OF: &str = "json_extract_string(";
const ITEM_OF: &str = "json_extract(";

/// Whether a piece is a document by how it is written.
pub(super) fn is_document(value: &str) -> bool {
    let starts = [ITEM_OF, "muster_json(", "json_object(", "json_merge_patch(", "parse_json("];
    starts.iter().any(|start| value.starts_with(start))
}

/// A piece as a document, whether it is one, text of one, a list or a struct.
pub(super) fn document(value: &str) -> String {
    if let Some(rest) = value.strip_prefix(TEXT_OF) {
        return format!("{ITEM_OF}{rest}");
    }
    match is_document(value) {
        true => value.to_owned(),
        false => format!("muster_json({value})"),
    }
}

/// A piece as a document where it is out of one.
fn document_of(value: &str) -> String {
    if value.starts_with(TEXT_OF) { document(value) } else { value.to_owned() }
}

/// Whether a piece is text out of a document by how it is written.
pub(super) fn is_text(value: &str) -> bool {
    value.starts_with(TEXT_OF)
}

/// Whether an expression is a column of items of documents, as `flatten` gives it.
pub(super) fn is_item(expr: &Expr) -> bool {
    let last = match expr {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(names) => match names.last() {
            Some(name) => name,
            None => return false,
        },
        _ => return false,
    };
    last.value.eq_ignore_ascii_case("value") || last.value.eq_ignore_ascii_case("this")
}

fn key(name: &str) -> String {
    format!(".\"{}\"", name.replace('"', "\\\""))
}

/// What stands at a path of literals: `'$."a"[0]'`.
fn item(value: &str, path: &str) -> String {
    let path = format!("${path}").replace('\'', "''");
    format!("{TEXT_OF}{}, '{path}')", document(value))
}

/// `doc:key.path[0]`.
pub(super) fn by_path(rewriting: &mut Rewriting, value: &Expr, path: &JsonPath) -> String {
    if let [JsonPathElem::Bracket { key: at }] = path.path.as_slice()
        && step(at).is_none()
    {
        return computed_place(&piece(value), at);
    }
    let mut steps = String::new();
    for element in &path.path {
        match element {
            JsonPathElem::Dot { key: name, .. } => steps.push_str(&key(name)),
            JsonPathElem::Bracket { key: at } | JsonPathElem::ColonBracket { key: at } => match step(
                at,
            ) {
                Some(step) => steps.push_str(&step),
                None => rewriting.refuse(format!(
                    "`{at}` is not a fixed place in a document; write a number or a key in quotes"
                )),
            },
        }
    }
    item(&piece(value), &steps)
}

/// `value['key'][0]`: places in brackets are counted from 0, also in lists. `None` when it is
/// something else, such as a part of a list.
pub(super) fn by_brackets(root: &Expr, chain: &[AccessExpr]) -> Option<String> {
    let first = chain.iter().position(|access| matches!(access, AccessExpr::Subscript(_)))?;
    let (names, places) = chain.split_at(first);
    let mut base = piece(root);
    for name in names {
        let AccessExpr::Dot(name) = name else { return None };
        base.push_str(&format!(".{name}"));
    }
    // A place that is computed.
    if let [AccessExpr::Subscript(Subscript::Index { index })] = places
        && step(index).is_none()
    {
        return Some(computed_place(&base, index));
    }
    let mut steps = Vec::new();
    for access in places {
        steps.push(match access {
            AccessExpr::Subscript(Subscript::Index { index }) => step(index)?,
            AccessExpr::Dot(Expr::Identifier(name)) => key(&name.value),
            _ => return None,
        });
    }
    if let (Expr::Function(function), [place], true) = (root, steps.as_slice(), names.is_empty())
        && let Some(quantile) = quantile_at(function, place)
    {
        return Some(quantile);
    }
    Some(item(&base, &steps.concat()))
}

/// A place in a list that is computed, counted from 0.
fn computed_place(list: &str, at: &Expr) -> String {
    format!(
        "{TEXT_OF}list_extract(CAST({} AS JSON[]), CAST({} AS BIGINT) + 1), '$')",
        document(list),
        piece(at)
    )
}

/// `approx_quantiles(x, 4)[offset(1)]` of BigQuery: the first quarter.
fn quantile_at(function: &Function, place: &str) -> Option<String> {
    if !function.name.to_string().eq_ignore_ascii_case("approx_quantiles") {
        return None;
    }
    let call = Call::of(function)?;
    let [x, parts] = call.args.as_slice() else { return None };
    let parts: f64 = parts.parse().ok()?;
    let place: f64 = place.trim_matches(['[', ']']).parse().ok()?;
    (parts > 0.0 && place <= parts).then(|| format!("quantile_cont({x}, {})", place / parts))
}

/// A number or a text as a step of a path.
fn step(at: &Expr) -> Option<String> {
    if let Some(name) = quoted(at) {
        return Some(key(name));
    }
    if let Expr::Function(function) = at {
        let call = Call::of(function)?;
        let [number] = call.args.as_slice() else { return None };
        let number: u32 = number.parse().ok()?;
        return match call.name.as_str() {
            "offset" | "safe_offset" => Some(format!("[{number}]")),
            "ordinal" | "safe_ordinal" => Some(format!("[{}]", number.checked_sub(1)?)),
            _ => None,
        };
    }
    match at {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => Some(format!("[{digits}]")),
            _ => None,
        },
        _ => None,
    }
}

/// Steps that are written as text: `a.b[0]`, `$.a`, `$['a']`.
fn written_path(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    let mut steps = String::new();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (at, after) = inside.split_once(']')?;
            let name = at.trim().trim_matches(['\'', '"']);
            match at.trim().parse::<u32>() {
                Ok(number) => steps.push_str(&format!("[{number}]")),
                Err(_) => steps.push_str(&key(name)),
            }
            rest = after;
            continue;
        }
        rest = rest.strip_prefix(['.', ':']).unwrap_or(rest);
        let end = rest.find(['.', '[', ':']).unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        steps.push_str(&key(rest[..end].trim_matches('"')));
        rest = &rest[end..];
    }
    Some(steps)
}

/// A call about documents; `None` when it is none.
pub(super) fn call(rewriting: &mut Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let text = |at: usize| call.exprs.get(at).and_then(|expr| quoted(expr));
    match (call.name.as_str(), args.len()) {
        ("get" | "element_at", 2) => Some(item(&args[0], &step(call.exprs[1])?)),
        ("get_path" | "get_json_object" | "json_value" | "json_extract_scalar", 2) => {
            Some(item(&args[0], &written_path(text(1)?)?))
        }
        ("json_query", 2) => Some(document(&item(&args[0], &written_path(text(1)?)?))),
        ("json_extract_path_text", 2..) => {
            let steps: Option<String> = (1..args.len())
                .map(|at| match text(at) {
                    // One text may hold a whole path.
                    Some(path) if args.len() == 2 => written_path(path),
                    Some(name) => Some(key(name)),
                    None => step(call.exprs[at]),
                })
                .collect();
            Some(item(&args[0], &steps?))
        }
        ("object_construct" | "object_construct_keep_null", _) => {
            if args.iter().any(|arg| arg.contains('*') && arg.len() < 3) {
                rewriting.refuse("`object_construct(*)` is not built; name its keys");
            }
            let members = format!("json_object({})", args.join(", "));
            match call.name.as_str() {
                // Keys without a value are left out.
                "object_construct" => Some(format!("json_merge_patch('{{}}', {members})")),
                _ => Some(members),
            }
        }
        ("array_construct", _) => Some(format!("[{}]", args.join(", "))),
        ("json_query_array" | "json_extract_array", 1) => Some(document(&args[0])),
        ("from_json", 2) => Some(document(&args[0])),
        (
            "array_size" | "object_keys" | "array_length" | "json_array_length" | "cardinality"
            | "get_array_length" | "size",
            1,
        ) => {
            let inner = document(&args[0]);
            Some(match call.name.as_str() {
                "object_keys" => format!("json_keys({inner})"),
                _ => format!("muster_array_size({})", document_of(&args[0])),
            })
        }
        ("array_contains", 2) => {
            let (value, list) = match rewriting.warehouse {
                crate::sql::warehouse::Warehouse::Snowflake => (&args[0], &args[1]),
                _ => (&args[1], &args[0]),
            };
            // A text that is made a variant stays one text.
            let value = value
                .strip_prefix("muster_json(")
                .and_then(|inner| inner.strip_suffix(')'))
                .unwrap_or(value);
            Some(format!("list_contains(CAST({} AS JSON[]), to_json({value}))", document(list)))
        }
        _ => None,
    }
}

/// `lateral flatten(input => x)` and `table(flatten(x))` as a subquery with its columns.
pub(super) fn flattened(rewriting: &mut Rewriting, factor: &TableFactor) -> Option<TableFactor> {
    let (args, alias) = match factor {
        TableFactor::Function { name, args, alias, .. } if is_flatten(&name.to_string()) => {
            (args.clone(), alias)
        }
        TableFactor::Table { name, args: Some(args), alias, .. }
            if is_flatten(&name.to_string()) =>
        {
            (args.args.clone(), alias)
        }
        TableFactor::TableFunction { expr: Expr::Function(function), alias }
            if is_flatten(&function.name.to_string()) =>
        {
            match &function.args {
                sqlparser::ast::FunctionArguments::List(list) => (list.args.clone(), alias),
                _ => return None,
            }
        }
        _ => return None,
    };
    let (mut input, mut path, mut outer) = (None, String::new(), false);
    for arg in &args {
        let (name, value) = match arg {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => {
                (name.value.to_lowercase(), value)
            }
            FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(value), .. } => {
                (name.to_string().to_lowercase(), value)
            }
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => ("input".to_owned(), value),
            _ => return None,
        };
        match name.as_str() {
            "input" => input = Some(piece(value)),
            "path" => path = written_path(quoted(value)?)?,
            "outer" => outer = value.to_string().eq_ignore_ascii_case("true"),
            "recursive" | "mode" => {
                rewriting.refuse(format!("`flatten` with `{name}` is not built"));
            }
            _ => return None,
        }
    }
    let mut of = document(&input?);
    if !path.is_empty() {
        of = document(&item(&of, &path));
    }
    let is_object = format!("json_type({of}) = 'OBJECT'");
    let mut items = format!(
        "CASE WHEN {is_object} THEN json_extract({of}, '$.*') ELSE json_extract({of}, '$[*]') END"
    );
    if outer {
        items = format!("CASE WHEN coalesce(len({items}), 0) = 0 THEN [NULL] ELSE {items} END");
    }
    let keys = format!("CASE WHEN {is_object} THEN json_keys({of}) END");
    let alias =
        alias.as_ref().map_or_else(|| "flattened".to_owned(), |alias| alias.name.to_string());
    let text = format!(
        "SELECT * FROM LATERAL (SELECT unnest({items}) AS \"value\", unnest({keys}) AS \"key\", \
         generate_subscripts({items}, 1) - 1 AS \"index\", {of} AS \"this\") AS {alias}"
    );
    first_factor(&text)
}

fn is_flatten(name: &str) -> bool {
    name.eq_ignore_ascii_case("flatten")
}

/// The first thing that a query reads.
fn first_factor(text: &str) -> Option<TableFactor> {
    let query: Box<Query> =
        Parser::new(&DuckDbDialect {}).try_with_sql(text).ok()?.parse_query().ok()?;
    match *query.body {
        SetExpr::Select(select) => select.from.into_iter().next().map(|from| from.relation),
        _ => None,
    }
}
