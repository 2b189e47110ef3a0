//! The steps of a plan, made node by node in the order of what needs what.

use super::features::Stored;
use super::rows::{Chain, Table};
use super::{
    LeftOut, Moments, Options, Output, Plan, Statement, Step, View, WORK_SCHEMA, Work, hash, hashed,
};
use crate::define::{
    EntityId, FeatureId, IdTypeId, Item, Node, Owner, Project, SqlModelId, Target, build_order,
};
use crate::sql::{ObjectName, Placeholder, Sql, ident, object, text, warehouse};
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
    pub(super) chains: HashMap<(Table, EntityId), Chain>,
    /// The vars of each owner that are built.
    pub(super) owned: BTreeMap<Owner, Vec<FeatureId>>,
    left_out: BTreeMap<Item, LeftOut>,
    step_of: HashMap<Node, usize>,
    needs: HashMap<Node, Vec<Node>>,
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

pub(super) fn build(project: &Project, options: &Options) -> Plan {
    let order = build_order(project);
    let needs: HashMap<Node, Vec<Node>> = order.iter().cloned().collect();
    let chosen = chosen(options, &needs, project);
    let wanted = wanted(&needs, project);
    let mut builder = Builder {
        project,
        options,
        steps: Vec::new(),
        views: Vec::new(),
        outputs: Vec::new(),
        moments: Vec::new(),
        relations: HashMap::new(),
        stored: BTreeMap::new(),
        chains: HashMap::new(),
        owned: BTreeMap::new(),
        left_out: BTreeMap::new(),
        step_of: HashMap::new(),
        needs,
    };
    builder.functions();
    let mut depths: HashMap<Node, usize> = HashMap::new();
    let mut levels: BTreeMap<usize, Vec<Node>> = BTreeMap::new();
    for (node, needs) in &order {
        if !wanted.contains(node) || chosen.as_ref().is_some_and(|chosen| !chosen.contains(node)) {
            continue;
        }
        let below = needs.iter().filter_map(|need| depths.get(need)).max();
        let depth = below.map_or(0, |depth| depth + 1);
        depths.insert(*node, depth);
        levels.entry(depth).or_default().push(*node);
    }
    for nodes in levels.into_values() {
        builder.level(&nodes);
    }
    builder.publish();
    Plan {
        steps: builder.steps,
        left_out: builder.left_out.into_values().collect(),
        views: builder.views,
        outputs: builder.outputs,
        moments: builder.moments,
    }
}

/// What has a use: every definition, the features of every entity, those of cohorts that have some
/// of their own, and the tables of vars that something reads.
fn wanted(needs: &HashMap<Node, Vec<Node>>, project: &Project) -> BTreeSet<Node> {
    let is_root = |node: &Node| match node {
        Node::Item(_) | Node::EntityVars(_) => true,
        Node::CohortVars(id) => {
            !project[*id].features.is_empty() || !project[*id].served.is_empty()
        }
        Node::InputVars(_) | Node::SqlModelVars(_) => false,
    };
    with_needs(needs.keys().copied().filter(is_root).collect(), needs)
}

/// Nodes and all that they need.
fn with_needs(mut queue: Vec<Node>, needs: &HashMap<Node, Vec<Node>>) -> BTreeSet<Node> {
    let mut found = BTreeSet::new();
    while let Some(node) = queue.pop() {
        if found.insert(node) {
            queue.extend(needs.get(&node).into_iter().flatten().copied());
        }
    }
    found
}

/// What was asked for and all that it needs; `None` means everything.
fn chosen(
    options: &Options,
    needs: &HashMap<Node, Vec<Node>>,
    project: &Project,
) -> Option<BTreeSet<Node>> {
    if options.selected.is_empty() {
        return None;
    }
    let mut queue: Vec<Node> = Vec::new();
    for item in &options.selected {
        queue.push(Node::Item(*item));
        match item {
            Item::Entity(id) => queue.push(Node::EntityVars(*id)),
            Item::Cohort(id) if !project[*id].features.is_empty() => {
                queue.push(Node::CohortVars(*id));
            }
            _ => {}
        }
    }
    Some(with_needs(queue, needs))
}

