//! The steps of a plan, made node by node in the order of what needs what.

use super::builder::{Builder, Draft, RowSource};
use super::{LeftOut, Options, Plan, Statement, WORK_SCHEMA, Work};
use crate::define::{Item, Node, Project, build_order};
use crate::sql::{Sql, ident, warehouse};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
            Node::InputVars(id) => self.var_table(RowSource::Input(id)),
            Node::SqlModelVars(id) => self.var_table(RowSource::SqlModel(id)),
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
}
