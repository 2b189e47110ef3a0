//! What the data team defined, on the Definition tab: words, YAML, SQL, lineage and history of a
//! cohort and of the features, all read-only.

use crate::model::catalog::CohortRef;
use crate::model::definition::{DefinedCohort, DefinedEntity, DefinedFeature, Definitions, Origin};
use crate::state::{Action, LibraryAction, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::Ui;

/// Features that are listed one by one; beyond, the search of the features panel is the way.
const FEATURES_MAX: usize = 500;

/// The definition that is looked at, when the source has definitions. Gives whether it has.
pub(in crate::ui) fn defined_ui(ui: &mut Ui, state: &State, actions: &mut Actions) -> bool {
    let Some(definitions) = state.source.catalog().and_then(|catalog| catalog.definitions.clone())
    else {
        return false;
    };
    let shown = state.canvas.defined.clone().or_else(|| state.canvas.cohort.clone());
    let shown = shown.or_else(|| definitions.entities.first().map(|e| CohortRef::all(&e.name)));
    let Some(shown) = shown else { return true };
    let Some(entity) = definitions.entity(&shown.entity) else { return true };
    // Lines of one definition stand close together.
    ui.spacing_mut().interact_size.y = theme::ROW - 4.0;
    match shown.cohort.as_ref().and_then(|name| entity.cohort(name)) {
        Some(cohort) => cohort_ui(ui, entity, cohort, actions),
        None => entity_ui(ui, entity, actions),
    }
    features_ui(ui, entity, shown.cohort.as_deref(), actions);
    project_ui(ui, &definitions);
    true
}

/// What is shown in place of the canvas while a project is not built.
pub(in crate::ui) fn unbuilt_ui(ui: &mut Ui, definitions: &Definitions, actions: &mut Actions) {
    let command = format!("muster build {} --data FILE_OR_FOLDER", quoted(&definitions.folder));
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let title = format!("{} is not built yet", definitions.project);
        ui.label(theme::text(title).font(theme::strong(theme::HEADLINE)));
        ui.label(theme::weak(
            ui,
            "Its definitions can be read here. Sizes, charts and lists come with a build, which joins \
             the ids and computes the features from the data team's tables",
        ));
        ui.add_space(theme::HALF);
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(theme::text(&command).monospace()).selectable(true));
            if ui.small_button("Copy command").clicked() {
                actions.push(ViewAction::Copy(command.clone()).into());
            }
        });
        if ui.button("Read again").clicked() {
            actions.push(Action::Source(crate::state::SourceAction::Reopen));
        }
    });
    ui.add_space(theme::SPACE);
}

fn quoted(path: &str) -> String {
    if path.contains(' ') { format!("'{path}'") } else { path.to_owned() }
}

fn title_ui(ui: &mut Ui, kind: &str, name: &str, about: Option<&String>) {
    ui.horizontal(|ui| {
        ui.label(theme::text(name).font(theme::strong(15.0)));
        ui.label(theme::weak(ui, kind));
        icons::mark(ui, Icon::Lock, "Defined by the data team, read-only here");
    });
    if let Some(about) = about {
        ui.add(egui::Label::new(theme::lines(about)).wrap().selectable(true));
    }
}

fn entity_ui(ui: &mut Ui, entity: &DefinedEntity, actions: &mut Actions) {
    let about = entity.description.as_ref();
    title_ui(ui, "entity", &text::everyone_of(&entity.name), about);
    let ids = entity.id_types.join(", ");
    ui.label(theme::weak(ui, format!("main id {}, joined from {ids}", entity.main_id)));
    origin_ui(ui, &entity.origin, actions);
    ui.add_space(theme::SPACE);
}