impl Builder<'_> {
    fn functions(&mut self) {
        let schema = ident(WORK_SCHEMA);
        let mut statements = vec![Sql::fill("CREATE SCHEMA IF NOT EXISTS {}", &[&schema])];
        statements.extend(warehouse::functions());
        let draft = Draft {
            name: "warehouse functions".into(),
            about: vec![
                "Functions that projects use and DuckDB does not have, as macros.".into(),
                "Intermediate tables live in the schema muster_work until the run is done.".into(),
            ],
            items: Vec::new(),
            reads: Vec::new(),
            hashed: Some(String::new()),
        };
        let statements = statements.into_iter().map(Statement::Own).collect();
        self.add(draft, Vec::new(), Work::Session, statements);
    }

    /// Nodes of which none needs another: features of the same rows are computed together.
    fn level(&mut self, nodes: &[Node]) {
        let mut features = Vec::new();
        for node in nodes {
            if let Some(why) = self.cannot(*node) {
                if let Node::Item(item) = *node {
                    self.left_out.insert(item, LeftOut { item, ..why });
                }
                continue;
            }
            if let Node::Item(Item::Feature(id)) = node {
                features.push(*id);
            } else if let Err(why) = self.node(*node) {
                self.leave_out(*node, why);
            }
        }
        self.features(&features);
    }

    fn cannot(&self, node: Node) -> Option<LeftOut> {
        if let Node::Item(item) = node
            && let Some(why) = self.options.broken.get(&item)
        {
            return Some(LeftOut { item, why: why.clone(), for_want: false });
        }
        // Of an id stitcher the sources that are there are joined.
        if matches!(node, Node::Item(Item::Stitcher(_))) {
            return None;
        }
        let is_table = !matches!(node, Node::Item(_));
        // A table of chosen features has those that there are.
        let is_chosen = matches!(node, Node::Item(Item::FeatureTable(_)));
        for need in self.needs.get(&node).into_iter().flatten() {
            let Node::Item(item) = need else { continue };
            let is_column = matches!(item, Item::Feature(_))
                || is_chosen && matches!(item, Item::SqlModel(_) | Item::FeatureTable(_));
            if (is_table || is_chosen) && is_column {
                continue;
            }
            if let Some(LeftOut { why, .. }) = self.left_out.get(item) {
                let name = super::files::item_name(self.project, *item);
                let why = format!("it needs {name}, which is not built: {why}");
                return Some(LeftOut { item: *item, why, for_want: true });
            }
        }
        None
    }

    pub(super) fn leave_out(&mut self, node: Node, why: String) {
        if let Node::Item(item) = node {
            self.left_out.insert(item, LeftOut { item, why, for_want: false });
        }
    }

    fn node(&mut self, node: Node) -> Result<(), String> {
        match node {
            Node::Item(item) => self.item(item),
            Node::EntityVars(id) => self.entity_vars(id),
            Node::CohortVars(id) => self.cohort_vars(id),
            Node::InputVars(id) => self.var_table(Table::Input(id)),
            Node::SqlModelVars(id) => self.var_table(Table::SqlModel(id)),
        }
    }

    fn item(&mut self, item: Item) -> Result<(), String> {
        match item {
            Item::Input(id) => self.input(id),
            Item::Stitcher(id) => self.stitcher(id),
            Item::Entity(id) => self.everyone(id),
            Item::Cohort(id) => self.cohort(id),
            Item::SqlModel(id) => self.sql_model(id),
            Item::FeatureTable(id) => self.feature_table(id),
            Item::Feature(_) | Item::Other(_) => Ok(()),
        }
    }

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
                Err(format!("`{}` is a feature, and no table", self.project[id].name))
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
