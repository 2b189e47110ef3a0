//! What changed: payloads beside what was sent before.
//!
//! Both come in the order of the keys' bytes, so only a stretch of each is in memory at a time.

use super::rows::{CONSENT, told};
use crate::model::activation::{Mode, Op};
use crate::model::failure::{Failure, FailureKind};
use polars::prelude::{
    BinaryChunked, Column, DataFrame, DataType, IntoColumn as _, IntoLazy as _, JoinArgs,
    JoinCoalesce, JoinType, PlSmallStr, StringChunked, col, lit, when,
};

/// A member as the destination has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its key.
    pub key: String,
    /// The hash of the payload that was sent last.
    pub hash: [u8; 16],
    /// Its identifiers, a JSON object.
    pub identity: String,
    /// Whether that is certain.
    pub is_certain: bool,
}

/// What is to be done about one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its key.
    pub key: String,
    /// What.
    pub change: Change,
    /// The payload; of one that left, its identifiers.
    pub data: String,
    /// Its identifiers, a JSON object.
    pub identity: String,
    /// The payload's hash.
    pub hash: [u8; 16],
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is sent.
    Send(Op),
    /// Nothing changed.
    Nothing,
    /// It has no key.
    NoKey,
    /// Its key is that of another member too.
    DoubledKey,
    /// It has not consented.
    NoConsent,
    /// It may or may not have arrived before, and may not be repeated.
    Waits,
}

/// Compares, stretch by stretch.
pub struct Comparing {
    mode: Mode,
    /// Whether what may have arrived is sent again.
    repeats: bool,
    last: Option<String>,
    /// How many known members are compared at a time.
    page: usize,
}

/// Reads what is known: after one key, up to another (itself included), at most so many, in order.
pub type Pages<'a> =
    dyn FnMut(Option<&str>, Option<&str>, usize) -> Result<Vec<Known>, Failure> + 'a;

/// How many known members are compared at a time.
const PAGE: usize = 40_000;

impl Comparing {
    /// For a mode; `repeats` says whether what may have arrived is sent again.
    pub fn new(mode: Mode, repeats: bool) -> Self {
        Self { mode, repeats, last: None, page: PAGE }
    }

    /// Compares the next payloads with what is known up to their last key.
    ///
    /// # Errors
    /// When what is known cannot be read, `take` fails, or the payloads are out of order.
    pub fn next(
        &mut self,
        payloads: DataFrame,
        known: &mut Pages<'_>,
        take: &mut dyn FnMut(Difference) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut rest = self.set_aside(payloads, take)?;
        while rest.height() > 0 {
            let keys = rest.column("key").map_err(told)?.str().map_err(told)?.clone();
            let last = keys.get(keys.len() - 1).unwrap_or_default().to_owned();
            let page = known(self.last.as_deref(), Some(&last), self.page)?;
            let up_to = match page.last() {
                // There is more that is known before the last key.
                Some(known) if page.len() == self.page && known.key < last => known.key.clone(),
                _ => last,
            };
            let many = first_after(&keys, &up_to);
            let part = rest.slice(0, many);
            rest = rest.slice(i64::try_from(many).unwrap_or(i64::MAX), usize::MAX);
            self.compare(part, &page, take)?;
            self.last = Some(up_to);
        }
        Ok(())
    }

    /// What is known beyond the last payload is gone.
    ///
    /// # Errors
    /// When what is known cannot be read, or `take` fails.
    pub fn end(
        mut self,
        known: &mut Pages<'_>,
        take: &mut dyn FnMut(Difference) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        loop {
            let page = known(self.last.as_deref(), None, self.page)?;
            for known in &page {
                self.gone(known, take)?;
            }
            match page.last() {
                Some(known) if page.len() == self.page => self.last = Some(known.key.clone()),
                _ => return Ok(()),
            }
        }
    }

    fn gone(
        &self,
        known: &Known,
        take: &mut dyn FnMut(Difference) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let change = match (self.mode.removes(), known.is_certain || self.repeats) {
            (false, _) => return Ok(()),
            (true, true) => Change::Send(Op::Remove),
            (true, false) => Change::Waits,
        };
        take(Difference {
            key: known.key.clone(),
            change,
            data: known.identity.clone(),
            identity: known.identity.clone(),
            hash: known.hash,
        })
    }

