//! Fields of structs, from the type of a column as DuckDB prints it.

/// The names of the fields on a way into a struct, as they are written there, and the type at its
/// end; `None` when there is no such field. Case does not count, as in SQL.
pub fn field_of(type_name: &str, names: &[&str]) -> Option<(Vec<String>, String)> {
    let mut type_name = type_name.trim().to_owned();
    let mut found = Vec::new();
    for name in names {
        let fields = fields(&type_name)?;
        let exact = fields.iter().find(|(field, _)| field == name);
        let any = || fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        let (field, inner) = exact.or_else(any)?.clone();
        found.push(field);
        type_name = inner;
    }
    Some((found, type_name))
}

/// The fields of a struct with their types; `None` when the type is no struct.
pub fn fields(type_name: &str) -> Option<Vec<(String, String)>> {
    let inner = type_name.strip_prefix("STRUCT(")?.strip_suffix(')')?;
    let mut out = Vec::new();
    let (mut depth, mut quoted, mut start) = (0_usize, None, 0);
    for (at, c) in inner.char_indices() {
        match (quoted, c) {
            (Some(quote), c) if c == quote => quoted = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quoted = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => {
                out.push(field(&inner[start..at])?);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(field(&inner[start..])?);
    Some(out)
}

/// `name TYPE` and `"a name" TYPE`.
fn field(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix('"') else {
        let (name, type_name) = text.split_once(' ')?;
        return Some((name.to_owned(), type_name.trim().to_owned()));
    };
    let mut name = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if rest[at + 1..].starts_with('"') {
            name.push('"');
            chars.next();
        } else {
            return Some((name, rest[at + 1..].trim().to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_way() {
        let of = "STRUCT(category VARCHAR, os STRUCT(\"name\" VARCHAR, \"a \"\"b\"\", c\" INTEGER), \
                  n DECIMAL(18,3), k ENUM('x, y', 'z'))";
        let found = |names: &[&str]| field_of(of, names).map(|(_, type_name)| type_name);
        assert_eq!(found(&["category"]).as_deref(), Some("VARCHAR"));
        assert_eq!(found(&["OS", "NAME"]).as_deref(), Some("VARCHAR"));
        assert_eq!(found(&["os", "a \"b\", c"]).as_deref(), Some("INTEGER"));
        assert_eq!(found(&["n"]).as_deref(), Some("DECIMAL(18,3)"));
        assert_eq!(found(&["k"]).as_deref(), Some("ENUM('x, y', 'z')"));
        assert_eq!(found(&["nothing"]), None);
        assert_eq!(found(&["category", "more"]), None);
        assert_eq!(field_of("STRUCT(a INTEGER)[]", &["a"]), None);
    }
}
