//! The headings of a Markdown text and where they stand in it. Only those of the text itself: a `#` in a code block, a
//! quote, a list or HTML is no place where a section begins.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A heading, underlined or with `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// 1 to 6.
    pub(crate) level: usize,
    /// Without markup, on one line.
    pub(crate) text: String,
    /// Its lines, the last one's line break included.
    pub(crate) lines: Range<usize>,
}

/// All headings, from top to bottom.
pub(crate) fn headings(text: &str) -> Vec<Heading> {
    // What Nextcloud's editor knows besides CommonMark.
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let front = front_matter(text);
    let mut found: Vec<Heading> = Vec::new();
    // How many blocks and marks are open, and how many the heading is inside that is being read.
    let (mut depth, mut reading) = (0_usize, false);
    for (event, range) in Parser::new_ext(&text[front..], options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if let (Tag::Heading { level, .. }, 0) = (&tag, depth) {
                    reading = true;
                    found.push(Heading {
                        level: *level as usize,
                        text: String::new(),
                        lines: whole_lines(text, front + range.start..front + range.end),
                    });
                }
                depth += 1;
            }
            Event::End(tag) => {
                depth -= 1;
                if let (TagEnd::Heading(_), 0) = (tag, depth) {
                    reading = false;
                }
            }
            Event::Text(piece) | Event::Code(piece) if reading => add(&mut found, &piece),
            Event::SoftBreak | Event::HardBreak if reading => add(&mut found, " "),
            _ => {}
        }
    }
    for heading in &mut found {
        heading.text = one_line(&heading.text);
    }
    found
}

/// How long the YAML between two `---` at the very beginning is. To `CommonMark` its end is the line below a heading; the
/// parser's own option for it takes any two lines in a text for that, and so every heading between them away.
fn front_matter(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let mut length = match lines.next() {
        Some(first) if first.trim_end() == "---" => first.len(),
        _ => return 0,
    };
    for (number, line) in lines.enumerate() {
        length += line.len();
        match line.trim_end() {
            "---" | "..." if number > 0 => return length,
            "" => return 0,
            key if number == 0 && !is_key(key) => return 0,
            _ => {}
        }
    }
    0
}

fn is_key(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, _)| {
        !key.is_empty()
            && key
                .chars()
                .all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
    })
}

/// Words with one space between them.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn add(found: &mut [Heading], piece: &str) {
    if let Some(heading) = found.last_mut() {
        heading.text.push_str(piece);
    }
}

/// The range without the blank around it, and then to the end of its last line.
fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let last = range.start + text[range].trim_end().len();
    let end = text[last..]
        .find('\n')
        .map_or(text.len(), |end| last + end + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Vec<(usize, String, &str)> {
        headings(text)
            .into_iter()
            .map(|heading| (heading.level, heading.text, &text[heading.lines]))
            .collect()
    }

    #[test]
    fn both_kinds_of_headings_are_found_with_their_lines() {
        let text = "# One\r\ntext\n   ## Two *and* `a` ##  \n\nThree\nlines\n=====\n---\nFour\n---\n#\n###### Six";
        assert_eq!(
            outline(text),
            [
                (1, "One".to_owned(), "# One\r\n"),
                (2, "Two and a".to_owned(), "   ## Two *and* `a` ##  \n"),
                (1, "Three lines".to_owned(), "Three\nlines\n=====\n"),
                (2, "Four".to_owned(), "Four\n---\n"),
                (1, String::new(), "#\n"),
                (6, "Six".to_owned(), "###### Six"),
            ]
        );
    }

    #[test]
    fn headings_between_two_rules_are_found_and_those_below_front_matter_too() {
        let titles = |text| {
            outline(text)
                .into_iter()
                .map(|(_, title, _)| title)
                .collect::<Vec<_>>()
        };
        assert_eq!(titles("text\n\n---\n# A\n---\n# B\n"), ["A", "B"]);
        assert_eq!(titles("---\n# A\n---\n# B\n"), ["A", "B"]);
        assert_eq!(titles("---\ntitle: x\ntags: y\n---\n# A\n"), ["A"]);
        assert_eq!(titles("---\ntitle: x\n\n# A\n---\n"), ["A"]);
    }

    #[test]
    fn what_only_looks_like_a_heading_is_none() {
        for text in [
            "```\n# code\n```\n",
            "~~~ sh\n# code\n```\n# code\n~~~\n",
            "```\n# code without end\n",
            "    # code\n",
            "> # quoted\n",
            "- # in a list\n",
            "- ```\n  # code in a list\n  ```\n",
            "<!--\n# comment\n-->\n",
            "<pre>\n\n# text\n</pre>\n",
            "---\ntitle: x\n# comment\n---\n",
            "a | b\n--- | ---\n",
            "- item\n---\n",
            "#hashtag\n",
            "####### seven\n",
            "\\# escaped\n",
            "text\n\n---\n",
        ] {
            assert_eq!(outline(text), [], "{text:?}");
        }
    }
}
