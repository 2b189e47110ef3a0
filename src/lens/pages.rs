//! Which rows stand on a page of the people table, however deep.

use super::bits::Bitmap;
use super::eye::{Eye, Lack, Need};
use super::held::{Order, Places};
use crate::bind::{BoundSlice, Condition};
use crate::model::catalog::Column as Feature;
use std::sync::Arc;

/// The order of a page: by a feature, the greatest first or last; by key without one.
pub(super) type Sort<'q> = Option<(&'q Feature, bool)>;

pub(super) fn order_identity(sort: Sort<'_>) -> String {
    format!("order {:?}", sort.map(|(feature, descending)| (&feature.name, descending)))
}

impl<'q> Eye<'_, 'q> {
    /// The numbers of the rows of a page.
    pub(super) fn page(
        &mut self,
        slice: &'q BoundSlice<'q>,
        sort: Sort<'q>,
        (skip, limit): (u64, u32),
    ) -> Result<Vec<u32>, Lack<'q>> {
        let of_order = self.name(&order_identity(sort));
        // Of rows with the same key the database says which comes first.
        if !self.entity.odd_rows.is_none() || self.lens.held().is_unfit(&of_order) {
            return Err(Lack::Never);
        }
        let order = self.lens.held().get::<Order>(&of_order);
        if order.is_none() {
            self.needs.push(Need::Order { slice, sort });
        }
        let (Some(kept), Some(order)) = (self.kept(slice), order) else {
            return Err(Lack::Needs(std::mem::take(&mut self.needs)));
        };
        let condition = slice.condition.as_ref().map(Condition::identity);
        let name = format!("places {of_order} {} {condition:?}", slice.cohort_identity());
        let known = self.lens.held().get::<Places>(&name);
        let places = known.unwrap_or_else(|| {
            let bits = match order.as_ref() {
                Order::Stored => Bitmap::clone(&kept),
                Order::Rows(rows) => {
                    Bitmap::of(rows.len(), |place| kept.contains(rows[place] as usize))
                }
            };
            let places = Arc::new(Places::new(bits));
            self.lens.held().put(name, Arc::clone(&places));
            places
        });
        let row = |place: usize| match order.as_ref() {
            Order::Stored => place as u32,
            Order::Rows(rows) => rows[place],
        };
        Ok(places.from(skip).take(limit as usize).map(row).collect())
    }
}
