//! Whose rules hold for what a project writes.

/// A warehouse, for whose dialect SQL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Warehouse {
    /// Snowflake, where nothing else is said.
    #[default]
    Snowflake,
    /// Google BigQuery.
    BigQuery,
    /// Amazon Redshift.
    Redshift,
    /// Databricks.
    Databricks,
}

impl Warehouse {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Snowflake, Self::BigQuery, Self::Redshift, Self::Databricks];

    /// Its name in small letters, as templates ask for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Snowflake => "snowflake",
            Self::BigQuery => "bigquery",
            Self::Redshift => "redshift",
            Self::Databricks => "databricks",
        }
    }

    /// The one whose name stands in a text, whole or as it is cut, such as the name of a connection:
    /// `acme_bigquery_prod`, `test-bq`.
    pub fn in_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let whole = Self::ALL.into_iter().find(|warehouse| name.contains(warehouse.word()));
        // Letters that stand side by side in no other word.
        let cut = [("bq", Self::BigQuery), ("dbx", Self::Databricks)];
        whole.or_else(|| cut.iter().find(|(cut, _)| name.contains(cut)).map(|(_, of)| *of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_connection_may_name_a_warehouse() {
        assert_eq!(Warehouse::in_name("acme-BigQuery-prod"), Some(Warehouse::BigQuery));
        assert_eq!(Warehouse::in_name("test-bq"), Some(Warehouse::BigQuery));
        assert_eq!(Warehouse::in_name("shop_wh"), None);
    }
}
