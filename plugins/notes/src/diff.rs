//! What turns one text into another, line by line, in the unified format without file names. Bounded: neither a large text
//! nor two that have nothing in common make it slow or long.

use std::collections::HashMap;
use std::fmt::Write;

/// Lines without a change around one: enough to see where it stands.
const CONTEXT: usize = 2;

/// Largest diff, in bytes; a model that needs more reads the text.
const TEXT_LIMIT: usize = 16 << 10;

/// So many lines may differ before all between the first and the last difference counts as changed: the search takes time
/// and memory as the square of it (4 MB here).
const EDITS_LIMIT: usize = 1_000;

/// One line's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// The diff that makes `to` of `from`; empty if they are the same. One that is too long ends with a line that says so.
pub(crate) fn unified(from: &str, to: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (
        from.split_inclusive('\n').collect(),
        to.split_inclusive('\n').collect(),
    );
    let edits = edits(&numbered(&old, &new));
    let mut text = String::new();
    for hunk in hunks(&edits) {
        let before = text.len();
        write_hunk(&mut text, &hunk, &edits, &old, &new);
        if text.len() > TEXT_LIMIT {
            text.truncate(before);
            text.push_str("[The rest of the diff is left out: it is too long.]\n");
            break;
        }
    }
    text
}

/// Some edits with what surrounds them.
struct Hunk {
    edits: std::ops::Range<usize>,
    /// Lines of the old and of the new text before it.
    old: usize,
    new: usize,
}

/// Both texts with a number for each distinct line.
fn numbered<'a>(old: &[&'a str], new: &[&'a str]) -> (Vec<usize>, Vec<usize>) {
    let mut numbers: HashMap<&'a str, usize> = HashMap::new();
    let mut number = |lines: &[&'a str]| {
        lines
            .iter()
            .map(|line| {
                let next = numbers.len();
                *numbers.entry(line).or_insert(next)
            })
            .collect::<Vec<_>>()
    };
    (number(old), number(new))
}

fn edits((old, new): &(Vec<usize>, Vec<usize>)) -> Vec<Edit> {
    let same = |(left, right): &(&usize, &usize)| left == right;
    let head = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut edits = vec![Edit::Keep; head];
    if let Some(between) = shortest(old, new) {
        edits.extend(between);
    } else {
        edits.extend(std::iter::repeat_n(Edit::Remove, old.len()));
        edits.extend(std::iter::repeat_n(Edit::Add, new.len()));
    }
    edits.extend(std::iter::repeat_n(Edit::Keep, tail));
    edits
}

/// The fewest edits, after E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986). Round `d` holds, for
/// each diagonal that `d` edits can reach, how many old lines are behind us at the furthest; its place `i` is the diagonal
/// `2i - d`. Nothing if that takes more than [`EDITS_LIMIT`].
fn shortest(old: &[usize], new: &[usize]) -> Option<Vec<Edit>> {
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    for edits in 0..=EDITS_LIMIT {
        let mut round = Vec::with_capacity(edits + 1);
        for place in 0..=edits {
            let mut x = rounds.last().map_or(0, |before| step(before, place).0);
            // The diagonal is x - y.
            let mut y = x + edits - 2 * place;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            round.push(x);
            if x == old.len() && y == new.len() {
                rounds.push(round);
                return Some(way_back(&rounds, place));
            }
        }
        rounds.push(round);
    }
    None
}

/// How a place is reached from the round before: the old lines behind us then, before any that are kept, and whether a line
/// was added (or else removed).
fn step(before: &[usize], place: usize) -> (usize, bool) {
    let added = before.get(place);
    let removed = place.checked_sub(1).map(|place| before[place] + 1);
    match (added, removed) {
        (Some(&added), Some(removed)) if removed <= added => (added, true),
        (_, Some(removed)) => (removed, false),
        (Some(&added), None) => (added, true),
        (None, None) => (0, true),
    }
}

fn way_back(rounds: &[Vec<usize>], mut place: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (number, round) in rounds.iter().enumerate().rev() {
        let end = round[place];
        let Some(before) = number.checked_sub(1).map(|number| &rounds[number]) else {
            edits.extend(std::iter::repeat_n(Edit::Keep, end));
            break;
        };
        let (start, is_added) = step(before, place);
        edits.extend(std::iter::repeat_n(Edit::Keep, end - start));
        edits.push(if is_added { Edit::Add } else { Edit::Remove });
        place -= usize::from(!is_added);
    }
    edits.reverse();
    edits
}

/// Changes that are near each other, together.
fn hunks(edits: &[Edit]) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut old, mut new) = (0, 0);
    for (place, edit) in edits.iter().enumerate() {
        if *edit != Edit::Keep {
            let end = (place + 1 + CONTEXT).min(edits.len());
            match hunks.last_mut() {
                Some(last) if place <= last.edits.end + CONTEXT => last.edits.end = end,
                _ => {
                    let before = CONTEXT.min(place);
                    hunks.push(Hunk {
                        edits: place - before..end,
                        old: old - before,
                        new: new - before,
                    });
                }
            }
        }
        old += usize::from(*edit != Edit::Add);
        new += usize::from(*edit != Edit::Remove);
    }
    hunks
}

