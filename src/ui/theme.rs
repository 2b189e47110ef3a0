//! Every colour, size and text style of the window, named once.

use crate::model::shown::{shown, shown_lines};
use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{
    Color32, Context, CornerRadius, FontData, FontFamily, FontId, Margin, Stroke, Style, TextStyle,
    Theme, Visuals, vec2,
};

/// The unit of distance: 8 points.
pub const SPACE: f32 = 8.0;
/// Half a unit, between things that belong together.
pub const HALF: f32 = 4.0;
/// The height of a row of a table.
pub const ROW: f32 = 24.0;
/// The height of a chart's drawing.
pub const CHART: f32 = 140.0;
/// The least width of a chart.
pub const CHART_WIDTH: f32 = 248.0;
/// The size of small text.
pub const SMALL: f32 = 11.5;
/// The size of the words at an axis.
pub const AXIS: f32 = 10.5;
/// The size of text.
pub const BODY: f32 = 13.0;
/// The size of the one sentence that says it all.
pub const TITLE: f32 = 16.0;
/// The width of a wide sheet, where there is room.
pub const SHEET_WIDTH: f32 = 960.0;
/// The height of its middle, where there is room.
pub const SHEET_HEIGHT: f32 = 560.0;
/// The width of a list of steps, and of the labels beside fields.
pub const RAIL: f32 = 184.0;
/// The height of a row of two lines.
pub const RAIL_ROW: f32 = 44.0;
/// The least width of a number on a card.
pub const TILE: f32 = 88.0;
/// The width of a choice in a column of them.
pub const CHOICE: f32 = 148.0;
/// The width of a field for an address.
pub const FIELD: f32 = 360.0;
/// The size of the headline count.
pub const HEADLINE: f32 = 22.0;

/// The heavier face of the text font.
pub const STRONG: &str = "Inter SemiBold";

/// The colours of one theme.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// "This segment".
    pub accent: Color32,
    /// A wash of the accent behind what is selected.
    pub accent_soft: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// "Everyone": the ghost behind.
    pub ghost: Color32,
    /// Something to look at.
    pub warning: Color32,
    /// Text.
    pub text: Color32,
    /// Text that says less.
    pub weak: Color32,
    /// Lines.
    pub line: Color32,
    /// The ground of side panels.
    pub side: Color32,
    /// The ground of the canvas.
    pub ground: Color32,
    /// Cards, fields and chips.
    pub card: Color32,
    /// What is under the pointer.
    pub hover: Color32,
}

const LIGHT: Palette = Palette {
    accent: Color32::from_rgb(0x1f, 0x6f, 0xb2),
    accent_soft: Color32::from_rgb(0xdc, 0xea, 0xf6),
    on_accent: Color32::WHITE,
    ghost: Color32::from_rgb(0xd3, 0xd7, 0xdc),
    warning: Color32::from_rgb(0xb2, 0x55, 0x0a),
    text: Color32::from_rgb(0x1d, 0x23, 0x2a),
    weak: Color32::from_rgb(0x5c, 0x66, 0x72),
    line: Color32::from_rgb(0xdf, 0xe3, 0xe8),
    side: Color32::from_rgb(0xf4, 0xf5, 0xf7),
    ground: Color32::from_rgb(0xfa, 0xfb, 0xfc),
    card: Color32::WHITE,
    hover: Color32::from_rgb(0xe9, 0xed, 0xf1),
};

const DARK: Palette = Palette {
    accent: Color32::from_rgb(0x62, 0xac, 0xe8),
    accent_soft: Color32::from_rgb(0x1f, 0x3a, 0x52),
    on_accent: Color32::from_rgb(0x0d, 0x16, 0x1f),
    ghost: Color32::from_rgb(0x40, 0x47, 0x50),
    warning: Color32::from_rgb(0xf0, 0xa0, 0x50),
    text: Color32::from_rgb(0xe3, 0xe7, 0xec),
    weak: Color32::from_rgb(0x96, 0xa0, 0xac),
    line: Color32::from_rgb(0x31, 0x37, 0x3f),
    side: Color32::from_rgb(0x1a, 0x1e, 0x23),
    ground: Color32::from_rgb(0x15, 0x18, 0x1c),
    card: Color32::from_rgb(0x20, 0x25, 0x2b),
    hover: Color32::from_rgb(0x2a, 0x30, 0x38),
};

/// Colours of values side by side, which also the colour-blind tell apart.
const SERIES: [[Color32; 6]; 2] = [
    [
        Color32::from_rgb(0x1f, 0x6f, 0xb2),
        Color32::from_rgb(0xe0, 0x9a, 0x1a),
        Color32::from_rgb(0x2a, 0x9d, 0x76),
        Color32::from_rgb(0xb0, 0x52, 0x8f),
        Color32::from_rgb(0x74, 0xb9, 0xdf),
        Color32::from_rgb(0xc4, 0x57, 0x30),
    ],
    [
        Color32::from_rgb(0x62, 0xac, 0xe8),
        Color32::from_rgb(0xf0, 0xb2, 0x4a),
        Color32::from_rgb(0x4c, 0xc7, 0x9d),
        Color32::from_rgb(0xd9, 0x8b, 0xc0),
        Color32::from_rgb(0xa9, 0xdb, 0xf4),
        Color32::from_rgb(0xee, 0x8a, 0x66),
    ],
];

