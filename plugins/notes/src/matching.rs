//! What a query matches, how well, and where: case and accents do not count (see [`fold`](mod@nextcloud_mcp_plugin::fold)).

use nextcloud_mcp_plugin::fold::{fold, is_combining, unfold};

/// Characters of content shown around the first match.
const SNIPPET_BEFORE: usize = 40;
const SNIPPET_LENGTH: usize = 160;

/// How much a word counts where it is found: as a whole word, at a word's start, inside a word.
const TITLE: [u32; 3] = [40, 30, 20];
const CONTENT: [u32; 3] = [10, 7, 4];
const CATEGORY: u32 = 3;

/// A content match counts so often at most, so that a long note does not beat a fitting one.
const COUNTED_OCCURRENCES: usize = 3;

/// The words of a query, folded.
#[derive(Debug)]
pub(crate) struct Query {
    words: Vec<String>,
    /// The same in lower case, accents kept: what Nextcloud is asked for.
    written: Vec<String>,
}

/// That a note matches.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// Higher is better.
    pub(crate) score: u32,
    /// Empty where only title or category match.
    pub(crate) snippet: String,
}

impl Query {
    /// Nothing for a query without words.
    pub(crate) fn new(query: &str) -> Option<Self> {
        let mut written: Vec<_> = query.split_whitespace().map(str::to_lowercase).collect();
        written.sort_unstable();
        written.dedup();
        let mut words: Vec<_> = written
            .iter()
            .map(|word| fold(word))
            // An accent alone.
            .filter(|word| !word.is_empty())
            .collect();
        words.sort_unstable();
        words.dedup();
        (!words.is_empty()).then_some(Self { words, written })
    }

    /// What to ask Nextcloud's search for, which finds texts that contain every word of a term. Each match whose accents
    /// are written as in the query is in the answer to one of the terms. Nextcloud folds case for ASCII letters alone, so
    /// it is asked for the longest ASCII part of each word; where no word has one, for the longest word in the ways it is
    /// usually written.
    pub(crate) fn terms(&self) -> Vec<String> {
        let mut parts: Vec<_> = self
            .written
            .iter()
            .filter_map(|word| longest_ascii(word))
            .collect();
        parts.sort_unstable();
        parts.dedup();
        if !parts.is_empty() {
            return vec![parts.join(" ")];
        }
        let Some(longest) = self.written.iter().max_by_key(|word| word.chars().count()) else {
            return Vec::new();
        };
        let mut ways = vec![
            longest.clone(),
            capitalised(longest),
            longest.to_uppercase(),
        ];
        ways.dedup();
        ways
    }

    /// Whether Nextcloud's answer to [`Query::terms`] has every match: only where nothing can be written otherwise.
    pub(crate) fn is_exact(&self) -> bool {
        self.written.iter().all(|word| word.chars().all(is_plain))
    }

    /// Whether every word is in title or category.
    pub(crate) fn is_in_head(&self, title: &str, category: &str) -> bool {
        let (title, category) = (fold(title), fold(category));
        self.words
            .iter()
            .all(|word| title.contains(word.as_str()) || category.contains(word.as_str()))
    }

    /// How well a title matches, before the content is known.
    pub(crate) fn title_score(&self, title: &str) -> u32 {
        let title = fold(title);
        self.words
            .iter()
            .map(|word| {
                places(&title, word)
                    .map(|place| TITLE[place.fit])
                    .max()
                    .unwrap_or(0)
            })
            .sum()
    }

    /// Nothing unless every word is in one of the three.
    pub(crate) fn matches(&self, title: &str, category: &str, content: &str) -> Option<Match> {
        let (folded_title, folded_category, folded) = (fold(title), fold(category), fold(content));
        let mut score = 0;
        let mut first = None::<usize>;
        for word in &self.words {
            let in_title = places(&folded_title, word)
                .map(|place| TITLE[place.fit])
                .max()
                .unwrap_or(0);
            let in_category = if folded_category.contains(word.as_str()) {
                CATEGORY
            } else {
                0
            };
            let mut in_content = 0;
            for place in places(&folded, word).take(COUNTED_OCCURRENCES) {
                in_content += CONTENT[place.fit];
                first = Some(first.map_or(place.at, |first| first.min(place.at)));
            }
            let best = in_title + in_category + in_content;
            if best == 0 {
                return None;
            }
            score += best;
        }
        let snippet = first.map(|at| snippet(content, at)).unwrap_or_default();
        Some(Match { score, snippet })
    }
}

struct Place {
    /// Byte offset in the folded text.
    at: usize,
    /// 0: a whole word. 1: the start of one. 2: inside one.
    fit: usize,
}

fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Place> + 'a {
    text.match_indices(word).map(|(at, found)| {
        let starts = !text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        let ends = !text[at + found.len()..]
            .chars()
            .next()
            .is_some_and(char::is_alphanumeric);
        Place {
            at,
            fit: if starts { usize::from(!ends) } else { 2 },
        }
    })
}

