//! Types as the database prints them: `STRUCT(id HUGEINT, "a b" VARCHAR[])[]`.

use super::Sql;

/// A value in its own type with some of the types in that replaced; `None` when none is.
pub fn cast(
    value: &Sql,
    type_name: &str,
    replace: &dyn Fn(&str) -> Option<&'static str>,
) -> Option<Sql> {
    let target = Sql::type_name(replaced(type_name, replace)?);
    Some(Sql::fill("CAST({} AS {})", &[value, &target]))
}

/// The same, missing where it cannot be done.
pub fn try_cast(
    value: &Sql,
    type_name: &str,
    replace: &dyn Fn(&str) -> Option<&'static str>,
) -> Option<Sql> {
    let target = Sql::type_name(replaced(type_name, replace)?);
    Some(Sql::fill("TRY_CAST({} AS {})", &[value, &target]))
}

/// The same type with some of the types in it, at any depth, replaced; `None` when none is.
///
/// `replace` is asked about each type that holds no other, as the database prints it.
fn replaced(type_name: &str, replace: &dyn Fn(&str) -> Option<&'static str>) -> Option<String> {
    let mut reader = Reader { rest: type_name, replace, out: String::new(), changed: false };
    reader.one()?;
    (reader.rest.is_empty() && reader.changed).then_some(reader.out)
}

/// Whether a type holds values of other types.
pub fn is_nested(type_name: &str) -> bool {
    type_name.ends_with(']')
        || ["STRUCT", "MAP", "UNION", "TUPLE", "VARIANT"].contains(&head(type_name))
}

/// The word that a type begins with.
fn head(type_name: &str) -> &str {
    type_name.split(['(', ' ', '[']).next().unwrap_or_default()
}

struct Reader<'a> {
    rest: &'a str,
    replace: &'a dyn Fn(&str) -> Option<&'static str>,
    out: String,
    changed: bool,
}

impl Reader<'_> {
    /// A type with the brackets of its lists. `None` when it cannot be understood.
    fn one(&mut self) -> Option<()> {
        match head(self.rest) {
            "STRUCT" | "UNION" if self.rest[head(self.rest).len()..].starts_with('(') => {
                self.members(true)?;
            }
            "MAP" | "TUPLE" => self.members(false)?,
            _ => self.plain()?,
        }
        while self.rest.starts_with('[') {
            let end = self.rest.find(']')? + 1;
            self.keep(end);
        }
        Some(())
    }

    /// What stands in the parentheses of a type that holds others.
    fn members(&mut self, named: bool) -> Option<()> {
        self.keep(self.rest.find('(')? + 1);
        loop {
            if named {
                let end = end_of_name(self.rest)?;
                self.keep(end + 1);
            }
            self.one()?;
            if let Some(end) = self.rest.strip_prefix(", ").map(|_| 2) {
                self.keep(end);
            } else {
                return self.rest.starts_with(')').then(|| self.keep(1));
            }
        }
    }

    /// A type that holds no other: up to where the next one begins.
    fn plain(&mut self) -> Option<()> {
        let mut depth = 0;
        let mut quoted = None;
        let end = self.rest.char_indices().find_map(|(at, c)| {
            match (quoted, c) {
                (Some(quote), c) if c == quote => quoted = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quoted = Some(c),
                (None, '(') => depth += 1,
                (None, ')') if depth > 0 => depth -= 1,
                (None, ')' | ',' | '[') if depth == 0 => return Some(at),
                _ => {}
            }
            None
        });
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if name.is_empty() {
            return None;
        }
        let found = (self.replace)(name);
        self.changed |= found.is_some();
        self.out.push_str(found.unwrap_or(name));
        self.rest = rest;
        Some(())
    }

    fn keep(&mut self, end: usize) {
        let (kept, rest) = self.rest.split_at(end);
        self.out.push_str(kept);
        self.rest = rest;
    }
}

/// Where the name of a member ends; it is in double quotes where it must be.
fn end_of_name(text: &str) -> Option<usize> {
    let Some(quoted) = text.strip_prefix('"') else { return text.find(' ') };
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
            }
            // Behind both quotes.
            '"' => return Some(at + 2),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(type_name: &str, expected: Option<&str>) {
        let huge = |name: &str| (name == "HUGEINT").then_some("DECIMAL(38,0)");
        assert_eq!(replaced(type_name, &huge).as_deref(), expected);
    }

    #[test]
    fn a_type_is_found_at_any_depth() {
        check("HUGEINT", Some("DECIMAL(38,0)"));
        check("HUGEINT[3][]", Some("DECIMAL(38,0)[3][]"));
        check("MAP(VARCHAR, HUGEINT[])", Some("MAP(VARCHAR, DECIMAL(38,0)[])"));
        check(
            "STRUCT(hugeint HUGEINT, \"a, \"\"b c\" STRUCT(x DECIMAL(9,2), y HUGEINT))[]",
            Some(
                "STRUCT(hugeint DECIMAL(38,0), \"a, \"\"b c\" STRUCT(x DECIMAL(9,2), y DECIMAL(38,0)))[]",
            ),
        );
        check("UNION(n HUGEINT, s VARCHAR)", Some("UNION(n DECIMAL(38,0), s VARCHAR)"));
    }

    #[test]
    fn names_and_words_are_no_types() {
        check("STRUCT(hugeint INTEGER, \"HUGEINT\" DATE)", None);
        check("ENUM('HUGEINT', 'a, (b', 'it''s')[]", None);
        check("STRUCT", None);
        check("GEOMETRY('OGC:CRS84')", None);
        check("STRUCT(", None);
        check("", None);
        assert!(is_nested("STRUCT") && is_nested("INTEGER[3]") && is_nested("TUPLE(DATE, DATE)"));
        assert!(!is_nested("JSON") && !is_nested("DECIMAL(9,2)"));
    }
}
