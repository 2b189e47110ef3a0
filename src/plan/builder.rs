//! A plan on its way: what is known of it, and how steps are added.

use super::{
    LeftOut, Moments, Options, Output, Statement, Step, View, WORK_SCHEMA, Work, hash, hashed,
};
use crate::define::{
    EntityId, FeatureId, IdTypeId, InputId, Item, Node, Owner, Project, SqlModelId, Target,
};
use crate::sql::{ObjectName, Placeholder, Sql, ident, object, text};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is known while a plan is made.
pub(super) struct Builder<'a> {
    pub(super) project: &'a Project,
    pub(super) options: &'a Options,
    pub(super) steps: Vec<Step>,
    pub(super) views: Vec<View>,
    pub(super) outputs: Vec<Output>,
    pub(super) moments: Vec<Moments>,
    /// What can be read, and the step that makes it.
    pub(super) relations: HashMap<Target, (Sql, usize)>,
    /// In which table each var of an entity or a cohort is.
    pub(super) stored: BTreeMap<FeatureId, Stored>,
    /// Rows with main ids, and vars added to them.
    pub(super) chains: HashMap<(RowSource, EntityId), Chain>,
    /// The vars of each owner that are built.
    pub(super) owned: BTreeMap<Owner, Vec<FeatureId>>,
    pub(super) left_out: BTreeMap<Item, LeftOut>,
    pub(super) step_of: HashMap<Node, usize>,
    pub(super) needs: HashMap<Node, Vec<Node>>,
}

/// What a step is made of, before it has a hash.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) about: Vec<String>,
    pub(super) items: Vec<Item>,
    pub(super) reads: Vec<usize>,
    /// What is hashed beside the statements; instead of them when they differ without meaning.
    pub(super) hashed: Option<String>,
}

/// Where the values of a var are.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) table: Sql,
    pub(super) step: usize,
}

/// What has rows with ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RowSource {
    Input(InputId),
    SqlModel(SqlModelId),
}

/// The rows of a table with the main id of one entity; each layer has some vars more.
#[derive(Debug, Default, Clone)]
pub(super) struct Chain {
    pub(super) layers: Vec<Layer>,
}

#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) view: Sql,
    pub(super) vars: BTreeSet<FeatureId>,
    pub(super) step: usize,
}

impl RowSource {
    pub(super) fn of(target: Target) -> Option<Self> {
        match target {
            Target::Input(id) | Target::InputVars(id) => Some(Self::Input(id)),
            Target::SqlModel(id) | Target::SqlModelVars(id) => Some(Self::SqlModel(id)),
            _ => None,
        }
    }

    pub(super) fn owner(self) -> Owner {
        match self {
            Self::Input(id) => Owner::Input(id),
            Self::SqlModel(id) => Owner::SqlModel(id),
        }
    }

    pub(super) fn item(self) -> Item {
        match self {
            Self::Input(id) => Item::Input(id),
            Self::SqlModel(id) => Item::SqlModel(id),
        }
    }

    pub(super) fn target(self) -> Target {
        match self {
            Self::Input(id) => Target::Input(id),
            Self::SqlModel(id) => Target::SqlModel(id),
        }
    }
}