fn cohort_ui(ui: &mut Ui, entity: &DefinedEntity, cohort: &DefinedCohort, actions: &mut Actions) {
    title_ui(ui, "cohort", &cohort.name, cohort.description.as_ref());
    warn_ui(ui, cohort.not_built.as_ref());
    ui.add_space(theme::HALF);
    for (number, line) in cohort.words.iter().enumerate() {
        let depth = line.len() - line.trim_start().len();
        ui.horizontal(|ui| {
            ui.add_space(6.0 * depth as f32);
            let number = if depth == 0 { format!("{}.", number + 1) } else { "·".to_owned() };
            ui.label(theme::weak(ui, number));
            ui.add(egui::Label::new(theme::text(line.trim_start())).wrap().selectable(true));
        });
    }
    lineage_ui(ui, entity, &cohort.needs, &cohort.used_by, actions);
    origin_ui(ui, &cohort.origin, actions);
    sql_ui(ui, &format!("SQL of {}", cohort.name), &cohort.sql, actions);
    ui.add_space(theme::SPACE);
}

fn warn_ui(ui: &mut Ui, why: Option<&String>) {
    let Some(why) = why else { return };
    let color = theme::palette(ui).warning;
    let said = theme::lines(format!("Not built: {why}")).color(color);
    ui.add(egui::Label::new(said).wrap().selectable(true));
}

/// What something is made from and what is made from it. Cohorts can be gone to.
fn lineage_ui(
    ui: &mut Ui,
    entity: &DefinedEntity,
    needs: &[String],
    used_by: &[String],
    actions: &mut Actions,
) {
    for (title, names) in [("Made from", needs), ("Used by", used_by)] {
        if names.is_empty() {
            continue;
        }
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::weak(ui, title));
            for name in names {
                let cohort = name.strip_prefix("cohort ").and_then(|name| entity.cohort(name));
                match cohort {
                    Some(cohort) => {
                        if ui.link(theme::text(&cohort.name)).clicked() {
                            let to = CohortRef {
                                entity: entity.name.clone(),
                                cohort: Some(cohort.name.clone()),
                            };
                            actions.push(Action::Library(LibraryAction::ShowDefinition(to)));
                        }
                    }
                    None => {
                        let name = name.strip_prefix("feature ").unwrap_or(name);
                        ui.label(theme::text(name));
                    }
                }
            }
        });
    }
}

/// Where it is defined, who changed it last, and how it was written.
fn origin_ui(ui: &mut Ui, origin: &Origin, actions: &mut Actions) {
    ui.horizontal_wrapped(|ui| {
        ui.add(egui::Label::new(theme::small(ui, origin.place())).selectable(true));
        if let Some(history) = origin.history() {
            ui.label(theme::small(ui, "·"));
            let history = theme::small(ui, history);
            let history = match origin.uncommitted {
                Some(true) => history.color(theme::palette(ui).warning),
                _ => history,
            };
            ui.add(egui::Label::new(history).selectable(true));
        }
    });
    if origin.yaml.is_empty() {
        return;
    }
    let title = format!("YAML, from line {}", origin.first);
    egui::CollapsingHeader::new(title).id_salt(("yaml", &origin.file, origin.line)).show(
        ui,
        |ui| {
            let digits = (origin.first as usize + origin.yaml.lines().count()).to_string().len();
            let numbered: Vec<String> = (origin.first..)
                .zip(origin.yaml.lines())
                .map(|(number, line)| format!("{number:>digits$}  {line}"))
                .collect();
            widgets::code_ui(
                ui,
                &format!("YAML at {}", origin.place()),
                &numbered.join("\n"),
                320.0,
            );
            if ui.small_button("Copy YAML").clicked() {
                actions.push(ViewAction::Copy(origin.yaml.clone()).into());
            }
        },
    );
}

fn sql_ui(ui: &mut Ui, title: &str, sql: &str, actions: &mut Actions) {
    if sql.is_empty() {
        return;
    }
    egui::CollapsingHeader::new("SQL of the build").id_salt(title).show(ui, |ui| {
        widgets::code_ui(ui, title, sql, 320.0);
        if ui.small_button("Copy SQL").clicked() {
            actions.push(ViewAction::Copy(sql.to_owned()).into());
        }
    });
}

