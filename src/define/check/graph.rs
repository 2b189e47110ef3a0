//! What has to be built before what, what goes round in circles, and what cannot be built at all.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::define::project::{
    CohortId, CohortRule, EnableStatus, EntityId, Expression, FeatureId, FeatureTableId, InputId,
    Item, OtherModelId, Owner, Part, Place, Project, RowId, Rows, SqlModelId, StitcherId, Target,
    Text,
};
use crate::define::report::Report;

/// Something that is built, or all vars of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// One definition.
    Item(Item),
    /// The table of all vars of an entity.
    EntityVars(EntityId),
    /// The table of all vars of a cohort.
    CohortVars(CohortId),
    /// The rows of an input with main ids and all of its vars.
    InputVars(InputId),
    /// The rows of a SQL model with main ids and all of its vars.
    SqlModelVars(SqlModelId),
}

/// What can be built, each after all that it needs, with what it needs directly. Of the vars behind
/// a table of vars those count that can be built.
pub fn build_order(project: &Project) -> Vec<(Node, Vec<Node>)> {
    let graph = Graph::of(project);
    let items: HashSet<Item> = project.order.iter().copied().collect();
    let is_built = |node: &Node| match node {
        Node::Item(item) => items.contains(item),
        Node::EntityVars(id) => items.contains(&Item::Entity(*id)),
        Node::CohortVars(id) => items.contains(&Item::Cohort(*id)),
        Node::InputVars(id) => items.contains(&Item::Input(*id)),
        Node::SqlModelVars(id) => items.contains(&Item::SqlModel(*id)),
    };
    let alone = graph.components().into_iter().filter(|c| !graph.is_circle(c)).map(|c| c[0]);
    alone
        .filter(|at| is_built(&graph.nodes[*at]))
        .map(|at| {
            let needs = needs_of(project, &graph, at).into_iter().map(|need| graph.nodes[need]);
            (graph.nodes[at], needs.filter(is_built).collect())
        })
        .collect()
}

/// Finds the order, reports circles, and marks what cannot be built with why.
pub(in crate::define) fn order(project: &mut Project, report: &mut Report) {
    let graph = Graph::of(project);
    let components = graph.components();
    let mut reasons: Vec<Option<Reason>> = vec![None; graph.nodes.len()];
    let mut order = Vec::new();
    for component in components {
        if graph.is_circle(&component) {
            circle(project, &graph, &component, report);
            for at in component {
                reasons[at] =
                    Some(Reason { text: "it needs itself through others".into(), quiet: false });
            }
            continue;
        }
        let at = component[0];
        let node = graph.nodes[at];
        if let Node::Item(Item::Stitcher(id)) = node {
            leave_out_sources(project, id, &graph, &reasons, report);
        }
        let own = own_reason(project, node, report);
        let reason = own.or_else(|| {
            let needs = needs_of(project, &graph, at);
            let of = needs.into_iter().find_map(|need| Some((need, reasons[need].as_ref()?)))?;
            inherited(project, &graph, node, of, report)
        });
        if let (None, Node::Item(item)) = (&reason, node) {
            order.push(item);
        }
        reasons[at] = reason;
    }
    for (node, reason) in graph.nodes.iter().zip(reasons) {
        if let (Node::Item(item), Some(reason)) = (node, reason) {
            mark(project, *item, reason.text);
        }
    }
    project.order = order;
}

/// Takes sources of edges that cannot be built out of a stitcher: the rest is still joined.
fn leave_out_sources(
    project: &mut Project,
    id: StitcherId,
    graph: &Graph,
    reasons: &[Option<Reason>],
    report: &mut Report,
) {
    let reason_of = |node: Node| reasons[*graph.places.get(&node)?].as_ref();
    let sources = std::mem::take(&mut project[id].sources);
    let (mut kept, mut lost) = (Vec::new(), false);
    for source in sources {
        let Some(reason) = reason_of(node_of(source.from)) else {
            kept.push(source);
            continue;
        };
        lost = true;
        let (_, name, _) = called(project, node_of(source.from));
        let message = format!("`{name}` gives no edges: {}", reason.text);
        let place = &source.place;
        let found =
            if reason.quiet { report.note(place, message) } else { report.error(place, message) };
        report.add(found.of_part().hint("ids are joined by the other sources only"));
    }
    let stitcher = &mut project[id];
    if lost && kept.is_empty() {
        stitcher.broken.get_or_insert_with(|| "none of its edge sources can be read".to_owned());
    }
    stitcher.sources = kept;
}