impl Builder<'_> {
    /// What stands after `FROM` to read something.
    ///
    /// # Errors
    /// When it is nothing that has rows, or is not built.
    pub(super) fn relation(&self, target: Target) -> Result<Sql, String> {
        if let Some((sql, _)) = self.relations.get(&target) {
            return Ok(sql.clone());
        }
        match target {
            Target::EntityView(id, None) => self.relation(Target::EntityVars(id)),
            Target::CohortView(id, None) => self.relation(Target::CohortVars(id)),
            Target::EntityView(id, Some(kind)) => {
                let vars = self.relation(Target::EntityVars(id))?;
                let features = self.owned.get(&Owner::Entity(id));
                let shown = self.beside_id(kind, features.into_iter().flatten());
                Ok(Sql::fill("({})", &[&self.by_id(id, kind, &vars, &shown)?.0]))
            }
            Target::CohortView(id, Some(kind)) => {
                let vars = self.relation(Target::CohortVars(id))?;
                let shown = self.beside_id(kind, &self.vars_of_cohort(id));
                Ok(Sql::fill(
                    "({})",
                    &[&self.by_id(self.project[id].entity, kind, &vars, &shown)?.0],
                ))
            }
            Target::InputMainId(id, _) => self.relation(Target::InputVars(id)),
            Target::Feature(id) => {
                Err(format!("`{}` is a feature, not a table", self.project[id].name))
            }
            Target::Other(id) => {
                let model = &self.project[id];
                Err(format!("`{}` is of type {}, which is not built", model.name, model.kind))
            }
            other => {
                let name = crate::define::words::target(self.project, other);
                Err(format!("{name} is not built"))
            }
        }
    }

    /// The rows of `vars` keyed by one kind of id instead of the main id, and the step of the id
    /// graph that they are looked up in.
    pub(super) fn by_id(
        &self,
        entity: EntityId,
        kind: IdTypeId,
        vars: &Sql,
        shown: &Sql,
    ) -> Result<(Sql, usize), String> {
        let stitcher = self.project[entity].stitcher.ok_or("the entity has no ids")?;
        let target = Target::Stitcher(stitcher);
        let graph = self.relation(target)?;
        let name = &self.project[kind].name;
        let main = ident(&self.project[entity].main_id);
        let query = Sql::fill(
            "SELECT graph.other_id AS {}, {}\nFROM {} AS graph\n\
             JOIN {} AS features USING ({})\nWHERE graph.other_id_type = {}",
            &[&ident(name), shown, &graph, vars, &main, &text(name)],
        );
        Ok((query, self.relations[&target].1))
    }

    /// The columns of `features` that stand beside an id: the id stands under the name of its
    /// type, also when a feature has that name.
    pub(super) fn beside_id<'f>(
        &self,
        kind: IdTypeId,
        features: impl IntoIterator<Item = &'f FeatureId>,
    ) -> Sql {
        let name = &self.project[kind].name;
        let mut names = features.into_iter().map(|id| &self.project[*id].name);
        match names.find(|feature| feature.eq_ignore_ascii_case(name)) {
            Some(feature) => Sql::fill("features.* EXCLUDE ({})", &[&ident(feature)]),
            None => Sql::raw("features.*"),
        }
    }

    /// The steps that make what `nodes` need.
    pub(super) fn reads_of(&self, nodes: impl IntoIterator<Item = Node>) -> Vec<usize> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for node in nodes {
            for need in self.needs.get(&node).into_iter().flatten() {
                found.extend(self.step_of.get(need).copied());
            }
        }
        found.into_iter().collect()
    }

    /// Notes which step makes a node.
    pub(super) fn made(&mut self, node: Node, step: usize) {
        self.step_of.insert(node, step);
    }

    /// Adds a step; its tables are named `makes`.
    pub(super) fn add(
        &mut self,
        draft: Draft,
        makes: Vec<ObjectName>,
        work: Work,
        statements: Vec<Statement>,
    ) -> usize {
        let whole: Vec<Sql> = statements.iter().map(Statement::whole).collect();
        let hash = self.hash_of(&draft, &whole);
        let Draft { name, about, items, mut reads, .. } = draft;
        reads.sort_unstable();
        reads.dedup();
        self.steps.push(Step { name, about, items, reads, makes, work, hash, statements });
        self.steps.len() - 1
    }

    pub(super) fn hash_of(&self, draft: &Draft, statements: &[Sql]) -> String {
        let own: Vec<String> = match &draft.hashed {
            Some(text) => vec![text.clone()],
            None => statements.iter().map(hashed).collect(),
        };
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let mut reads: Vec<&str> =
            draft.reads.iter().map(|at| self.steps[*at].hash.as_str()).collect();
        reads.sort_unstable();
        reads.dedup();
        hash(&[&[draft.name.as_str()], own.as_slice(), reads.as_slice()].concat())
    }

    /// Adds a step that makes one table of a query, and gives its name.
    pub(super) fn table(&mut self, draft: Draft, model: &str, query: &Sql) -> (Sql, usize) {
        let hash = self.hash_of(&draft, std::slice::from_ref(query));
        let name = material(model, &hash);
        let table = object(&name);
        let query = owned(query, &name);
        let head = Sql::fill("CREATE OR REPLACE TABLE {} AS\n", &[&table]);
        let draft = Draft { hashed: Some(hash), ..draft };
        let statement = Statement::Makes { head, query };
        let step = self.add(draft, vec![name], Work::Tables, vec![statement]);
        (table, step)
    }

    /// Adds a step that makes a table which lives while the run is built.
    pub(super) fn work_table(&mut self, draft: Draft, model: &str, query: &Sql) -> (Sql, usize) {
        let hash = self.hash_of(&draft, std::slice::from_ref(query));
        let name = material(model, &hash);
        let table = Sql::fill("{}.{}", &[&ident(WORK_SCHEMA), &object(&name)]);
        let head = Sql::fill("CREATE OR REPLACE TABLE {} AS\n", &[&table]);
        let statement = Statement::Makes { head, query: query.clone() };
        let draft = Draft { hashed: Some(hash), ..draft };
        let step =
            self.add(draft, vec![name.in_schema(WORK_SCHEMA)], Work::Tables, vec![statement]);
        (table, step)
    }

    /// Adds a step that gives a query a name for the session.
    pub(super) fn session_view(&mut self, draft: Draft, name: &str, query: &Sql) -> (Sql, usize) {
        let view = ident(name);
        let head = Sql::fill("CREATE OR REPLACE TEMP VIEW {} AS\n", &[&view]);
        let statement = Statement::Makes { head, query: query.clone() };
        let step = self.add(draft, vec![ObjectName::lasting(name)], Work::Session, vec![statement]);
        (view, step)
    }

    /// The name under which a SQL model is known, unique over packages.
    pub(super) fn model_name(&self, id: SqlModelId) -> String {
        let model = &self.project[id];
        let same = |other: &crate::define::SqlModel| other.name.eq_ignore_ascii_case(&model.name);
        match &model.package {
            Some(package) if self.project.sql_models.iter().filter(|o| same(o)).count() > 1 => {
                format!("{package}_{}", model.name)
            }
            _ => model.name.clone(),
        }
    }
}

/// The name of a table of a run.
pub(super) fn material(model: &str, hash: &str) -> ObjectName {
    let plain: String =
        model.chars().map(|c| if c == '"' || c.is_control() { '_' } else { c }).collect();
    ObjectName::of_run(format!("Material_{plain}_{hash}_"))
}

/// `sql` with the name of its own table put in.
pub(super) fn owned(sql: &Sql, name: &ObjectName) -> Sql {
    sql.settled(&|later| match later {
        Placeholder::Own => Some(object(name)),
        _ => None,
    })
}