/// The features of a cohort when it has some of its own, then those of the entity.
fn features_ui(ui: &mut Ui, entity: &DefinedEntity, cohort: Option<&str>, actions: &mut Actions) {
    let own = |feature: &&DefinedFeature| feature.cohort.as_deref() == cohort && cohort.is_some();
    let of_entity = |feature: &&DefinedFeature| feature.cohort.is_none();
    let parts: [(String, Vec<&DefinedFeature>); 2] = [
        (
            format!("Features of {}", cohort.unwrap_or_default()),
            entity.features.iter().filter(own).collect(),
        ),
        (
            format!("Features of every {}", text::spaced(&entity.name)),
            entity.features.iter().filter(of_entity).collect(),
        ),
    ];
    for (title, features) in parts {
        if features.is_empty() {
            continue;
        }
        ui.label(theme::heading(format!("{title} · {}", features.len())));
        for feature in features.iter().take(FEATURES_MAX) {
            feature_ui(ui, entity, feature, actions);
        }
        if features.len() > FEATURES_MAX {
            let more = features.len() - FEATURES_MAX;
            ui.label(theme::small(ui, format!("and {more} more; the features panel finds them")));
        }
        ui.add_space(theme::SPACE);
    }
}

fn feature_ui(
    ui: &mut Ui,
    entity: &DefinedEntity,
    feature: &DefinedFeature,
    actions: &mut Actions,
) {
    let about = feature.description.as_deref().unwrap_or_default();
    let mut title = egui::text::LayoutJob::default();
    let p = theme::palette(ui);
    let part = |color, font| egui::TextFormat { color, font_id: font, ..Default::default() };
    let body = egui::FontId::proportional(theme::BODY);
    let small = egui::FontId::proportional(theme::SMALL);
    title.append(&text::shown(&feature.name), 0.0, part(p.text, body));
    if feature.not_built.is_some() {
        title.append("  not built", 0.0, part(p.warning, small.clone()));
    }
    title.append(&text::shown(&format!("  {about}")), 0.0, part(p.weak, small));
    title.wrap = egui::text::TextWrapping::truncate_at_width(ui.available_width() - 32.0);
    let salt = ("feature", &entity.name, &feature.column);
    egui::CollapsingHeader::new(title).id_salt(salt).show(ui, |ui| {
        if !about.is_empty() {
            ui.add(egui::Label::new(theme::lines(about)).wrap().selectable(true));
        }
        warn_ui(ui, feature.not_built.as_ref());
        let mut notes: Vec<String> = feature.tags.clone();
        if feature.personal {
            notes.push("personal".to_owned());
        }
        if !feature.served {
            notes.push("internal, not served".to_owned());
        }
        if !notes.is_empty() {
            ui.label(theme::small(ui, notes.join(" · ")));
        }
        for line in &feature.made_by {
            ui.add(egui::Label::new(theme::lines(line).monospace()).wrap().selectable(true));
        }
        lineage_ui(ui, entity, &feature.needs, &feature.used_by, actions);
        origin_ui(ui, &feature.origin, actions);
        sql_ui(ui, &format!("SQL of {}", feature.name), &feature.sql, actions);
    });
}

fn project_ui(ui: &mut Ui, definitions: &Definitions) {
    ui.label(theme::heading("Project"));
    let mut line = format!("{} in {}", definitions.project, definitions.folder);
    if let Some(commit) = &definitions.commit {
        let short: String = commit.id.chars().take(8).collect();
        line.push_str(&format!(", commit {short} by {}, {}", commit.author, commit.date));
    }
    ui.add(egui::Label::new(theme::weak(ui, line)).wrap().selectable(true));
    ui.add_space(theme::SPACE);
}
