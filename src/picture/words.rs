//! The words of a picture: what things are called, how they are marked, and what is left of a text that is too long or is no text.

use super::ink::SMALL;
use crate::analysis::figure::{Unit, Words, moment};
use crate::analysis::{Answer, LeftOut, TruncatedReason};
use crate::model::{Classification, DerivedMarking, EntityId, Handling, Tlp};

/// A text without what XML cannot hold and what would turn the reading direction of all that follows; such letters show as `�`.
pub(super) fn clean(text: &str) -> String {
    let odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || matches!(letter, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
    };
    text.split_whitespace()
        .map(|word| word.chars().map(|letter| if odd(letter) { '\u{fffd}' } else { letter }).collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// How wide a text is at most in a common sans-serif face, in pixels, at this size of letters.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(letter).sum::<f64>() * size
}

/// How wide a letter is at most, as a part of its size: as in DejaVu Sans and Verdana, which are the widest of the usual faces.
fn letter(letter: char) -> f64 {
    match letter {
        ' ' | '.' | ',' | '\'' | '·' | 'i' | 'j' | 'l' | 'і' | 'ї' | 'ј' => 0.37,
        '!' | ':' | ';' | '|' | '/' | '\\' | '-' | '(' | ')' | '[' | ']' | 'f' | 'r' | 't' | 'I' | 'J' | 'І' | 'Ї'
        | 'Ј' => 0.46,
        '%' | 'Ж' | 'Ш' | 'Щ' | 'Ю' | 'Љ' | 'Њ' | 'Æ' | 'Œ' | 'æ' | 'œ' => 1.11,
        '@' | 'm' | 'W' | '—' | '…' | '→' | '←' => 1.0,
        'ж' | 'ф' | 'ш' | 'щ' | 'ю' | 'љ' | 'њ' | 'Ф' | 'Ы' => 0.95,
        'w' | 'M' | 'М' | 'Ъ' => 0.88,
        '#' | '&' | '+' | '<' | '=' | '>' | '^' | '~' | '−' | 'м' | 'ы' => 0.84,
        'А'..='Я' | 'Ђ'..='Џ' | 'A'..='Z' => 0.79,
        'а'..='џ' => 0.71,
        '\u{20}'..='\u{7e}' => 0.65,
        '\u{a1}'..='\u{52f}' => {
            if letter.is_lowercase() {
                0.85
            } else {
                1.0
            }
        }
        _ => 1.25,
    }
}

/// A text that is at most so wide: cut, and `…` in the place of what was cut.
pub(super) fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = most - width("…", size);
    for letter in text.chars() {
        room -= width(letter.encode_utf8(&mut [0; 4]), size);
        if room < 0.0 {
            break;
        }
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

/// A text in lines of at most this width; a word that is too long for one is cut.
pub(super) fn lines(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = fit(word, size, most);
        match lines.last_mut() {
            Some(line) if width(line, size) + width(&word, size) + 0.36 * size <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// What an entity is called in an answer: `None` where that is its id.
pub(super) fn caption(answer: &Answer, id: &EntityId) -> Option<String> {
    let entity = answer.entities.get(id)?;
    let caption = clean(&entity.caption);
    let caption = if entity.protected && entity.masked.is_empty() { format!("{caption} (protected)") } else { caption };
    Some(caption).filter(|caption| caption != id.as_str() && !caption.is_empty())
}

/// What an entity is called, with its id.
pub(super) fn named(answer: &Answer, id: &EntityId) -> String {
    caption(answer, id).map_or_else(|| id.to_string(), |caption| format!("{caption} ({id})"))
}

/// A sentence.
pub(super) fn said(answer: &Answer, words: &[Words]) -> String {
    /// The longest that a caption is in the middle of a sentence.
    const MOST: usize = 60;
    let piece = |words: &Words| match words {
        Words::Text(text) => clean_within(text),
        Words::Entity(id) => match caption(answer, id) {
            Some(caption) if caption.chars().count() > MOST => {
                format!("{}… ({id})", caption.chars().take(MOST).collect::<String>())
            }
            _ => named(answer, id),
        },
    };
    words.iter().map(piece).collect()
}

/// A piece of a sentence: its own spaces at both ends stay.
fn clean_within(text: &str) -> String {
    let ends = |at: bool| if at { " " } else { "" };
    let cleaned = clean(text);
    match cleaned.is_empty() {
        true => ends(!text.is_empty()).to_owned(),
        false => format!("{}{cleaned}{}", ends(text.starts_with(' ')), ends(text.ends_with(' '))),
    }
}

/// The name of an analysis as a title.
pub(super) fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A marking as it stands at the head of a document.
pub(super) fn marking(marking: &DerivedMarking) -> String {
    let classification = match marking.classification {
        Classification::Unclassified => "UNCLASSIFIED",
        Classification::Restricted => "RESTRICTED",
        Classification::Confidential => "CONFIDENTIAL",
        Classification::Secret => "SECRET",
    };
    let tlp = match marking.tlp {
        Tlp::Clear => "TLP:CLEAR",
        Tlp::Green => "TLP:GREEN",
        Tlp::Amber => "TLP:AMBER",
        Tlp::AmberStrict => "TLP:AMBER+STRICT",
        Tlp::Red => "TLP:RED",
    };
    let mut parts = vec![classification.to_owned(), tlp.to_owned()];
    if !marking.handling.is_empty() {
        let code = |code: &Handling| match code {
            Handling::H0 => "H0",
            Handling::H1 => "H1",
            Handling::H2 => "H2",
            Handling::H3 => "H3",
        };
        parts.push(marking.handling.iter().map(code).collect::<Vec<_>>().join(" "));
    }
    if !marking.originators.is_empty() {
        let names: Vec<&str> = marking.originators.iter().map(|agency| agency.as_str()).collect();
        parts.push(format!("originators: {}", names.join(", ")));
    }
    if !marking.cases.is_empty() {
        let set = |set: &std::collections::BTreeSet<crate::model::CaseId>| {
            set.iter().map(|case| case.as_str()).collect::<Vec<_>>().join(" or ")
        };
        parts.push(format!("cases: {}", marking.cases.iter().map(set).collect::<Vec<_>>().join("; ")));
    }
    if let Some(recipients) = &marking.recipients {
        let names: Vec<&str> = recipients.iter().map(|name| name.as_str()).collect();
        parts.push(format!("recipients: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }));
    }
    clean(&parts.join(" · "))
}

/// The first of some names, each cut where it is long.
fn some<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = if names.len() > 8 { ", …" } else { "" };
    let names: Vec<String> = names.take(8).map(|name| fit(name, SMALL, 200.0)).collect();
    format!("{}{more}", names.join(", "))
}

/// Of when the answer is, and of what.
pub(super) fn frame(answer: &Answer) -> String {
    let frame = &answer.frame;
    let mut parts = vec![format!("As of {} UTC.", moment(answer.as_of))];
    if let Some(window) = frame.window {
        let from = window.from.map(|from| format!(" from {}", moment(from))).unwrap_or_default();
        let to = window.to.map(|to| format!(" until {}", moment(to))).unwrap_or_default();
        parts.push(format!("Window{from}{to}."));
    }
    if let Some(kinds) = &frame.relationship_kinds {
        parts.push(format!("Relationships: {}.", some(kinds.iter().map(|kind| kind.as_str()))));
    }
    let mut stated = frame.relationship_properties.iter().flatten();
    for (name, values) in stated.by_ref().take(4) {
        parts.push(format!("Of {name}: {}.", some(values.iter().map(String::as_str))));
    }
    let of_entities = frame.entity_kinds.is_some() || frame.entity_properties.is_some();
    if stated.next().is_some() || of_entities || frame.originators.is_some() {
        parts.push("The frame of the question has further conditions.".to_owned());
    }
    if !frame.exclude_entities.is_empty() {
        parts.push(format!("Without {} excluded.", count(frame.exclude_entities.len() as u64, "entity", "entities")));
    }
    if let Some(least) = frame.minimum_reliability {
        parts.push(format!("Reliability of at least {least}."));
    }
    parts.push(format!("Evaluations by table {}.", answer.evaluation_table));
    clean(&parts.join(" "))
}

/// What cut the answer off, and what it leaves out.
pub(super) fn left_out(answer: &Answer) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(truncated) = answer.truncated {
        let limit = match truncated.reason {
            TruncatedReason::MaxHops => "max_hops",
            TruncatedReason::MaxVisited => "max_visited",
            TruncatedReason::MaxResults => "max_results",
            TruncatedReason::MaxCandidates => "max_candidates",
        };
        notes.push(format!("Cut off by {limit}: there may be more than is shown."));
    }
    let Some(left) = &answer.left_out else { return notes };
    let LeftOut { without_time, without_amount, without_quantity, without_rate, self_loops, protected, hubs } = left;
    let relationships = [
        (without_time, "without a time"),
        (without_amount, "without an amount"),
        (without_quantity, "without a quantity"),
        (without_rate, "in a currency without a rate"),
        (self_loops, "of an entity with itself"),
    ];
    let told = |(many, why): &(&u64, &str)| format!("{} {why}", count(**many, "relationship", "relationships"));
    let mut told: Vec<String> = relationships.iter().filter(|(many, _)| **many > 0).map(told).collect();
    if *protected > 0 {
        told.push(format!("{}, counted and not named", count(*protected, "protected person", "protected people")));
    }
    if !hubs.is_empty() {
        let names: Vec<String> = hubs.iter().take(5).map(|hub| named(answer, hub)).collect();
        let more = if hubs.len() > names.len() { ", …" } else { "" };
        told.push(format!("hubs not passed through: {}{more}", names.join(", ")));
    }
    if !told.is_empty() {
        notes.push(format!("Left out: {}.", told.join("; ")));
    }
    notes
}

/// So many of something.
pub(super) fn count(many: u64, one: &str, several: &str) -> String {
    format!("{} {}", Unit::Count.told(i128::from(many)), if many == 1 { one } else { several })
}
