//! A project as an outline in text, for people and for tests: everything that was understood.

use std::fmt::Write as _;

use crate::define::project::{
    CohortId, CohortRule, EnableStatus, Expression, Feature, FeatureView, IdRule, Item, Owner,
    Place, Project, RowId, Rows, Source, SqlModel, Text,
};
use crate::define::words;

/// Everything that was understood, in written order.
pub fn outline(project: &Project) -> String {
    let mut out = Outline { project, text: String::new() };
    out.head();
    out.entities();
    out.inputs();
    out.stitchers();
    out.features();
    out.cohorts();
    out.models();
    out.order();
    out.text
}

struct Outline<'a> {
    project: &'a Project,
    text: String,
}

impl Outline<'_> {
    fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        for (at, line) in text.as_ref().trim_end().lines().enumerate() {
            let indent = "  ".repeat(depth + usize::from(at > 0));
            let _ = writeln!(self.text, "{indent}{}", line.trim_end());
        }
    }

    fn head(&mut self) {
        let project = self.project;
        let version = project.schema_version.map_or("none".to_owned(), |v| v.to_string());
        self.line(0, format!("project {} (schema {version})", project.name));
        if let Some(keep) = &project.retention {
            self.line(1, format!("kept for {keep}"));
        }
        for package in &project.packages {
            let state = if package.fetched { "fetched" } else { "not fetched" };
            self.line(1, format!("package {}: {state}", package.name));
        }
        if let Some(rules) = &project.stitcher_rules {
            let first = if rules.include_first { "include" } else { "exclude" };
            self.line(1, format!("stitching rules: {}, {first} first", rules.table));
        }
        for made in &project.macros {
            let used = if made.used { "" } else { " (unused)" };
            self.line(1, format!("macro {}({}){used}", made.name, made.inputs.join(", ")));
        }
    }

    fn entities(&mut self) {
        let project = self.project;
        for entity in &project.entities {
            self.line(
                0,
                format!("entity {}, main id {}{}", entity.name, entity.main_id, at(&entity.place)),
            );
            for id in &entity.id_types {
                let kind = &project[*id];
                self.line(1, format!("id type {}", kind.name));
                for filter in &kind.filters {
                    let verb = if filter.include { "include" } else { "exclude" };
                    let rule = match &filter.rule {
                        IdRule::Value(value) => format!("`{value}`"),
                        IdRule::Regex(regex) => format!("regex `{regex}`"),
                        IdRule::Rows(rows) => self.rows(rows),
                    };
                    self.line(2, format!("{verb} {rule}"));
                }
                for (other, most) in &kind.caps {
                    self.line(2, format!("at most {most} {}", project[*other].name));
                }
            }
            self.views(&entity.served);
        }
    }

    fn views(&mut self, views: &[FeatureView]) {
        for view in views {
            let by = view.id_type.map_or("the main id", |id| self.project[id].name.as_str());
            self.line(1, format!("view {} by {by}", view.name));
        }
    }

    fn rows(&self, rows: &Rows) -> String {
        let from = rows.from.map_or("nothing".to_owned(), |t| words::target(self.project, t));
        let filter = rows.filter.as_ref().map(|text| format!(" where {}", self.sql(text)));
        format!("rows {} of {from}{}", self.sql(&rows.select), filter.unwrap_or_default())
    }

    fn sql(&self, text: &Text) -> String {
        words::sql(self.project, text)
    }

    fn ids(&mut self, ids: &[RowId]) {
        for id in ids {
            let kind = id.id_type.map_or("main id", |id| self.project[id].name.as_str());
            let line = format!(
                "id {} = {} of {}",
                kind,
                self.sql(&id.select),
                self.project[id.entity].name
            );
            self.line(1, line);
        }
    }

    fn inputs(&mut self) {
        for input in &self.project.inputs {
            let source = match &input.source {
                Source::Table(name) => format!("table {name}"),
                Source::View(name) => format!("view {name}"),
                Source::File(path) => format!("file {}", path.display()),
                Source::Elsewhere(name) => format!("elsewhere {name}"),
            };
            let name = named(&input.package, &input.name);
            self.line(
                0,
                format!("input {name}: {source}{}{}", at(&input.place), why(&input.broken)),
            );
            if let Some(time) = &input.occurred_at {
                self.line(1, format!("time {}", self.sql(time)));
            }
            if let Some(filter) = &input.filter {
                self.line(1, format!("where {}", self.sql(filter)));
            }
            let flags = [
                (input.optional, "optional"),
                (input.event_stream, "events"),
                (input.append_only, "append-only"),
            ];
            let flags: Vec<&str> =
                flags.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
            if !flags.is_empty() {
                self.line(1, flags.join(", "));
            }
            self.ids(&input.ids);
        }
    }

    fn stitchers(&mut self) {
        for stitcher in &self.project.stitchers {
            let kind = if stitcher.default { "default id stitcher" } else { "id stitcher" };
            let name = named(&stitcher.package, &stitcher.name);
            let of = &self.project[stitcher.entity].name;
            self.line(0, format!("{kind} {name} of {of}{}", why(&stitcher.broken)));
            for source in &stitcher.sources {
                let ids = source
                    .ids
                    .iter()
                    .map(|id| id.id_type.map_or("main id", |k| self.project[k].name.as_str()));
                let ids = ids.collect::<Vec<_>>().join(" – ");
                self.line(1, format!("{}: {ids}", words::target(self.project, source.from)));
            }
        }
    }

    fn owner(&self, owner: Owner) -> String {
        match owner {
            Owner::Entity(id) => self.project[id].name.clone(),
            Owner::Cohort(id) => self.project[id].name.clone(),
            Owner::Input(id) => format!("input {}", self.project[id].name),
            Owner::SqlModel(id) => format!("SQL model {}", self.project[id].name),
        }
    }

    fn features(&mut self) {
        for feature in &self.project.features {
            self.feature(feature);
        }
    }

    fn feature(&mut self, feature: &Feature) {
        let kind = if feature.served { "feature" } else { "var" };
        let personal = if feature.personal { ", personal" } else { "" };
        let name = named(&feature.package, &feature.name);
        let head = format!(
            "{kind} {}.{name}{personal}{}{}",
            self.owner(feature.owner),
            at(&feature.place),
            why(&feature.broken)
        );
        self.line(0, head);
        if let Some(about) = &feature.description {
            self.line(1, format!("“{about}”"));
        }
        self.line(1, format!("select {}", self.sql(&feature.select)));
        if let Some(from) = feature.from {
            self.line(1, format!("from {}", words::target(self.project, from)));
        }
        let more = [
            ("where", &feature.filter),
            ("default", &feature.default),
            ("type", &feature.data_type),
            ("merge", &feature.merge),
            ("merge where", &feature.merge_filter),
        ];
        for (word, text) in more {
            if let Some(text) = text {
                self.line(1, format!("{word} {}", self.sql(text)));
            }
        }
        if let Some(window) = &feature.window {
            let list =
                |texts: &[Text]| texts.iter().map(|t| self.sql(t)).collect::<Vec<_>>().join(", ");
            let frame =
                window.frame.as_ref().map_or("no frame".to_owned(), |frame| self.sql(frame));
            let line = format!(
                "window by [{}] in order [{}], {frame}",
                list(&window.partition_by),
                list(&window.order_by)
            );
            self.line(1, line);
        }
        if !feature.tags.is_empty() {
            self.line(1, format!("tags {}", feature.tags.join(", ")));
        }
        for (word, text) in [("grain", &feature.time_grain), ("kept for", &feature.retention)] {
            if let Some(text) = text {
                self.line(1, format!("{word} {text}"));
            }
        }
    }

    fn cohorts(&mut self) {
        for (at_list, cohort) in self.project.cohorts.iter().enumerate() {
            let name = named(&cohort.package, &cohort.name);
            let of = &self.project[cohort.entity].name;
            self.line(
                0,
                format!("cohort {name} of {of}{}{}", at(&cohort.place), why(&cohort.broken)),
            );
            for line in words::cohort(self.project, CohortId(at_list)) {
                self.line(1, line);
            }
            for step in &cohort.filter.steps {
                let verb = if step.include { "include" } else { "exclude" };
                let rule = match &step.rule {
                    CohortRule::Condition(text) => self.sql(text),
                    CohortRule::Rows(rows) => self.rows(rows),
                };
                self.line(2, format!("{verb} {rule}"));
            }
            if let Some(expression) = &cohort.filter.expression {
                let line = self.expression(expression);
                self.line(2, line);
            }
            self.views(&cohort.served);
        }
    }

    fn expression(&self, expression: &Expression) -> String {
        let list = |parts: &[Expression], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| self.expression(part)).collect();
            format!("({})", parts.join(word))
        };
        match expression {
            Expression::Condition(text) => self.sql(text),
            Expression::And(parts) => list(parts, " AND "),
            Expression::Or(parts) => list(parts, " OR "),
        }
    }

    fn models(&mut self) {
        for model in &self.project.sql_models {
            self.sql_model(model);
        }
        for table in &self.project.feature_tables {
            let name = named(&table.package, &table.name);
            self.line(
                0,
                format!(
                    "feature table {name} of {}{}",
                    self.owner(table.owner),
                    why(&table.broken)
                ),
            );
            let features = table.features.iter().map(|id| self.project[*id].name.clone());
            let columns = table.columns.iter().map(|(_, column)| column.clone());
            let list: Vec<String> = features.chain(columns).collect();
            self.line(1, list.join(", "));
            if let Some(validity) = &table.validity {
                self.line(1, format!("fresh for {validity}"));
            }
        }
        for model in &self.project.other_models {
            self.line(
                0,
                format!("model {} of type {}", named(&model.package, &model.name), model.kind),
            );
        }
    }

    fn sql_model(&mut self, model: &SqlModel) {
        let name = named(&model.package, &model.name);
        let off = if model.status == EnableStatus::Disabled { ", off" } else { "" };
        let head = format!(
            "SQL model {name}: {:?}, {:?}{off}{}",
            model.output,
            model.body,
            why(&model.broken)
        );
        self.line(0, head);
        self.line(1, self.sql(&model.sql));
        for target in &model.sql.also {
            self.line(1, format!("needs {}", words::target(self.project, *target)));
        }
        self.ids(&model.ids);
        for (name, _) in &model.features {
            self.line(1, format!("gives {name}"));
        }
    }

    fn order(&mut self) {
        let project = self.project;
        let names = project.order.iter().filter_map(|item| match item {
            Item::Feature(id) => {
                Some(format!("{}.{}", self.owner(project[*id].owner), project[*id].name))
            }
            Item::Cohort(id) => Some(project[*id].name.clone()),
            Item::SqlModel(id) => Some(project[*id].name.clone()),
            Item::FeatureTable(id) => Some(project[*id].name.clone()),
            Item::Stitcher(id) => Some(project[*id].name.clone()),
            Item::Entity(id) => Some(words::every(&project[*id].name)),
            Item::Input(_) | Item::Other(_) => None,
        });
        let names = names.collect::<Vec<_>>().join(", ");
        self.line(0, format!("order: {names}"));
    }
}

fn named(package: &Option<String>, name: &str) -> String {
    match package {
        Some(package) => format!("{package}/{name}"),
        None => name.to_owned(),
    }
}

fn at(place: &Place) -> String {
    let file = place.file.file_name().map(|name| name.to_string_lossy().into_owned());
    format!(" ({}:{})", file.unwrap_or_default(), place.line)
}

fn why(broken: &Option<String>) -> String {
    broken.as_ref().map(|why| format!(" — cannot be computed: {why}")).unwrap_or_default()
}