fn write_hunk(text: &mut String, hunk: &Hunk, edits: &[Edit], old: &[&str], new: &[&str]) {
    let edits = &edits[hunk.edits.clone()];
    let lines = |without: Edit| edits.iter().filter(|edit| **edit != without).count();
    let (removed, added) = (lines(Edit::Add), lines(Edit::Remove));
    // A range of no lines is named by the line before it, as `diff -u` does.
    let first = |before: usize, count: usize| before + usize::from(count > 0);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "@@ -{},{removed} +{},{added} @@",
        first(hunk.old, removed),
        first(hunk.new, added)
    );
    let (mut old, mut new) = (old[hunk.old..].iter(), new[hunk.new..].iter());
    for edit in edits {
        let (mark, line) = match edit {
            Edit::Keep => {
                old.next();
                (' ', new.next())
            }
            Edit::Remove => ('-', old.next()),
            Edit::Add => ('+', new.next()),
        };
        let line = line.copied().unwrap_or_default();
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of text\n");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    /// What another reader of the format would make of it.
    fn apply(from: &str, diff: &str) -> String {
        let old: Vec<_> = from.split_inclusive('\n').collect();
        let (mut made, mut at, mut makes) = (String::new(), 0, false);
        for line in diff.split_inclusive('\n') {
            let (mark, rest) = line.split_at(1);
            match mark {
                "@" => {
                    let range = rest.split(' ').nth(1).unwrap();
                    let (begin, count) = range[1..].split_once(',').unwrap();
                    let before = begin.parse::<usize>().unwrap() - usize::from(count != "0");
                    made.extend(old[at..before].iter().copied());
                    at = before;
                }
                // Of the line before: it has no line break.
                "\\" => {
                    if makes {
                        made.pop();
                    }
                }
                _ => {
                    makes = mark != "-";
                    if makes {
                        made.push_str(rest);
                    }
                    if mark != "+" {
                        assert_eq!(old[at].trim_end_matches('\n'), rest.trim_end_matches('\n'));
                        at += 1;
                    }
                }
            }
        }
        made.extend(old[at..].iter().copied());
        made
    }

    /// The length of the longest common subsequence, the slow and plain way.
    fn common(old: &[&str], new: &[&str]) -> usize {
        let mut row = vec![0; new.len() + 1];
        for left in old {
            let mut diagonal = 0;
            for (place, right) in new.iter().enumerate() {
                let above = row[place + 1];
                row[place + 1] = if left == right {
                    diagonal + 1
                } else {
                    above.max(row[place])
                };
                diagonal = above;
            }
        }
        row[new.len()]
    }

    fn text() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "[ab]",
            Just(String::new()),
            Just("c\r".to_owned()),
            Just("@@ -1,1 +1,1 @@".to_owned())
        ];
        (prop::collection::vec(line, 0..25), any::<bool>()).prop_map(|(lines, end)| {
            let mut text = lines.join("\n");
            if end && !text.is_empty() {
                text.push('\n');
            }
            text
        })
    }

    proptest! {
        #[test]
        fn a_diff_makes_the_one_text_of_the_other(from in text(), to in text()) {
            prop_assert_eq!(apply(&from, &unified(&from, &to)), to);
        }

        #[test]
        fn a_diff_is_as_short_as_can_be(from in text(), to in text()) {
            let (old, new): (Vec<_>, Vec<_>) = (from.split_inclusive('\n').collect(), to.split_inclusive('\n').collect());
            let changed = edits(&numbered(&old, &new)).into_iter().filter(|edit| *edit != Edit::Keep).count();
            prop_assert_eq!(changed, old.len() + new.len() - 2 * common(&old, &new));
        }
    }

    #[test]
    fn a_diff_shows_a_change_where_it_stands() {
        let from = "# Plan\n\n- milk\n- eggs\n- bread\n\nend\nx\ny\nz";
        let to = "# Plan\n\n- milk\n- eggs, ten\n- bread\n\nend\nx\ny\nz\n";
        assert_eq!(
            unified(from, to),
            "@@ -2,5 +2,5 @@\n \n - milk\n-- eggs\n+- eggs, ten\n - bread\n \n@@ -8,3 +8,3 @@\n x\n y\n-z\n\\ No newline at \
             end of text\n+z\n"
        );
        assert_eq!(unified("same", "same"), "");
        assert_eq!(unified("", "new\n"), "@@ -0,0 +1,1 @@\n+new\n");
    }

    #[test]
    fn two_large_texts_that_share_nothing_are_compared_soon_and_in_few_bytes() {
        let lines = |from: usize| {
            (from..from + 50_000).fold(String::new(), |text, line| text + &format!("{line}\n"))
        };
        let diff = unified(&lines(0), &lines(1_000_000));
        assert!(
            diff.len() < 200 && diff.contains("left out"),
            "{} bytes",
            diff.len()
        );
        let one_line = unified(&"x".repeat(1 << 20), "y");
        assert!(one_line.contains("left out"), "{} bytes", one_line.len());
    }
}
