//! Muster: questions asked of forks of an open session, side by side, as the window asks them.

use crate::brush::{Engine, Unread};
use crate::common::{Outcome, everyone, open};
use crate::crew::{Crew, THREADS};
use crate::lens;
use crate::told::Told;
use crate::trace::Run;
use crate::views::{Brush, COLUMNS, Ends, Shape, View, Views};
use muster::engine::Session;
use muster::model::clause::{Clause, Expr, Node, Test, Tree};
use muster::model::question::{Answer, Answered, Counts, Question, Slice};
use muster::model::value::Value;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most frequent values that a chart of texts shows.
pub(crate) const TOP: usize = 12;

/// A source opened by Muster, with a fork for each thread.
pub(crate) struct Opened {
    pub(crate) session: Session,
    pub(crate) everyone: Slice,
    pub(crate) crew: Crew<Session>,
}

impl Opened {
    /// Opens a file as the window does.
    pub(crate) fn new(file: &Path) -> Outcome<Self> {
        let session = open(file)?.with_lens_of_its_share();
        let everyone = everyone(&session)?;
        let forks: Result<Vec<_>, _> = (0..THREADS).map(|_| session.fork()).collect();
        Ok(Self { everyone, crew: Crew::new(forks?)?, session })
    }

    /// The question of the chart of a feature.
    pub(crate) fn question(&self, column: &str) -> Outcome<Question> {
        let feature = self.session.catalog().entities[0].feature(column);
        Ok(feature.and_then(Question::of_feature).ok_or("a feature cannot be drawn")?)
    }

    /// The slice that keeps those for whom all of these hold.
    pub(crate) fn slice(&self, nodes: Vec<Node>) -> Slice {
        Slice { tree: Tree::all(nodes), ..self.everyone.clone() }
    }

    /// Asks all questions of one slice.
    pub(crate) fn ask(&self, slice: Slice, questions: Vec<Question>) -> Outcome<Vec<Answered>> {
        self.crew.ask(questions, move |session: &Session, question| {
            session.ask(&slice, question).map_err(|failure| failure.to_string())
        })
    }

    /// Fills what questions of everyone need, side by side.
    pub(crate) fn fill(&self, questions: &[Question]) -> Outcome<()> {
        let everyone = self.everyone.clone();
        self.crew.ask(questions.to_vec(), move |session: &Session, question| {
            lens::fill(session, &everyone, question).map_err(|error| error.to_string())
        })?;
        Ok(())
    }
}

/// The views of the flights, with Muster's bins; the words and counts are the database's.
pub(crate) fn views(opened: &Opened, db: &duckdb::Connection) -> Outcome<Views> {
    let mut views = Vec::new();
    for column in COLUMNS {
        let answered = opened.session.ask(&opened.everyone, &opened.question(column)?)?;
        views.push(View::of(("flights", column), &answered.answer, db)?);
    }
    Ok(Arc::new(views))
}

/// The clause that a brush sets.
pub(crate) fn clause(view: &View, brush: Brush) -> Outcome<Node> {
    let between = |low, high| Test::Between(Expr::Value(low), Expr::Value(high));
    let test = match view.ends(brush)? {
        Ends::Whole(low, high) => between(Value::Integer(low.into()), Value::Integer(high.into())),
        Ends::Double(low, high) => between(Value::Float(low), Value::Float(high)),
        Ends::Day(low, high) => {
            between(Value::Date(low.to_string()), Value::Date(high.to_string()))
        }
    };
    Ok(Clause::on(&view.column, test).into())
}

/// What an answer tells of a view. The counts of everyone behind it are held to the right ones here.
pub(crate) fn told(view: &View, answer: &Answer) -> Outcome<Told> {
    let (every, all): (Vec<u64>, Vec<u64>) = match answer {
        Answer::Histogram(found) => {
            let missing = [found.missing, found.not_finite].into_iter().fold(
                Counts::default(),
                |mut sum, more| {
                    sum += more;
                    sum
                },
            );
            found.bins.iter().chain([&missing]).map(|counts| (counts.kept, counts.all)).unzip()
        }
        Answer::Timeline(found) => {
            if let Shape::Periods { starts, .. } = &view.shape
                && !found.periods.iter().map(|(start, _)| start).eq(starts)
            {
                return Err(format!("WRONG: {} has other periods", view.column).into());
            }
            let periods = found.periods.iter().map(|(_, counts)| counts);
            periods.chain([&found.missing]).map(|counts| (counts.kept, counts.all)).unzip()
        }
        Answer::Values(found) => return told_values(view, found),
        other => return Err(format!("WRONG: {} is answered by {other:?}", view.column).into()),
    };
    match all == view.all {
        true => Ok(Told::Every(every)),
        false => Err(format!("WRONG: of everyone, {} told {all:?}", view.column).into()),
    }
}

fn told_values(view: &View, found: &muster::model::question::Values) -> Outcome<Told> {
    let mut shown = Vec::new();
    let mut all = found.others.all + found.missing.all;
    for (value, counts) in &found.top {
        let place = view.place(&value.display())?;
        if counts.all != view.all[place] {
            return Err(format!("WRONG: of everyone, {} told {counts:?}", view.column).into());
        }
        all += counts.all;
        shown.push((place, counts.kept));
    }
    if all != view.all.iter().sum::<u64>() || found.distinct != view.bins() as u64 {
        return Err(format!("WRONG: {} told {found:?}", view.column).into());
    }
    Ok(Told::Top { shown, others: found.others.kept, missing: found.missing.kept })
}

/// Muster as it follows a brush.
pub(crate) struct Muster {
    pub(crate) opened: Rc<Opened>,
    pub(crate) views: Views,
}

impl Engine for Muster {
    fn name(&self) -> &'static str {
        "muster"
    }

    fn prepare(&mut self) -> Outcome<Duration> {
        let began = Instant::now();
        let questions: Outcome<Vec<_>> =
            self.views.iter().map(|view| self.opened.question(&view.column)).collect();
        self.opened.fill(&questions?)?;
        Ok(began.elapsed())
    }

    fn update(&mut self, run: &Run, event: Brush) -> Outcome<Unread> {
        let clause = |brush: Brush| clause(&self.views[brush.view], brush);
        let slice = self.opened.slice(vec![clause(run.standing)?, clause(event)?]);
        let questions: Outcome<Vec<_>> = run
            .passive
            .iter()
            .map(|view| self.opened.question(&self.views[*view].column))
            .collect();
        let answered = self.opened.ask(slice, questions?)?;
        let (views, passive) = (Arc::clone(&self.views), run.passive.clone());
        Ok(Box::new(move || {
            let each = passive.iter().zip(&answered);
            each.map(|(view, answered)| told(&views[*view], &answered.answer)).collect()
        }))
    }
}
