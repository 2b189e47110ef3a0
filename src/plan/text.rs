//! What a definition says, as SQL: its text with the things it refers to put in their places.

use super::builder::Builder;
use super::{dialect, end_of_run};
use crate::define::{EntityId, FeatureId, Owner, Part, Target, Text, words};
use crate::sql::{Placeholder, Sql, ident};
use std::collections::BTreeSet;

/// The layout of the end of the run inside a quoted string.
const TEXT_LAYOUT: &str = "2006-01-02 15:04:05";

/// Where a text stands, which decides what a var in it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// An expression about an entity: vars of it are joined by its main id.
    Entity(EntityId),
    /// A query: vars are columns of what it reads.
    Query,
    /// Statements: vars are columns of what they read.
    Statements,
}

/// A text as SQL.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) sql: Sql,
    /// Vars of the entity that it uses; each stands as [`joined_name`].
    pub(super) vars: BTreeSet<FeatureId>,
    /// Vars of the rows it is about; each stands by its own name.
    pub(super) row_vars: BTreeSet<FeatureId>,
}

impl Builder<'_> {
    /// A text as SQL for where it stands.
    ///
    /// # Errors
    /// When it refers to something that means nothing there, in a sentence.
    pub(super) fn said(&self, text: &Text, about: About) -> Result<Said, String> {
        let mut said = self.as_written(text, about)?;
        said.sql = self.in_duckdb(&said.sql, about)?;
        let other = match about {
            About::Statements => dialect::other_than_tables(&said.sql.text()),
            About::Entity(_) | About::Query => None,
        };
        match other {
            Some(why) => Err(why),
            None => Ok(said),
        }
    }

    /// SQL of the warehouse as DuckDB reads it.
    pub(super) fn in_duckdb(&self, sql: &Sql, about: About) -> Result<Sql, String> {
        let main_id = match about {
            About::Entity(id) => Some(self.project[id].main_id.as_str()),
            About::Query | About::Statements => None,
        };
        dialect::duckdb(sql, self.options.warehouse, main_id)
    }

    /// A text with what it refers to put in its place, in the words of the warehouse.
    pub(super) fn as_written(&self, text: &Text, about: About) -> Result<Said, String> {
        let mut out = Vec::new();
        let mut quotes = Quotes::default();
        let (mut vars, mut row_vars) = (BTreeSet::new(), BTreeSet::new());
        for part in &text.parts {
            out.push(match part {
                Part::Sql(sql) => {
                    quotes.read(sql);
                    Sql::of_project(sql.as_str())
                }
                Part::Column(_, name) => ident(name),
                Part::Ref(Target::Feature(id)) => self.var(*id, about, &mut vars, &mut row_vars)?,
                Part::Ref(target) => self.relation(*target)?.as_whole(),
                Part::InCohort { cohort, member } => self.membership(*cohort, *member)?.as_whole(),
                // Rows are cut at the end of the run where they come in.
                Part::TimeFilter(_) => Sql::raw("TRUE"),
                // Inside quotes it is text.
                Part::EndTime if quotes.are_open() => {
                    Sql::placeholder(Placeholder::End(TEXT_LAYOUT.to_owned()))
                }
                Part::EndTime => end_of_run(),
                Part::EndTimeText(layout) => Sql::placeholder(Placeholder::End(layout.clone())),
                Part::This => Sql::placeholder(Placeholder::Own),
                Part::RowSet(name) => return Err(format!("it merges `{name}`")),
                Part::Unknown(name) => {
                    return Err(format!("it uses `{name}`, which does not exist"));
                }
                Part::Broken(why) => return Err(why.clone()),
            });
        }
        Ok(Said { sql: Sql::join(out, "").trimmed(), vars, row_vars })
    }

    fn var(
        &self,
        id: FeatureId,
        about: About,
        vars: &mut BTreeSet<FeatureId>,
        row_vars: &mut BTreeSet<FeatureId>,
    ) -> Result<Sql, String> {
        let feature = &self.project[id];
        match (feature.owner, about) {
            (_, About::Query | About::Statements) => Ok(ident(&feature.name)),
            (Owner::Input(_) | Owner::SqlModel(_), _) => {
                row_vars.insert(id);
                Ok(ident(&feature.name))
            }
            (_, About::Entity(entity)) if feature.entity == entity => {
                vars.insert(id);
                Ok(ident(&self.joined_name(id)))
            }
            _ => Err(format!(
                "it uses `{}` of another entity, `{}`",
                feature.name, self.project[feature.entity].name
            )),
        }
    }

    /// Under which name a var is joined: never that of a column of the rows.
    pub(super) fn joined_name(&self, id: FeatureId) -> String {
        words::target(self.project, Target::Feature(id))
    }

    /// The condition that a main id is in a cohort.
    fn membership(&self, cohort: Target, member: bool) -> Result<Sql, String> {
        let entity = match cohort {
            Target::Cohort(id) => self.project[id].entity,
            Target::Entity(id) => id,
            _ => return Err("it asks for members of something that is not a cohort".to_owned()),
        };
        let main = ident(&self.project[entity].main_id);
        let members = self.relation(cohort)?;
        let not = if member { Sql::raw("") } else { Sql::raw("NOT ") };
        Ok(Sql::fill("({} {}IN (SELECT {} FROM {}))", &[&main, &not, &main, &members]))
    }
}

/// Whether quotes are open at the end of a text that is read piece by piece.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
}

impl Quotes {
    fn read(&mut self, mut rest: &str) {
        while let Some(c) = rest.chars().next() {
            let comment = match self.open {
                None if rest.starts_with("--") => Some(rest.find('\n').unwrap_or(rest.len())),
                None if rest.starts_with("/*") => Some(rest.find("*/").unwrap_or(rest.len())),
                _ => None,
            };
            match (self.open, c) {
                (Some(quote), c) if quote == c => self.open = None,
                (None, '\'' | '"') => self.open = Some(c),
                _ => {}
            }
            rest = &rest[comment.unwrap_or(c.len_utf8())..];
        }
    }

    fn are_open(&self) -> bool {
        self.open.is_some()
    }
}

/// An expression in brackets. A comment at its end must not swallow the bracket.
pub(super) fn bracketed(sql: &Sql) -> Sql {
    if sql.may_end_in_comment() {
        return Sql::fill("({}\n)", &[sql]);
    }
    sql.nested()
}

/// An expression that something follows on the same line.
pub(super) fn whole(sql: &Sql) -> Sql {
    if sql.may_end_in_comment() { bracketed(sql) } else { sql.clone() }
}
