//! Identity: which identifiers belong to one person, account or device.
//!
//! ```text
//! rows ──▶ Interner ──▶ Edges ──▶ caps ──▶ Forest ──▶ Clusters ──▶ main ids, aliases
//!        text to number  pairs   too many   joins      numbers       alias, rid
//!        └────── Ids ───────┘  LeftOut └───────── Graph ─────────┘   Earlier
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - Pure code: no file, no database, no clock, no thread. Rows come in as slices and iterators,
//!   answers leave as numbers and, where they are told, as texts.
//! - The same rows give the same clusters, main ids, refused edges and causes, in whatever order
//!   they come. Numbers of identifiers and clusters do depend on the order; nothing that a reader
//!   sees may be made of them alone.
//! - Clusters are always finished: [`Forest::check`] proves it.
//! - An edge that was refused is reported, with the rule, the filter or the cap that refused it; a
//!   main id that went away is reported, with where it went and why.
//! - No hash decides that two texts are equal, and no recursion walks a graph.
//!
//! Start at [`Ids`], which collects, then [`Graph::grow`] and [`Graph::name`]. They are made of
//! [`Interner::intern_column`], [`Edges::merge_repeats`], [`apply_caps`],
//! [`Edges::in_first_seen_order`], [`Forest::grow`] and [`name_clusters`].

mod alias;
mod caps;
mod earlier;
mod edges;
mod forest;
mod graph;
mod ids;
mod intern;
mod left_out;
mod order;
mod rid;
#[cfg(test)]
mod tests;

pub use alias::{Alias, Before, Cause, Mode, Names, name_clusters};
pub use caps::{Cap, Refusal, apply_caps, drop_refused};
pub use earlier::{Earlier, EarlierRows};
pub use edges::{Edges, UNTIMED};
pub use forest::{Clusters, Converged, Forest, Join, Unproven, check, labels};
pub use graph::{Graph, Id, Listed, Merge};
pub use ids::Ids;
pub use intern::{Interner, Kinds, NOBODY};
pub use left_out::{Action, Filter, LeftOut, Reason, Refused, Rules};
pub use rid::{Least, Rid, Rids, rid};

use std::fmt;

/// A graph outgrew the numbers it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// More identifiers than numbers.
    Ids,
    /// More edges than numbers.
    Edges,
    /// More bytes of identifiers than there are places, which are 16 GiB.
    Bytes,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ids => write!(f, "there are more than {} identifiers", u32::MAX),
            Self::Edges => write!(f, "there are more than {} edges", u32::MAX),
            Self::Bytes => write!(f, "the identifiers take more than 16 GiB of memory"),
        }
    }
}

impl std::error::Error for TooMany {}