    /// Takes out the members that cannot be compared: without a key, with that of another, without
    /// consent. The others are left, in order, each key once.
    fn set_aside(
        &mut self,
        payloads: DataFrame,
        take: &mut dyn FnMut(Difference) -> Result<(), Failure>,
    ) -> Result<DataFrame, Failure> {
        let keys = payloads.column("key").map_err(told)?.str().map_err(told)?;
        let consents = payloads.column(CONSENT).ok().and_then(|column| column.str().ok());
        let mut before = self.last.clone();
        let mut kept = Vec::with_capacity(keys.len());
        let mut odd = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            let consented = consents.is_none_or(|c| c.get(row).is_some_and(is_yes));
            let change = match key {
                None | Some("") => Change::NoKey,
                Some(key) if before.as_deref() == Some(key) => Change::DoubledKey,
                Some(key) if before.as_deref().is_some_and(|before| before > key) => {
                    let what = "the members came out of the order of their keys";
                    return Err(Failure::new(what, "", "").of(FailureKind::OwnFault));
                }
                Some(key) => {
                    before = Some(key.to_owned());
                    if consented {
                        kept.push(u32::try_from(row).unwrap_or(u32::MAX));
                        continue;
                    }
                    Change::NoConsent
                }
            };
            odd.push((key.unwrap_or_default().to_owned(), change));
        }
        for (key, change) in odd {
            let (data, identity) = ("{}".to_owned(), "{}".to_owned());
            take(Difference { key, change, data, identity, hash: [0; 16] })?;
        }
        if kept.len() == payloads.height() {
            return Ok(payloads);
        }
        let places = polars::prelude::IdxCa::from_vec(PlSmallStr::from_static("place"), kept);
        payloads.take(&places).map_err(told)
    }

    fn compare(
        &self,
        payloads: DataFrame,
        page: &[Known],
        take: &mut dyn FnMut(Difference) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let join = JoinArgs::new(JoinType::Full).with_coalesce(JoinCoalesce::CoalesceColumns);
        let is_gone = col("hash").is_null();
        let is_new = col("was").is_null();
        let is_open = col("certain").eq(lit(false));
        let number = |n: i32| lit(n);
        let changed = match self.mode.updates() {
            true => col("hash").neq(col("was")),
            false => lit(false),
        };
        let again = if self.repeats { number(UPDATE) } else { number(WAITS) };
        let change = when(is_gone)
            .then(number(GONE))
            .when(is_new)
            .then(number(ADD))
            .when(is_open)
            .then(again)
            .when(changed)
            .then(number(UPDATE))
            .otherwise(number(NOTHING));
        let compared = payloads
            .lazy()
            .join(frame(page)?.lazy(), [col("key")], [col("key")], join)
            .with_column(change.alias("change"))
            .collect()
            .map_err(told)?;
        self.hand_over(&compared, page, take)
    }

    fn hand_over(
        &self,
        compared: &DataFrame,
        page: &[Known],
        take: &mut dyn FnMut(Difference) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let texts = |name: &str| -> Result<StringChunked, Failure> {
            Ok(compared.column(name).map_err(told)?.str().map_err(told)?.clone())
        };
        let (keys, data, first) = (texts("key")?, texts("data")?, texts("first")?);
        let identities = texts("identity")?;
        let hashes = compared.column("hash").map_err(told)?.binary().map_err(told)?.clone();
        let changes = compared.column("change").map_err(told)?.i32().map_err(told)?.clone();
        for row in 0..compared.height() {
            let key = keys.get(row).unwrap_or_default();
            let change = match changes.get(row) {
                Some(GONE) => {
                    let at = page.binary_search_by(|known| known.key.as_str().cmp(key));
                    if let Ok(at) = at {
                        self.gone(&page[at], take)?;
                    }
                    continue;
                }
                Some(ADD) => Change::Send(Op::Add),
                Some(UPDATE) => Change::Send(Op::Update),
                Some(WAITS) => Change::Waits,
                _ => Change::Nothing,
            };
            let of_new = first.get(row).filter(|text| !text.is_empty());
            let text = match (change, of_new) {
                (Change::Send(Op::Add), Some(first)) => first,
                _ => data.get(row).unwrap_or_default(),
            };
            let mut hash = [0; 16];
            if let Some(bytes) = hashes.get(row).filter(|bytes| bytes.len() == hash.len()) {
                hash.copy_from_slice(bytes);
            }
            let (data, identity) = match change {
                // Nobody looks at the payload of what is not sent.
                Change::Nothing => (String::new(), String::new()),
                _ => (text.to_owned(), identities.get(row).unwrap_or("{}").to_owned()),
            };
            take(Difference { key: key.to_owned(), change, data, identity, hash })?;
        }
        Ok(())
    }
}