/// What has to be built before each thing that can be built, in the order of the project. The vars
/// behind a table of vars count individually.
pub fn needs_of_all(project: &Project) -> Vec<(Item, Vec<Item>)> {
    let graph = Graph::of(project);
    let direct = |at: usize| graph.needs[at].iter().copied();
    let of = |item: &Item| {
        let at = *graph.places.get(&Node::Item(*item))?;
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        let mut queue: VecDeque<usize> = direct(at).collect();
        while let Some(need) = queue.pop_front() {
            if !seen.insert(need) {
                continue;
            }
            match graph.nodes[need] {
                Node::Item(item) => found.push(item),
                _ => queue.extend(direct(need)),
            }
        }
        found.sort_unstable();
        Some((*item, found))
    };
    project.order.iter().filter_map(of).collect()
}

/// Why something cannot be built.
#[derive(Debug, Clone)]
struct Reason {
    text: String,
    /// It was left out on purpose, so what needs it is worth a note only.
    quiet: bool,
}

/// Vars that are not switched off, by owner.
type Owned = HashMap<Owner, Vec<FeatureId>>;

fn owned(project: &Project) -> Owned {
    let mut found = Owned::new();
    for (at, feature) in project.features.iter().enumerate() {
        if feature.status != EnableStatus::Disabled {
            found.entry(feature.owner).or_default().push(FeatureId(at));
        }
    }
    found
}

/// What a node needs; a stitcher only the sources that were left to it.
fn needs_of(project: &Project, graph: &Graph, at: usize) -> Vec<usize> {
    let Node::Item(Item::Stitcher(_)) = graph.nodes[at] else { return graph.needs[at].clone() };
    let left: HashSet<Node> = needs(project, &Owned::new(), graph.nodes[at]).into_iter().collect();
    graph.needs[at].iter().copied().filter(|need| left.contains(&graph.nodes[*need])).collect()
}

struct Graph {
    nodes: Vec<Node>,
    /// Where each node is in `nodes`.
    places: HashMap<Node, usize>,
    /// What each node needs, by place in `nodes`.
    needs: Vec<Vec<usize>>,
}