/// Whether a letter has no other case and no accent: written in one way only.
fn is_plain(letter: char) -> bool {
    !letter.is_alphabetic() || !(letter.is_lowercase() || letter.is_uppercase())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The longest run of ASCII in a word. A letter with its accent as a character of its own is no ASCII.
fn longest_ascii(word: &str) -> Option<&str> {
    let accents = word
        .char_indices()
        .filter(|(_, letter)| is_combining(*letter));
    let accented: Vec<usize> = accents.map(|(at, _)| at).collect();
    let mut runs = Vec::new();
    let mut start = None;
    for (at, letter) in word.char_indices() {
        let plain = letter.is_ascii() && !accented.contains(&(at + letter.len_utf8()));
        match (plain, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                runs.push(&word[from..at]);
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|from| &word[from..]));
    runs.into_iter().max_by_key(|run| run.len())
}

/// The text around a match, on one line.
fn snippet(content: &str, at: usize) -> String {
    let found = unfold(content, at);
    let start = content[..found]
        .char_indices()
        .rev()
        .take(SNIPPET_BEFORE)
        .last()
        .map_or(found, |(start, _)| start);
    let mut rest = content[start..].chars();
    let cut: String = rest.by_ref().take(SNIPPET_LENGTH).collect();
    let line = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if start > 0 { "…" } else { "" };
    let after = if rest.next().is_some() { "…" } else { "" };
    format!("{before}{line}{after}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn score(query: &str, title: &str, content: &str) -> Option<u32> {
        Query::new(query)
            .unwrap()
            .matches(title, "", content)
            .map(|found| found.score)
    }

    #[test]
    fn words_and_parts_of_words_match_in_any_case() {
        for query in ["milk", "MIL", "ilk,", "eggs milk", "ÄPFEL"] {
            assert!(
                score(query, "Shopping", "Milk, eggs and äpfel").is_some(),
                "{query}"
            );
        }
    }

    #[test]
    fn every_word_has_to_be_there() {
        assert_eq!(score("milk bread", "Shopping", "milk"), None);
        assert!(score("milk shop", "Shopping", "milk").is_some());
    }

    #[test]
    fn a_title_beats_a_content_and_a_whole_word_a_part() {
        assert!(
            score("milk", "Milk", "").unwrap() > score("milk", "x", "milk milk milk milk").unwrap()
        );
        assert!(score("milk", "x", "milk").unwrap() > score("milk", "x", "milkshake").unwrap());
        assert!(
            score("milk", "x", "milkshake").unwrap() > score("milk", "x", "buttermilk").unwrap()
        );
    }

    #[test]
    fn a_query_of_spaces_is_none() {
        assert!(Query::new(" \n").is_none());
    }

    #[test]
    fn accents_do_not_count_either_way() {
        for (query, content) in [
            ("cafe zurich", "Ein Café in Zürich"),
            ("café ZÜRICH", "cafe zurich"),
            ("strasse", "Straße"),
            ("cafe\u{301}", "CAFÉ"),
            ("елка", "Ёлка"),
        ] {
            assert!(score(query, "t", content).is_some(), "{query}");
        }
    }

    #[test]
    fn nextcloud_is_asked_for_what_it_folds() {
        let terms = |query| Query::new(query).unwrap().terms();
        assert_eq!(terms("Milk Käsekuchen milk"), ["milk sekuchen"]);
        assert_eq!(terms("cafe\u{301} crème"), ["caf me"]);
        assert_eq!(terms("МОЛОКО"), ["молоко", "Молоко", "МОЛОКО"]);
        assert_eq!(terms("日本語"), ["日本語"]);
    }

    #[test]
    fn only_what_can_be_written_in_one_way_is_surely_found() {
        let exact = |query| Query::new(query).unwrap().is_exact();
        assert!(exact("2026-11-01") && exact("日本語"));
        assert!(!exact("cafe") && !exact("É"));
    }

    #[test]
    fn a_snippet_shows_the_match_on_one_line() {
        let content = format!("{}\n\nneedle here\n{}", "x".repeat(100), "y".repeat(300));
        let found = Query::new("needle")
            .unwrap()
            .matches("t", "", &content)
            .unwrap();
        assert!(
            found.snippet.contains(" needle here y")
                && found.snippet.starts_with('…')
                && found.snippet.ends_with('…')
        );
        assert!(found.snippet.chars().count() <= SNIPPET_LENGTH + 2);
    }

    #[test]
    fn letters_that_fold_to_several_do_not_break_a_snippet() {
        let found = Query::new("ende")
            .unwrap()
            .matches("t", "", &format!("{}ende", "İ".repeat(200)))
            .unwrap();
        assert!(!found.snippet.is_empty());
    }
}