const NOTHING: i32 = 0;
const ADD: i32 = 1;
const UPDATE: i32 = 2;
const GONE: i32 = 3;
const WAITS: i32 = 4;

/// Whether a consent, as JSON text, is one.
fn is_yes(json: &str) -> bool {
    let text = json.trim_matches('"').trim().to_ascii_lowercase();
    matches!(
        text.as_str(),
        "true" | "yes" | "y" | "1" | "t" | "granted" | "opted_in" | "subscribed"
    )
}

/// How many keys are not beyond `up_to`.
fn first_after(keys: &StringChunked, up_to: &str) -> usize {
    let (mut low, mut high) = (0, keys.len());
    while low < high {
        let middle = low.midpoint(high);
        match keys.get(middle).is_some_and(|key| key <= up_to) {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    low
}

fn frame(page: &[Known]) -> Result<DataFrame, Failure> {
    let named = |name: &'static str| PlSmallStr::from_static(name);
    let keys: StringChunked = page.iter().map(|known| Some(known.key.as_str())).collect();
    let hashes: BinaryChunked = page.iter().map(|known| Some(known.hash.as_slice())).collect();
    let certain: polars::prelude::BooleanChunked =
        page.iter().map(|known| Some(known.is_certain)).collect();
    let columns: Vec<Column> = vec![
        keys.with_name(named("key")).into_column(),
        hashes.with_name(named("was")).into_column(),
        certain.with_name(named("certain")).into_column(),
    ];
    debug_assert_eq!(columns[0].dtype(), &DataType::String);
    DataFrame::new(page.len(), columns).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::rows::hash_of;
    use polars::prelude::df;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A frame of payloads: key → data, in order.
    fn payloads(rows: &[(Option<&str>, &str)]) -> DataFrame {
        let keys: Vec<Option<&str>> = rows.iter().map(|row| row.0).collect();
        let data: Vec<&str> = rows.iter().map(|row| row.1).collect();
        let empty = vec![""; rows.len()];
        let mut frame = df!(
            "key" => keys, "data" => data.clone(), "first" => empty,
            "identity" => vec!["{}"; rows.len()],
        )
        .unwrap();
        let hashes: BinaryChunked = data.iter().map(|d| Some(hash_of(d).to_vec())).collect();
        frame.with_column(hashes.with_name("hash".into()).into_column()).unwrap();
        frame
    }

    fn known(rows: &BTreeMap<String, (String, bool)>) -> Vec<Known> {
        rows.iter()
            .map(|(key, (data, is_certain))| Known {
                key: key.clone(),
                hash: hash_of(data),
                identity: format!("{{\"id\":\"{key}\"}}"),
                is_certain: *is_certain,
            })
            .collect()
    }

    /// Compares frames of so many rows with what is known, read in pages of so many.
    fn compared(
        mode: Mode,
        repeats: bool,
        frames: &[DataFrame],
        rows: &BTreeMap<String, (String, bool)>,
    ) -> Vec<(String, Change)> {
        let all = known(rows);
        let mut pages = |after: Option<&str>, up_to: Option<&str>, most: usize| {
            let within = all.iter().filter(|known| {
                after.is_none_or(|after| known.key.as_str() > after)
                    && up_to.is_none_or(|up_to| known.key.as_str() <= up_to)
            });
            Ok(within.take(most).cloned().collect())
        };
        let mut comparing = Comparing { page: 3, ..Comparing::new(mode, repeats) };
        let mut found = Vec::new();
        let mut take = |difference: Difference| {
            found.push((difference.key, difference.change));
            Ok(())
        };
        for frame in frames {
            comparing.next(frame.clone(), &mut pages, &mut take).unwrap();
        }
        comparing.end(&mut pages, &mut take).unwrap();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// The same, worked out member by member.
    fn expected(
        mode: Mode,
        repeats: bool,
        source: &BTreeMap<String, String>,
        rows: &BTreeMap<String, (String, bool)>,
    ) -> Vec<(String, Change)> {
        let mut found = Vec::new();
        for (key, data) in source {
            let change = match rows.get(key) {
                None => Change::Send(Op::Add),
                Some((_, false)) if repeats => Change::Send(Op::Update),
                Some((_, false)) => Change::Waits,
                Some((was, true)) if was != data && mode != Mode::AddRemove => {
                    Change::Send(Op::Update)
                }
                Some(_) => Change::Nothing,
            };
            found.push((key.clone(), change));
        }
        for (key, (_, is_certain)) in rows.iter().filter(|(key, _)| !source.contains_key(*key)) {
            if mode != Mode::Upsert {
                let removes = *is_certain || repeats;
                let change = if removes { Change::Send(Op::Remove) } else { Change::Waits };
                found.push((key.clone(), change));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    proptest! {
        #[test]
        fn stretches_and_pages_change_nothing(
            source in proptest::collection::btree_map("[a-dé\u{10000}]{1,3}", "[xy]", 0..30),
            sent in proptest::collection::btree_map(
                "[a-dé\u{10000}]{1,3}", ("[xy]", proptest::bool::weighted(0.8)), 0..30),
            size in 1_usize..12,
            mode in prop_oneof![Just(Mode::Upsert), Just(Mode::AddRemove), Just(Mode::Mirror)],
            repeats: bool,
        ) {
            let rows: Vec<(Option<&str>, &str)> =
                source.iter().map(|(key, data)| (Some(key.as_str()), data.as_str())).collect();
            let frames: Vec<DataFrame> = rows.chunks(size).map(payloads).collect();
            let found = compared(mode, repeats, &frames, &sent);
            prop_assert_eq!(found, expected(mode, repeats, &source, &sent));
        }
    }

    #[test]
    fn who_has_no_key_or_that_of_another_is_set_aside_once_also_over_the_end_of_a_frame() {
        let frames = [
            payloads(&[(None, "x"), (Some(""), "x"), (Some("a"), "x"), (Some("a"), "y")]),
            payloads(&[(Some("a"), "z"), (Some("b"), "x")]),
        ];
        let found = compared(Mode::Mirror, true, &frames, &BTreeMap::new());
        let mut told: Vec<String> =
            found.iter().map(|(key, change)| format!("{key} {change:?}")).collect();
        told.sort();
        let expected =
            [" NoKey", " NoKey", "a DoubledKey", "a DoubledKey", "a Send(Add)", "b Send(Add)"];
        assert_eq!(told, expected);
    }

    #[test]
    fn who_has_not_consented_is_not_sent_and_is_removed_where_that_is_told() {
        let mut frame = payloads(&[(Some("a"), "x"), (Some("b"), "x"), (Some("c"), "x")]);
        let consents: StringChunked = [Some("true"), Some("false"), None].into_iter().collect();
        frame.with_column(consents.with_name(CONSENT.into()).into_column()).unwrap();
        let sent = BTreeMap::from([("c".to_owned(), ("x".to_owned(), true))]);
        let found = compared(Mode::Mirror, true, &[frame], &sent);
        let told: Vec<String> =
            found.iter().map(|(key, change)| format!("{key} {change:?}")).collect();
        assert_eq!(told, ["a Send(Add)", "b NoConsent", "c NoConsent", "c Send(Remove)"]);
    }
}
