//! What a query matches, how well, and where.

/// Characters of content shown around the first match.
const SNIPPET_BEFORE: usize = 40;
const SNIPPET_LENGTH: usize = 160;

/// How much a word counts where it is found: as a whole word, at a word's start, inside a word.
const TITLE: [u32; 3] = [40, 30, 20];
const CONTENT: [u32; 3] = [10, 7, 4];
const CATEGORY: u32 = 3;

/// A content match counts so often at most, so that a long note does not beat a fitting one.
const COUNTED_OCCURRENCES: usize = 3;

/// So many words narrow the candidates down enough; the rest is compared here.
const ASKED_WORDS: usize = 3;

/// The words of a query, folded.
#[derive(Debug)]
pub(crate) struct Query {
    words: Vec<String>,
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
        let mut words: Vec<_> = query.split_whitespace().map(fold).collect();
        words.sort_unstable();
        words.dedup();
        (!words.is_empty()).then_some(Self { words })
    }

    /// What to ask Nextcloud for, so that every match is among the answers: a match is in the answer to at least one
    /// term of each group. Nextcloud folds case for ASCII letters alone, so it is asked for the longest ASCII part of a
    /// word; where no word has one, for the longest word in the ways it is usually written. One word a request: that
    /// is what is recorded.
    pub(crate) fn asks(&self) -> Vec<Vec<String>> {
        let mut parts: Vec<_> = self
            .words
            .iter()
            .filter_map(|word| longest_ascii(word))
            .collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts.dedup();
        if !parts.is_empty() {
            return parts
                .into_iter()
                .take(ASKED_WORDS)
                .map(|part| vec![part])
                .collect();
        }
        let Some(longest) = self.words.iter().max_by_key(|word| word.chars().count()) else {
            return Vec::new();
        };
        let mut ways = vec![
            longest.clone(),
            capitalised(longest),
            longest.to_uppercase(),
        ];
        ways.dedup();
        vec![ways]
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
        let snippet = first
            .map(|at| snippet(content, &folded, at))
            .unwrap_or_default();
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

fn fold(text: &str) -> String {
    text.to_lowercase()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn longest_ascii(word: &str) -> Option<String> {
    let parts = word
        .split(|letter: char| !letter.is_ascii())
        .filter(|part| !part.is_empty());
    parts.max_by_key(|part| part.len()).map(str::to_owned)
}

/// The text around a match, on one line. Folding can change the length of the text, so the place is carried over as a
/// number of characters; a letter that folds to several shifts the snippet by as many, which hurts nobody.
fn snippet(content: &str, folded: &str, at: usize) -> String {
    let position = folded[..at].chars().count();
    let start = position.saturating_sub(SNIPPET_BEFORE);
    let cut: String = content.chars().skip(start).take(SNIPPET_LENGTH).collect();
    let line = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if start > 0 { "…" } else { "" };
    let after = if content.chars().nth(start + SNIPPET_LENGTH).is_some() {
        "…"
    } else {
        ""
    };
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
    fn nextcloud_is_asked_for_what_it_folds() {
        let asks = |query| Query::new(query).unwrap().asks();
        assert_eq!(asks("Milk Käsekuchen"), [["sekuchen"], ["milk"]]);
        assert_eq!(asks("a bb ccc dddd"), [["dddd"], ["ccc"], ["bb"]]);
        assert_eq!(asks("МОЛОКО"), [["молоко", "Молоко", "МОЛОКО"]]);
        assert_eq!(asks("日本語"), [["日本語"]]);
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
