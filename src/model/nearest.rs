//! Which name was probably meant by one that does not exist.

/// Names longer than this are not typed by hand, and comparing them takes long.
const LONGEST: usize = 80;

/// The name among `known` that was most likely meant by `name`: at most a third of its letters are
/// changed, added, dropped or swapped with a neighbour, and never more than three.
///
/// # Source
/// Optimal string alignment, after F. Damerau, "A technique for computer detection and correction
/// of spelling errors", 1964.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    if length > LONGEST {
        return None;
    }
    let allowed = (length / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|other| other.chars().count().abs_diff(length) <= allowed)
        .map(|other| (strsim::osa_distance(&name, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["select", "from", "where", "default_value"];
        assert_eq!(nearest("slect", known), Some("select"));
        assert_eq!(nearest("form", known), Some("from"));
        assert_eq!(nearest("default_vlaue", known), Some("default_value"));
        assert_eq!(nearest("colour", known), None);
        let names = ["country", "orders", "last_order"];
        assert_eq!(nearest("LASTORDER", names), Some("last_order"));
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"x".repeat(81), [&*"x".repeat(81)]), None);
    }
}