/// The colour of the value with this number among several, in the present theme.
pub fn series(ui: &egui::Ui, number: usize) -> Color32 {
    let colors = &SERIES[usize::from(ui.visuals().dark_mode)];
    colors[number % colors.len()]
}

/// The colours of the present theme.
pub fn palette(ui: &egui::Ui) -> Palette {
    of(ui.visuals().dark_mode)
}

/// The colours of the dark or the light theme.
pub fn of(dark: bool) -> Palette {
    if dark { DARK } else { LIGHT }
}

/// Puts fonts, styles and options in place. The app and the tests call it before the first frame.
pub fn install(ctx: &Context) {
    install_fonts(ctx);
    ctx.style_mut_of(Theme::Light, |style| dress(style, LIGHT, false));
    ctx.style_mut_of(Theme::Dark, |style| dress(style, DARK, true));
    ctx.options_mut(|options| {
        // No desktop on Linux says what it prefers, and light is what most of them are.
        options.fallback_theme = Theme::Light;
        options.quit_shortcuts.clear();
        // Scale is a setting of ours, from 75 to 200 %.
        options.zoom_with_keyboard = false;
    });
}

fn install_fonts(ctx: &Context) {
    let regular = include_bytes!("../../assets/fonts/Inter-Regular.otf");
    let strong = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
    let first = |family| InsertFontFamily { family, priority: FontPriority::Highest };
    let mut fonts = egui::FontDefinitions::default();
    if let Some(family) = fonts.families.get_mut(&FontFamily::Proportional) {
        // Hack has the arrows and signs that Inter lacks.
        family.push("Hack".to_owned());
    }
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    fonts.families.insert(FontFamily::Name(STRONG.into()), fallback);
    ctx.set_fonts(fonts);
    ctx.add_font(FontInsert::new(
        "Inter",
        FontData::from_static(regular),
        vec![first(FontFamily::Proportional)],
    ));
    ctx.add_font(FontInsert::new(
        STRONG,
        FontData::from_static(strong),
        vec![first(FontFamily::Name(STRONG.into()))],
    ));
}

/// The heavier face at a size.
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Text of one line, such as a name, with what cannot be seen in it made visible.
pub fn text(text: impl AsRef<str>) -> egui::RichText {
    egui::RichText::new(shown(text.as_ref()))
}

/// Text of several lines, such as a message, with what cannot be seen in it made visible.
pub fn lines(text: impl AsRef<str>) -> egui::RichText {
    egui::RichText::new(shown_lines(text.as_ref()))
}

/// Text that says less.
pub fn weak(ui: &egui::Ui, text: impl AsRef<str>) -> egui::RichText {
    self::text(text).color(palette(ui).weak)
}

/// Small text that says less.
pub fn small(ui: &egui::Ui, text: impl AsRef<str>) -> egui::RichText {
    weak(ui, text).size(SMALL)
}

/// A heading over a part of a panel.
pub fn heading(text: impl AsRef<str>) -> egui::RichText {
    self::text(text).font(strong(BODY))
}

/// The frame of a card: a chart, a clause.
pub fn card(ui: &egui::Ui) -> egui::Frame {
    let p = palette(ui);
    egui::Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(6)
        .inner_margin(Margin::same(8))
}

/// The frame of a side panel.
pub fn side_frame(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::new().fill(palette(ui).side).inner_margin(Margin::same(8))
}

fn dress(style: &mut Style, p: Palette, dark: bool) {
    let size = |s| FontId::new(s, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, size(SMALL)),
        (TextStyle::Body, size(BODY)),
        (TextStyle::Button, size(BODY)),
        (TextStyle::Heading, strong(16.0)),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]
    .into();
    style.spacing.item_spacing = vec2(SPACE, 6.0);
    style.spacing.button_padding = vec2(SPACE, 4.0);
    style.spacing.interact_size = vec2(32.0, ROW);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.combo_width = 96.0;
    style.spacing.text_edit_width = 200.0;
    style.interaction.selectable_labels = false;
    style.visuals = visuals(p, dark);
}

fn visuals(p: Palette, dark: bool) -> Visuals {
    let mut v = if dark { Visuals::dark() } else { Visuals::light() };
    v.panel_fill = p.ground;
    v.window_fill = p.card;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.extreme_bg_color = p.card;
    v.text_edit_bg_color = Some(p.card);
    v.faint_bg_color = p.hover;
    v.code_bg_color = p.hover;
    v.hyperlink_color = p.accent;
    v.warn_fg_color = p.warning;
    v.error_fg_color = p.warning;
    v.weak_text_color = Some(p.weak);
    v.selection.bg_fill = p.accent_soft;
    v.selection.stroke = Stroke::new(1.0, p.accent);
    v.window_corner_radius = CornerRadius::same(8);
    v.menu_corner_radius = CornerRadius::same(6);
    v.widgets.noninteractive.bg_stroke = Stroke::new(1.0, p.line);
    v.widgets.noninteractive.fg_stroke = Stroke::new(1.0, p.text);
    let states = [
        (&mut v.widgets.inactive, p.card, p.line),
        (&mut v.widgets.hovered, p.hover, p.weak),
        (&mut v.widgets.active, p.accent_soft, p.accent),
        (&mut v.widgets.open, p.hover, p.line),
    ];
    for (widget, fill, line) in states {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, line);
        widget.fg_stroke = Stroke::new(1.0, p.text);
        widget.corner_radius = CornerRadius::same(4);
        widget.expansion = 0.0;
    }
    v
}
