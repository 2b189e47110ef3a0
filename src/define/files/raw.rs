//! What was meant to be declared: every layout of the format in one shape, names not yet resolved.

use crate::define::place::{Place, Written};
use crate::define::project::{EnableStatus, OutputType};

/// The project and its packages before names are resolved. The first one is the project itself.
#[derive(Debug, Default)]
pub(in crate::define) struct RawProject {
    /// Name under which items are addressed (`packages/<name>/…`); none for the project itself.
    pub(in crate::define) package: Option<String>,
    pub(in crate::define) name: Option<Written>,
    pub(in crate::define) schema: Option<u32>,
    pub(in crate::define) connection: Option<Written>,
    pub(in crate::define) folders: Vec<Written>,
    pub(in crate::define) entities: Vec<RawEntity>,
    pub(in crate::define) id_types: Vec<RawIdType>,
    pub(in crate::define) packages: Vec<RawPackage>,
    pub(in crate::define) retention: Option<Written>,
    pub(in crate::define) tags: Vec<(Written, Option<Written>)>,
    pub(in crate::define) rules: Option<RawRules>,
    pub(in crate::define) inputs: Vec<RawInput>,
    pub(in crate::define) models: Vec<RawModel>,
    pub(in crate::define) vars: Vec<RawVar>,
    pub(in crate::define) macros: Vec<RawMacro>,
    /// What a package calls an input → what the project around it calls it.
    pub(in crate::define) mapped: Vec<(Written, Option<Written>)>,
    /// Paths of what the project around a package switched off.
    pub(in crate::define) disabled: Vec<Written>,
}

