//! The scenario of `seed/`, carried in the binary, so that an installed one can show it too.

/// Agencies, people, grants and datasets.
pub(super) const DIRECTORY: &str = include_str!("../../seed/directory.toml");

/// What each agency knows: its dataset and its lines.
pub(super) const DATASETS: &[(&str, &[u8])] = &[
    ("scenario-al-fiu", include_bytes!("../../seed/scenario/al-fiu.ndjson")),
    ("scenario-al-police", include_bytes!("../../seed/scenario/al-police.ndjson")),
    ("scenario-ba-police", include_bytes!("../../seed/scenario/ba-police.ndjson")),
    ("scenario-me-customs", include_bytes!("../../seed/scenario/me-customs.ndjson")),
    ("scenario-me-police", include_bytes!("../../seed/scenario/me-police.ndjson")),
    ("scenario-mk-police", include_bytes!("../../seed/scenario/mk-police.ndjson")),
    ("scenario-rs-fiu", include_bytes!("../../seed/scenario/rs-fiu.ndjson")),
    ("scenario-rs-police", include_bytes!("../../seed/scenario/rs-police.ndjson")),
    ("scenario-rs-prosecution", include_bytes!("../../seed/scenario/rs-prosecution.ndjson")),
];
