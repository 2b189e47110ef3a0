//! A bound condition → SQL.
//!
//! Negation follows the clause: what drops missing values is printed as `NOT`, what keeps them as
//! `IS NOT TRUE` (or `IS DISTINCT FROM`).

use super::scope::{Row, Scope};
use crate::bind::{Clause, ColumnUse, Condition, Constant, Expr, Members, Test};
use crate::model::clause::{CastType, Comparison, Missing};
use crate::sql::{self, Sql, ident};

impl Scope<'_> {
    /// A condition on an entity.
    pub(super) fn condition(&mut self, condition: &Condition<'_>) -> Sql {
        self.condition_of(condition, Row::Entity)
    }

    pub(super) fn condition_of(&mut self, condition: &Condition<'_>, row: Row) -> Sql {
        match condition {
            Condition::All(all) => Sql::all_of(self.each(all, row)),
            Condition::Any(any) => Sql::any_of(self.each(any, row)),
            Condition::None(none, Missing::Drop) => {
                Sql::fill("(NOT ({}))", &[&Sql::any_of(self.each(none, row))])
            }
            Condition::None(none, Missing::Keep) => {
                Sql::fill("(({}) IS NOT TRUE)", &[&Sql::any_of(self.each(none, row))])
            }
            Condition::Clause(clause) => self.clause(clause, row),
        }
    }

    fn each(&mut self, conditions: &[Condition<'_>], row: Row) -> Vec<Sql> {
        conditions.iter().map(|condition| self.condition_of(condition, row)).collect()
    }

    fn clause(&mut self, clause: &Clause<'_>, row: Row) -> Sql {
        // Negations that SQL has a word for.
        match (&clause.test, clause.negated) {
            (Test::Compare(Comparison::Equal, left, right), Some(missing)) => {
                let template = match missing {
                    Missing::Drop => "({} <> {})",
                    Missing::Keep => "({} IS DISTINCT FROM {})",
                };
                return self.fill(template, &[left, right], row);
            }
            (Test::Missing(value), Some(_)) => {
                return self.fill("({} IS NOT NULL)", &[value], row);
            }
            _ => {}
        }
        let test = self.test(&clause.test, row);
        match clause.negated {
            None => test.nested(),
            Some(Missing::Drop) => Sql::fill("(NOT ({}))", &[&test]),
            Some(Missing::Keep) => Sql::fill("(({}) IS NOT TRUE)", &[&test]),
        }
    }

    fn fill(&mut self, template: &'static str, values: &[&Expr<'_>], row: Row) -> Sql {
        let values: Vec<Sql> = values.iter().map(|value| self.expr(value, row)).collect();
        Sql::fill(template, &values.iter().collect::<Vec<_>>())
    }

    pub(super) fn test(&mut self, test: &Test<'_>, row: Row) -> Sql {
        match test {
            Test::Compare(comparison, left, right) => {
                let template = match comparison {
                    Comparison::Equal => "{} = {}",
                    Comparison::Less => "{} < {}",
                    Comparison::LessOrEqual => "{} <= {}",
                    Comparison::Greater => "{} > {}",
                    Comparison::GreaterOrEqual => "{} >= {}",
                };
                self.fill(template, &[left, right], row)
            }
            Test::Between(of, low, high) => {
                self.fill("{} BETWEEN {} AND {}", &[of, low, high], row)
            }
            Test::Within(of, from, until) => {
                self.fill("({} >= {} AND {} < {})", &[of, from, of, until], row)
            }
            Test::Any(tests) => {
                let tests: Vec<Sql> = tests.iter().map(|test| self.test(test, row)).collect();
                Sql::any_of(tests)
            }
            Test::Never => Sql::raw("FALSE"),
            Test::Missing(value) => self.fill("{} IS NULL", &[value], row),
            Test::Empty(text) => self.fill("{} = ''", &[text], row),
            Test::EqualIgnoringCase(text, other) => {
                let (text, other) = (self.expr(text, row), self.text(other));
                Sql::fill("lower({}) = lower({})", &[&text, &other])
            }
            Test::OneOf(value, values) => {
                let value = self.expr(value, row);
                let values = values.iter().map(|value| sql::literal(&value.value()));
                Sql::fill("{} IN ({})", &[&value, &Sql::join(values, ", ")])
            }
            Test::OneOfIgnoringCase(text, texts) => {
                let text = self.expr(text, row);
                let texts = texts.iter().map(|other| Sql::fill("lower({})", &[&self.text(other)]));
                Sql::fill("lower({}) IN ({})", &[&text, &Sql::join(texts, ", ")])
            }
            Test::Text(how, text, pattern, case) => {
                let text = self.expr(text, row);
                self.dialect.matches(*how, &text, pattern, *case)
            }
            Test::HasAny(list, values) => {
                let list = self.expr(list, row);
                self.dialect.has_any(&list, &Constant::values(values))
            }
            Test::HasAll(list, values) => {
                let list = self.expr(list, row);
                self.dialect.has_all(&list, &Constant::values(values))
            }
            Test::DayOfYear(moment, days) => {
                let moment = self.expr(moment, row);
                let days = Sql::join(days.iter().map(|day| self.text(day)), ", ");
                Sql::fill("{} IN ({})", &[&self.dialect.day_of_year(&moment), &days])
            }
            Test::Member(members) => self.member(members),
        }
    }

    fn text(&self, text: &str) -> Sql {
        sql::text(text)
    }

    /// The condition that an entity is among members: never unknown.
    pub(super) fn member(&mut self, members: &Members<'_>) -> Sql {
        let own = self.key();
        let test = match members {
            Members::Listed { table, key, as_text } => {
                let (key, table) = (ident(key), self.table(table));
                // A missing key would make "not in" unknown for everyone.
                let (own, kept) = match as_text {
                    false => (own, key.clone()),
                    true => {
                        let text = |key: &Sql| self.dialect.cast(key, CastType::Text);
                        (text(&own), text(&key))
                    }
                };
                Sql::fill(
                    "{} IN (SELECT {} FROM {} WHERE {} IS NOT NULL)",
                    &[&own, &kept, &table, &key],
                )
            }
            Members::Segment(slice) => {
                let mut inner = Scope::in_dialect(slice, self.dialect);
                let in_cohort = slice.cohort.as_ref().map(|members| inner.member(members));
                let condition =
                    slice.condition.as_ref().map(|condition| inner.condition(condition));
                let key = inner.key();
                let from = inner.from();
                let read = inner.read();
                self.note_read(read);
                let keep = Sql::all_of(in_cohort.into_iter().chain(condition));
                Sql::fill("{} IN (SELECT {} FROM {} WHERE {})", &[&own, &key, &from, &keep])
            }
        };
        match self.slice.entity.odd_rows.without {
            0 => test,
            _ => Sql::fill("coalesce({}, FALSE)", &[&test]),
        }
    }

    /// A value of a row.
    pub(super) fn expr(&mut self, expr: &Expr<'_>, row: Row) -> Sql {
        match expr {
            Expr::Key => self.key(),
            Expr::Column(used) => self.column_of_row(*used, row),
            Expr::Field { column, path, .. } => {
                let whole = Sql::fill("{}.{}", &[&row.name(), &ident(&column.name)]);
                path.iter().fold(whole, |whole, field| self.dialect.field(&whole, field))
            }
            Expr::Beyond(hops, column) => {
                let there = self.beyond(hops, row);
                Sql::fill("{}.{}", &[&there, &ident(&column.name)])
            }
            Expr::Constant(constant) => sql::literal(&constant.value()),
            Expr::Figure(figure) => self.figure(figure),
            Expr::Call(function, arguments) => {
                let arguments: Vec<Sql> =
                    arguments.iter().map(|argument| self.expr(argument, row)).collect();
                self.dialect.call(*function, &arguments)
            }
            Expr::Arithmetic(operation, left, right) => {
                let (left, right) = (self.expr(left, row), self.expr(right, row));
                self.dialect.arithmetic(*operation, &left, &right)
            }
            Expr::Cast(value, to) => {
                let value = self.expr(value, row);
                self.dialect.cast(&value, *to)
            }
            Expr::Local(moment) => {
                let moment = self.expr(moment, row);
                self.local(&moment)
            }
        }
    }

    fn column_of_row(&self, used: ColumnUse<'_>, row: Row) -> Sql {
        let printed = Sql::fill("{}.{}", &[&row.name(), &ident(&used.column.name)]);
        match used.may_be_nan {
            true => self.dialect.without_nan(&printed),
            false => printed,
        }
    }
}
