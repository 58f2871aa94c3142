//! How names are compared: one folded form for the scripts and spellings of the region, the same for every store.
//!
//! `Ђорђевић`, `Đorđević`, `Djordjevic` and `Dordevic` fold alike, as do `Џафери`, `Džaferi` and `Xhaferi`, or `Тачи` and
//! `Thaçi`. Folding is for finding, never for identity: it joins more than it should rather than less.

use deunicode::deunicode_char;
use unicode_normalization::UnicodeNormalization;

/// The longest token that is kept; longer ones are cut, alike in text and in question.
const MAX_TOKEN: usize = 64;

/// A text in its folded form: lower-case ASCII letters and digits, words parted by single spaces.
pub fn fold_text(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase) {
        match regional(c) {
            Some(latin) => letters.push_str(latin),
            None => plain(c, &mut letters),
        }
    }
    let mut folded = String::with_capacity(letters.len());
    for word in letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        let word = spelling(word);
        folded.push_str(&word[..word.len().min(MAX_TOKEN)]);
    }
    folded
}

/// The words of a text in folded form, in order.
pub fn tokens(text: &str) -> Vec<String> {
    fold_text(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether folding could leave this as a word. What it could not leave stands in no folded text.
pub fn is_token(word: &str) -> bool {
    !word.is_empty() && word.len() <= MAX_TOKEN && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Serbian and Macedonian Cyrillic, and the Latin letters that plain transliteration gets wrong here.
fn regional(c: char) -> Option<&'static str> {
    Some(match c {
        'ђ' | 'đ' | 'ð' => "dj",
        'ѓ' => "gj",
        'ќ' => "c",
        'ћ' | 'ч' | 'ц' => "c",
        'ж' => "z",
        'ш' => "s",
        'џ' => "dz",
        'ѕ' => "dz",
        'ј' | 'й' => "j",
        'љ' => "lj",
        'њ' => "nj",
        'х' => "h",
        'щ' => "st",
        'ъ' | 'ь' | '\'' | '’' | '`' => "",
        _ => return None,
    })
}

/// Any other character: its base letter, else its ASCII reading, else a break between words.
fn plain(c: char, letters: &mut String) {
    if c.is_ascii() {
        letters.push(c);
        return;
    }
    let base = c.nfd().next().unwrap_or(c);
    if base.is_ascii() {
        letters.push(base);
    } else if c.is_alphanumeric() {
        letters.push_str(&deunicode_char(c).unwrap_or(" ").to_lowercase());
    } else if !unicode_normalization::char::is_combining_mark(c) {
        letters.push(' ');
    }
}

/// Latin digraphs that stand for one letter of the region's alphabets, in the order in which they are tried.
const DIGRAPHS: [(&str, &str); 9] = [
    ("dzh", "dz"),
    ("dj", "d"),
    ("xh", "dz"),
    ("zh", "z"),
    ("sh", "s"),
    ("ch", "c"),
    ("th", "t"),
    ("ll", "l"),
    ("rr", "r"),
];

fn spelling(word: &str) -> String {
    let mut spelt = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        match DIGRAPHS.iter().find(|(from, _)| rest.starts_with(from)) {
            Some((from, to)) => {
                spelt.push_str(to);
                rest = &rest[from.len()..];
            }
            None => {
                spelt.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    spelt
}