#[derive(Debug)]
pub(in crate::define) struct RawRules {
    pub(in crate::define) enabled: bool,
    pub(in crate::define) table: Option<Written>,
    pub(in crate::define) include_first: bool,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

#[derive(Debug)]
pub(in crate::define) struct RawEntity {
    pub(in crate::define) name: Written,
    pub(in crate::define) description: Option<Written>,
    pub(in crate::define) id_stitcher: Option<Written>,
    pub(in crate::define) id_column: Option<Written>,
    pub(in crate::define) id_types: Vec<Written>,
    pub(in crate::define) views: RawViews,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

/// Under which ids and names features are served.
#[derive(Debug, Default, Clone)]
pub(in crate::define) struct RawViews {
    pub(in crate::define) name: Option<Written>,
    pub(in crate::define) using: Vec<(Written, Option<Written>)>,
}

#[derive(Debug)]
pub(in crate::define) struct RawIdType {
    pub(in crate::define) name: Written,
    pub(in crate::define) extends: Option<Written>,
    pub(in crate::define) filters: Vec<RawFilter>,
    pub(in crate::define) caps: Vec<(Written, u64)>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

#[derive(Debug)]
pub(in crate::define) struct RawFilter {
    pub(in crate::define) include: bool,
    pub(in crate::define) rule: RawRule,
    pub(in crate::define) place: Place,
}

#[derive(Debug)]
pub(in crate::define) enum RawRule {
    Value(Written),
    Regex(Written),
    Sql(RawRows),
}

/// `{select, from, where}`: rows of a model.
#[derive(Debug)]
pub(in crate::define) struct RawRows {
    pub(in crate::define) select: Written,
    pub(in crate::define) from: Option<Written>,
    pub(in crate::define) filter: Option<Written>,
}

#[derive(Debug)]
pub(in crate::define) struct RawPackage {
    pub(in crate::define) name: Written,
    pub(in crate::define) url: Option<Written>,
    pub(in crate::define) mapped: Vec<(Written, Option<Written>)>,
    pub(in crate::define) disabled: Vec<Written>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

#[derive(Debug)]
pub(in crate::define) struct RawInput {
    pub(in crate::define) name: Written,
    /// `table`, `view`, `csv` or `s3`, and what it names.
    pub(in crate::define) source: Option<(&'static str, Written)>,
    pub(in crate::define) occurred_at: Option<Written>,
    pub(in crate::define) row_identifier: Vec<Written>,
    pub(in crate::define) ids: Vec<RawId>,
    pub(in crate::define) filter: Option<Written>,
    pub(in crate::define) contract: RawContract,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

#[derive(Debug, Default)]
pub(in crate::define) struct RawContract {
    pub(in crate::define) optional: bool,
    pub(in crate::define) event_stream: bool,
    pub(in crate::define) append_only: bool,
    pub(in crate::define) columns: Vec<(Written, Option<Written>)>,
}

#[derive(Debug)]
pub(in crate::define) struct RawId {
    pub(in crate::define) select: Written,
    pub(in crate::define) id_type: Written,
    pub(in crate::define) entity: Option<Written>,
    pub(in crate::define) to_default_stitcher: bool,
}

/// Whose var, feature table or SQL model it is.
#[derive(Debug, Default, Clone)]
pub(in crate::define) struct RawOwner {
    pub(in crate::define) entity: Option<Written>,
    pub(in crate::define) cohort: Option<Written>,
}

#[derive(Debug)]
pub(in crate::define) struct RawVar {
    pub(in crate::define) of_input: bool,
    pub(in crate::define) name: Written,
    pub(in crate::define) owner: RawOwner,
    pub(in crate::define) group: Option<Written>,
    /// It stands inside a feature table, as vars did before var groups.
    pub(in crate::define) in_feature_table: bool,
    pub(in crate::define) select: Option<Written>,
    pub(in crate::define) from: Option<Written>,
    pub(in crate::define) filter: Option<Written>,
    pub(in crate::define) order_by: Vec<Written>,
    pub(in crate::define) partition_by: Vec<Written>,
    pub(in crate::define) frame: Option<Written>,
    pub(in crate::define) default: Option<Written>,
    pub(in crate::define) served: bool,
    pub(in crate::define) description: Option<Written>,
    pub(in crate::define) tags: Vec<Written>,
    pub(in crate::define) data_type: Option<Written>,
    pub(in crate::define) merge: Option<Written>,
    pub(in crate::define) merge_where: Option<Written>,
    pub(in crate::define) status: EnableStatus,
    pub(in crate::define) time_grain: Option<Written>,
    pub(in crate::define) retention: Option<Written>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

impl RawVar {
    /// Whether both compute the same, apart from where they are written.
    pub(in crate::define) fn says_the_same_as(&self, other: &Self) -> bool {
        let said = |var: &Self| {
            let one = |w: &Option<Written>| w.as_ref().map(|w| w.text.trim().to_owned());
            let single = [
                &var.select,
                &var.from,
                &var.filter,
                &var.frame,
                &var.default,
                &var.data_type,
                &var.merge,
                &var.merge_where,
            ];
            let mut said: Vec<Option<String>> = single.into_iter().map(one).collect();
            said.extend(var.order_by.iter().map(|w| Some(w.text.trim().to_owned())));
            said.push(None);
            said.extend(var.partition_by.iter().map(|w| Some(w.text.trim().to_owned())));
            said
        };
        self.fault.is_none() && self.fault == other.fault && said(self) == said(other)
    }
}

#[derive(Debug)]
pub(in crate::define) struct RawMacro {
    pub(in crate::define) name: Written,
    pub(in crate::define) inputs: Vec<Written>,
    pub(in crate::define) value: Written,
    /// The model that it is of, in lower case; none for a macro of the whole project.
    pub(in crate::define) within: Option<String>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

#[derive(Debug)]
pub(in crate::define) struct RawModel {
    pub(in crate::define) name: Written,
    pub(in crate::define) kind: Written,
    pub(in crate::define) owner: RawOwner,
    pub(in crate::define) output: Option<OutputType>,
    pub(in crate::define) incremental: Option<bool>,
    pub(in crate::define) status: EnableStatus,
    pub(in crate::define) time_grain: Option<Written>,
    pub(in crate::define) retention: Option<Written>,
    pub(in crate::define) validity: Option<Written>,
    pub(in crate::define) ids: Vec<RawId>,
    pub(in crate::define) occurred_at: Option<Written>,
    pub(in crate::define) features: Vec<(Written, Option<Written>)>,
    pub(in crate::define) description: Option<Written>,
    pub(in crate::define) spec: RawSpec,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(in crate::define) fault: Option<String>,
}

#[derive(Debug)]
pub(in crate::define) enum RawSpec {
    Stitcher {
        sources: Vec<RawEdgeSource>,
        max_iterations: Option<u64>,
        overlap: Option<Written>,
    },
    Sql {
        single: Option<Written>,
        multi: Option<Written>,
    },
    /// The rows of several, one below the other.
    Union(Vec<Written>),
    FeatureTable,
    Cohort {
        extends: Option<Written>,
        filter: RawCohortFilter,
        views: RawViews,
    },
    FeatureView {
        id: Option<Written>,
        views: RawViews,
    },
    /// A kind of model that is kept as a name only.
    Other,
}

#[derive(Debug)]
pub(in crate::define) struct RawEdgeSource {
    pub(in crate::define) from: Written,
    pub(in crate::define) ids: Vec<RawId>,
}

#[derive(Debug, Default)]
pub(in crate::define) struct RawCohortFilter {
    pub(in crate::define) steps: Vec<RawStep>,
    pub(in crate::define) expression: Option<RawExpression>,
}

#[derive(Debug)]
pub(in crate::define) struct RawStep {
    pub(in crate::define) include: bool,
    pub(in crate::define) rule: RawRule,
    pub(in crate::define) place: Place,
}

#[derive(Debug)]
pub(in crate::define) enum RawExpression {
    Condition(Written),
    And(Vec<RawExpression>),
    Or(Vec<RawExpression>),
}
