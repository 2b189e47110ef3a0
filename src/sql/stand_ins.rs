//! What a project wrote as text for a parser, with words in place of what is ours.
//!
//! SQL of a warehouse is rewritten on a syntax tree, and a parser reads text. What stands in that
//! text of ours (names of tables of the run, conditions on members) means the same in every dialect
//! and must come out as it went in: a word that is nowhere else in the text stands for it.

use super::{Piece, Sql};
use std::fmt::Write as _;

/// What words in a text stand for.
pub struct StandIns {
    /// With what each of the words begins; its number and another `_` follow.
    word: String,
    stood_for: Vec<Piece>,
}

impl Sql {
    /// What a project wrote and what joins it, with words for what is ours; inside quotes too.
    pub fn with_stand_ins(&self) -> (String, StandIns) {
        let is_used = |word: &str| {
            self.pieces.iter().any(|piece| match piece {
                Piece::Project(text) => text.contains(word),
                _ => false,
            })
        };
        let mut word = "muster_piece_".to_owned();
        while is_used(&word) {
            word.push('_');
        }
        let mut stand_ins = StandIns { word, stood_for: Vec::new() };
        let text = stand_ins.text_of(self);
        (text, stand_ins)
    }
}

impl StandIns {
    /// A piece of ours as text among what a project wrote.
    pub fn text_of(&mut self, sql: &Sql) -> String {
        let mut text = String::new();
        for piece in &sql.pieces {
            match piece {
                Piece::Fixed(fixed) => text.push_str(fixed),
                Piece::Project(written) => text.push_str(written),
                ours => {
                    write!(text, "{}{}_", self.word, self.stood_for.len()).expect("text grows");
                    self.stood_for.push(ours.clone());
                }
            }
        }
        text
    }

    /// A text with what the words in it stand for put back.
    pub fn put_back(&self, text: &str) -> Sql {
        let mut out = Sql::default();
        let mut rest = text;
        while let Some(at) = rest.find(&self.word) {
            let after = &rest[at + self.word.len()..];
            let known = after
                .split_once('_')
                .and_then(|(number, _)| Some((number.len(), number.parse::<usize>().ok()?)))
                .and_then(|(length, number)| Some((length, self.stood_for.get(number)?)));
            let Some((length, piece)) = known else { break };
            out.push_project(&rest[..at]);
            out.pieces.push(piece.clone());
            rest = &after[length + 1..];
        }
        out.push_project(rest);
        out
    }
}

impl Sql {
    fn push_project(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Project(text.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{ObjectName, Placeholder, ident};

    #[test]
    fn what_is_ours_comes_out_as_it_went_in() {
        let name = Sql::placeholder(Placeholder::Object(ObjectName::of_run("Material_a_")));
        let end = Sql::placeholder(Placeholder::End("2006".into()));
        let sql = Sql::fill("a = '{}' FROM {}", &[&end, &name]);
        let (text, mut stand_ins) = sql.with_stand_ins();
        assert_eq!(text, "a = 'muster_piece_0_' FROM muster_piece_1_");
        assert_eq!(stand_ins.put_back(&text).text(), sql.text());
        let more = stand_ins.text_of(&Sql::fill("({} + 1)", &[&ident("b")]));
        let moved = stand_ins.put_back(&format!("muster_piece_1_ = {more} = muster_piece_1_"));
        assert_eq!(moved.text(), "\"Material_a_N\" = (\"b\" + 1) = \"Material_a_N\"");
    }

    #[test]
    fn what_is_whole_is_not_looked_into() {
        let rows = Sql::fill("(SELECT {} FROM t)", &[&ident("x")]).as_whole();
        let sql = Sql::fill("{} {}", &[&Sql::of_project("SELECT * FROM"), &rows]);
        let (text, stand_ins) = sql.with_stand_ins();
        assert_eq!(text, "SELECT * FROM muster_piece_0_");
        assert_eq!(stand_ins.put_back(&text).text(), sql.text());
    }

    #[test]
    fn a_word_that_the_project_uses_stands_for_nothing() {
        let sql = Sql::fill("{}{}", &[&Sql::of_project("muster_piece_0_ = "), &ident("a")]);
        let (text, stand_ins) = sql.with_stand_ins();
        assert_eq!(text, "muster_piece_0_ = muster_piece__0_");
        assert_eq!(stand_ins.put_back(&text).text(), sql.text());
    }
}