impl Graph {
    fn of(project: &Project) -> Self {
        let nodes = nodes(project);
        let owned = owned(project);
        let places: HashMap<Node, usize> =
            nodes.iter().enumerate().map(|(at, node)| (*node, at)).collect();
        let needs = nodes
            .iter()
            .map(|node| {
                let mut found = Vec::new();
                for need in needs(project, &owned, *node) {
                    found.extend(places.get(&need).copied());
                }
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        Self { nodes, places, needs }
    }

    fn is_circle(&self, component: &[usize]) -> bool {
        component.len() > 1 || self.needs[component[0]].contains(&component[0])
    }

    /// Strongly connected components, each after all that it needs (Tarjan 1972, without
    /// recursion: chains can be as long as a project has definitions).
    fn components(&self) -> Vec<Vec<usize>> {
        let count = self.nodes.len();
        let mut index = vec![usize::MAX; count];
        let mut low = vec![0; count];
        let mut on_stack = vec![false; count];
        let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0);
        for start in 0..count {
            if index[start] != usize::MAX {
                continue;
            }
            let mut work = vec![(start, 0)];
            while let Some((at, child)) = work.pop() {
                if child == 0 {
                    index[at] = next;
                    low[at] = next;
                    next += 1;
                    stack.push(at);
                    on_stack[at] = true;
                }
                if let Some(need) = self.needs[at].get(child) {
                    work.push((at, child + 1));
                    if index[*need] == usize::MAX {
                        work.push((*need, 0));
                    } else if on_stack[*need] {
                        low[at] = low[at].min(index[*need]);
                    }
                    continue;
                }
                if low[at] == index[at] {
                    let from = stack.iter().rposition(|s| *s == at).unwrap_or(0);
                    let component = stack.split_off(from);
                    for member in &component {
                        on_stack[*member] = false;
                    }
                    found.push(component);
                }
                if let Some((parent, _)) = work.last() {
                    low[*parent] = low[*parent].min(low[at]);
                }
            }
        }
        found
    }
}

fn nodes(project: &Project) -> Vec<Node> {
    let items = (0..project.inputs.len())
        .map(|at| Item::Input(InputId(at)))
        .chain((0..project.stitchers.len()).map(|at| Item::Stitcher(StitcherId(at))))
        .chain((0..project.entities.len()).map(|at| Item::Entity(EntityId(at))))
        .chain((0..project.features.len()).map(|at| Item::Feature(FeatureId(at))))
        .chain((0..project.cohorts.len()).map(|at| Item::Cohort(CohortId(at))))
        .chain((0..project.sql_models.len()).map(|at| Item::SqlModel(SqlModelId(at))))
        .chain((0..project.feature_tables.len()).map(|at| Item::FeatureTable(FeatureTableId(at))))
        .chain((0..project.other_models.len()).map(|at| Item::Other(OtherModelId(at))));
    items
        .map(Node::Item)
        .chain((0..project.entities.len()).map(|at| Node::EntityVars(EntityId(at))))
        .chain((0..project.cohorts.len()).map(|at| Node::CohortVars(CohortId(at))))
        .chain((0..project.inputs.len()).map(|at| Node::InputVars(InputId(at))))
        .chain((0..project.sql_models.len()).map(|at| Node::SqlModelVars(SqlModelId(at))))
        .collect()
}

fn node_of(target: Target) -> Node {
    match target {
        Target::EntityVars(id) | Target::EntityView(id, _) => Node::EntityVars(id),
        Target::CohortVars(id) | Target::CohortView(id, _) => Node::CohortVars(id),
        Target::InputVars(id) | Target::InputMainId(id, _) => Node::InputVars(id),
        Target::SqlModelVars(id) => Node::SqlModelVars(id),
        other => Node::Item(other.item()),
    }
}

fn needs(project: &Project, owned: &Owned, node: Node) -> Vec<Node> {
    let mut found = Vec::new();
    let with_owner = |owner: Owner| {
        let list = owned.get(&owner).map_or(&[] as &[FeatureId], Vec::as_slice);
        list.iter().map(|id| Node::Item(Item::Feature(*id))).collect::<Vec<_>>()
    };
    let main_ids = |ids: &[RowId]| {
        ids.iter().map(|id| Node::Item(Item::Entity(id.entity))).collect::<Vec<_>>()
    };
    match node {
        Node::EntityVars(id) => {
            found.push(Node::Item(Item::Entity(id)));
            found.extend(with_owner(Owner::Entity(id)));
        }
        Node::CohortVars(id) => {
            let cohort = &project[id];
            found.push(Node::Item(Item::Cohort(id)));
            found.extend(cohort.features.iter().map(|f| Node::Item(Item::Feature(*f))));
            found.push(cohort.extends.map_or(Node::EntityVars(cohort.entity), Node::CohortVars));
        }
        Node::InputVars(id) => {
            found.push(Node::Item(Item::Input(id)));
            found.extend(main_ids(&project[id].ids));
            found.extend(with_owner(Owner::Input(id)));
        }
        Node::SqlModelVars(id) => {
            found.push(Node::Item(Item::SqlModel(id)));
            found.extend(main_ids(&project[id].ids));
            found.extend(with_owner(Owner::SqlModel(id)));
        }
        Node::Item(item) => {
            each_text(project, item, &mut |text| of_text(text, &mut found));
            of_item(project, item, &mut found);
        }
    }
    found
}

fn of_text(text: &Text, found: &mut Vec<Node>) {
    for part in &text.parts {
        match part {
            Part::Ref(target) | Part::Column(target, _) | Part::TimeFilter(target) => {
                found.push(node_of(*target));
            }
            Part::InCohort { cohort, .. } => found.push(node_of(*cohort)),
            _ => {}
        }
    }
    found.extend(text.also.iter().map(|target| node_of(*target)));
}

/// What an item needs beside what its texts name.
fn of_item(project: &Project, item: Item, found: &mut Vec<Node>) {
    match item {
        Item::Input(_) | Item::SqlModel(_) | Item::Other(_) => {}
        Item::Stitcher(id) => {
            found.extend(project[id].sources.iter().map(|source| node_of(source.from)));
            for kind in &project[project[id].entity].id_types {
                for filter in &project[*kind].filters {
                    if let crate::define::project::IdRule::Rows(rows) = &filter.rule {
                        found.extend(rows.from.map(node_of));
                    }
                }
            }
        }
        Item::Entity(id) => {
            found.extend(project[id].stitcher.map(|s| Node::Item(Item::Stitcher(s))));
        }
        Item::Feature(id) => {
            let feature = &project[id];
            found.extend(feature.from.map(node_of));
            found.push(owner_node(feature.owner));
            found.push(Node::Item(Item::Entity(feature.entity)));
        }
        Item::Cohort(id) => {
            let cohort = &project[id];
            let base = cohort.extends.map_or(Item::Entity(cohort.entity), Item::Cohort);
            found.push(Node::Item(base));
            for step in &cohort.filter.steps {
                if let CohortRule::Rows(rows) = &step.rule {
                    found.extend(rows.from.map(node_of));
                }
            }
        }
        Item::FeatureTable(id) => {
            let table = &project[id];
            found.extend(table.features.iter().map(|f| Node::Item(Item::Feature(*f))));
            found.extend(table.columns.iter().map(|(target, _)| node_of(*target)));
            found.push(owner_node(table.owner));
        }
    }
}

fn owner_node(owner: Owner) -> Node {
    Node::Item(match owner {
        Owner::Entity(id) => Item::Entity(id),
        Owner::Cohort(id) => Item::Cohort(id),
        Owner::Input(id) => Item::Input(id),
        Owner::SqlModel(id) => Item::SqlModel(id),
    })
}

/// Shows every text of an item to `see`.
pub(in crate::define) fn each_text<'a>(
    project: &'a Project,
    item: Item,
    see: &mut impl FnMut(&'a Text),
) {
    match item {
        Item::Input(id) => {
            let input = &project[id];
            input.ids.iter().for_each(|id| see(&id.select));
            input.filter.iter().chain(&input.occurred_at).for_each(see);
        }
        Item::Stitcher(id) => {
            project[id].sources.iter().flat_map(|s| &s.ids).for_each(|id| see(&id.select));
            for kind in &project[project[id].entity].id_types {
                for filter in &project[*kind].filters {
                    if let crate::define::project::IdRule::Rows(rows) = &filter.rule {
                        of_rows(rows, see);
                    }
                }
            }
        }
        Item::Feature(id) => {
            let feature = &project[id];
            see(&feature.select);
            let more = [
                &feature.filter,
                &feature.default,
                &feature.data_type,
                &feature.merge,
                &feature.merge_filter,
            ];
            more.into_iter().flatten().for_each(&mut *see);
            if let Some(window) = &feature.window {
                let list = window.partition_by.iter().chain(&window.order_by);
                list.chain(&window.frame).for_each(see);
            }
        }
        Item::Cohort(id) => {
            let filter = &project[id].filter;
            for step in &filter.steps {
                match &step.rule {
                    CohortRule::Condition(text) => see(text),
                    CohortRule::Rows(rows) => of_rows(rows, see),
                }
            }
            if let Some(expression) = &filter.expression {
                of_expression(expression, see);
            }
        }
        Item::SqlModel(id) => {
            let model = &project[id];
            see(&model.sql);
            model.ids.iter().for_each(|id| see(&id.select));
            model.occurred_at.iter().for_each(see);
        }
        Item::Entity(_) | Item::FeatureTable(_) | Item::Other(_) => {}
    }
}

fn of_rows<'a>(rows: &'a Rows, see: &mut impl FnMut(&'a Text)) {
    see(&rows.select);
    rows.filter.iter().for_each(see);
}

fn of_expression<'a>(expression: &'a Expression, see: &mut dyn FnMut(&'a Text)) {
    match expression {
        Expression::Condition(text) => see(text),
        Expression::And(list) | Expression::Or(list) => {
            list.iter().for_each(|part| of_expression(part, see));
        }
    }
}

/// Why an item cannot be built because of what it says itself.
fn own_reason(project: &Project, node: Node, report: &mut Report) -> Option<Reason> {
    let Node::Item(item) = node else { return None };
    let loud = |text: String| Some(Reason { text, quiet: false });
    if is_off(project, item) {
        return Some(Reason { text: "it is switched off".into(), quiet: true });
    }
    let broken = match item {
        Item::Input(id) => &project[id].broken,
        Item::Stitcher(id) => &project[id].broken,
        Item::Feature(id) => &project[id].broken,
        Item::Cohort(id) => &project[id].broken,
        Item::SqlModel(id) => &project[id].broken,
        Item::FeatureTable(id) => &project[id].broken,
        Item::Other(id) => {
            let text = format!("models of type `{}` are not built here", project[id].kind);
            return Some(Reason { text, quiet: true });
        }
        Item::Entity(_) => &None,
    };
    if let Some(text) = broken {
        // That an entity has no members is reported where the entity is defined.
        let told = matches!(item, Item::Stitcher(id) if project[id].default);
        return Some(Reason { text: text.clone(), quiet: told && is_empty(project, item) });
    }
    let mut why: Option<String> = None;
    each_text(project, item, &mut |text| {
        for part in &text.parts {
            match part {
                Part::Unknown(name) if why.is_none() => {
                    why = Some(format!("it uses `{name}`, which does not exist"));
                }
                Part::Broken(fault) if why.is_none() => why = Some(fault.clone()),
                _ => {}
            }
        }
    });
    if let Some(text) = why {
        return loud(text);
    }
    if let Item::Cohort(id) = item {
        let rows = project[id]
            .filter
            .steps
            .iter()
            .any(|step| matches!(&step.rule, CohortRule::Rows(rows) if rows.from.is_none()));
        return rows.then(|| Reason {
            text: "one of its steps reads something that does not exist".into(),
            quiet: false,
        });
    }
    let Item::Feature(id) = item else { return None };
    let reason = nobody(project, id)?;
    let feature = &project[id];
    let message = format!("feature `{}` cannot be computed: {reason}", feature.name);
    let found =
        report.error(&feature.place, message).hint("add an id of the entity to the rows it reads");
    report.add(found);
    loud(reason)
}

fn is_empty(project: &Project, item: Item) -> bool {
    matches!(item, Item::Stitcher(id) if project[id].sources.is_empty())
}

/// Why the rows of a feature belong to no one.
fn nobody(project: &Project, id: FeatureId) -> Option<String> {
    let feature = &project[id];
    let (name, ids) = match feature.from? {
        Target::Input(id) | Target::InputVars(id) => (&project[id].name, &project[id].ids),
        Target::SqlModel(id) | Target::SqlModelVars(id) => (&project[id].name, &project[id].ids),
        _ => return None,
    };
    let of_rows = matches!(feature.owner, Owner::Input(_) | Owner::SqlModel(_));
    let has = ids.iter().any(|id| id.entity == feature.entity);
    (!has && !of_rows).then(|| format!("`{name}` has no ids of `{}`", project[feature.entity].name))
}

fn is_off(project: &Project, item: Item) -> bool {
    let status = match item {
        Item::Feature(id) => project[id].status,
        Item::Cohort(id) => project[id].status,
        Item::SqlModel(id) => project[id].status,
        Item::FeatureTable(id) => project[id].status,
        Item::Input(_) | Item::Stitcher(_) | Item::Entity(_) | Item::Other(_) => return false,
    };
    status == EnableStatus::Disabled
}

/// Why `node` cannot be built because of something that it needs.
fn inherited(
    project: &Project,
    graph: &Graph,
    node: Node,
    (need, reason): (usize, &Reason),
    report: &mut Report,
) -> Option<Reason> {
    // All vars of something are those of them that there are.
    let is_column = matches!(
        graph.nodes[need],
        Node::Item(Item::Feature(_) | Item::Other(_) | Item::SqlModel(_) | Item::FeatureTable(_))
    );
    match node {
        // A table of chosen features is built without those that cannot be.
        Node::Item(Item::FeatureTable(_)) if is_column => return None,
        Node::Item(_) => {}
        _ if matches!(graph.nodes[need], Node::Item(Item::Feature(_))) => return None,
        _ => {}
    }
    let (_, name, _) = called(project, graph.nodes[need]);
    let (kind, own, place) = called(project, node);
    if matches!(node, Node::Item(_)) {
        let message = format!("{kind} `{own}` cannot be computed");
        let found = if reason.quiet {
            report.note(&place, message)
        } else {
            report.warning(&place, message)
        };
        report.add(found.hint(format!("it needs `{name}`: {}", reason.text)));
    }
    Some(Reason {
        text: format!("it needs `{name}`, which cannot be computed"),
        quiet: reason.quiet,
    })
}

fn circle(project: &Project, graph: &Graph, component: &[usize], report: &mut Report) {
    let way = way_round(graph, component);
    let shown = way.iter().map(|at| called(project, graph.nodes[*at]).1);
    let mut names: Vec<String> = shown.take(12).collect();
    if way.len() > 12 {
        names.push("…".into());
    }
    names.push(called(project, graph.nodes[way[0]]).1);
    let (_, _, place) = called(project, graph.nodes[way[0]]);
    let message = format!("definitions need each other in a circle: {}", names.join(" → "));
    let found = report.error(&place, message).hint("none of them can be computed");
    report.add(found);
}

/// One way from the first member of a circle back to it.
fn way_round(graph: &Graph, component: &[usize]) -> Vec<usize> {
    let start = component.iter().copied().min().unwrap_or(component[0]);
    let mut from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    let inside: HashSet<usize> = component.iter().copied().collect();
    while let Some(at) = queue.pop_front() {
        for need in graph.needs[at].iter().filter(|n| inside.contains(n)) {
            if *need == start {
                let mut way = vec![at];
                while let Some(before) = from.get(way.last().unwrap_or(&start)) {
                    way.push(*before);
                }
                way.reverse();
                return way;
            }
            if !from.contains_key(need) {
                from.insert(*need, at);
                queue.push_back(*need);
            }
        }
    }
    vec![start]
}

/// Kind, name and place of a node, for findings.
fn called(project: &Project, node: Node) -> (&'static str, String, Place) {
    let of = |kind, name: &String, place: &Place| (kind, name.clone(), place.clone());
    match node {
        Node::Item(item) => match item {
            Item::Input(id) => of("input", &project[id].name, &project[id].place),
            Item::Stitcher(id) => of("id stitcher", &project[id].name, &project[id].place),
            Item::Entity(id) => of("entity", &project[id].name, &project[id].place),
            Item::Feature(id) => of("feature", &project[id].name, &project[id].place),
            Item::Cohort(id) => of("cohort", &project[id].name, &project[id].place),
            Item::SqlModel(id) => of("SQL model", &project[id].name, &project[id].place),
            Item::FeatureTable(id) => of("feature table", &project[id].name, &project[id].place),
            Item::Other(id) => of("model", &project[id].name, &project[id].place),
        },
        Node::EntityVars(id) => {
            ("features", format!("all features of {}", project[id].name), project[id].place.clone())
        }
        Node::CohortVars(id) => {
            ("features", format!("all features of {}", project[id].name), project[id].place.clone())
        }
        Node::InputVars(id) => {
            ("input", format!("all vars of {}", project[id].name), project[id].place.clone())
        }
        Node::SqlModelVars(id) => {
            ("SQL model", format!("all vars of {}", project[id].name), project[id].place.clone())
        }
    }
}

fn mark(project: &mut Project, item: Item, reason: String) {
    let broken = match item {
        Item::Input(id) => &mut project[id].broken,
        Item::Stitcher(id) => &mut project[id].broken,
        Item::Feature(id) => &mut project[id].broken,
        Item::Cohort(id) => &mut project[id].broken,
        Item::SqlModel(id) => &mut project[id].broken,
        Item::FeatureTable(id) => &mut project[id].broken,
        Item::Entity(_) | Item::Other(_) => return,
    };
    broken.get_or_insert(reason);
}
