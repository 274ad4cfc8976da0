//! A page taken apart: its headings' anchors, links, code spans and code blocks, each with the line where it stands.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page of the documents.
#[derive(Debug)]
pub(crate) struct Page {
    /// From the repository's root: `docs/oauth.md`.
    pub(crate) name: String,
    pub(crate) text: String,
    /// What links can name after `#`, as GitHub makes them of headings.
    pub(crate) anchors: Vec<String>,
    /// Headings with their level.
    pub(crate) headings: Vec<At<(u8, String)>>,
    /// Where links and images lead.
    pub(crate) links: Vec<At<String>>,
    /// `code` in running text.
    pub(crate) spans: Vec<At<String>>,
    pub(crate) blocks: Vec<At<Block>>,
}

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// `sh`; empty where none is named.
    pub(crate) language: String,
    /// What else stands beside the language.
    pub(crate) mark: String,
    pub(crate) text: String,
}

/// Something, and the line on which it begins.
#[derive(Debug)]
pub(crate) struct At<T> {
    pub(crate) line: usize,
    pub(crate) it: T,
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("a folder in the repository")
        .to_owned()
}

impl Page {
    /// The README and every page of `docs/`, by name.
    pub(crate) fn all() -> Vec<Self> {
        let docs = fs::read_dir(root().join("docs")).expect("the folder of documents");
        let mut names: Vec<String> = docs
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| format!("docs/{}", name.to_str().expect("a name of text")))
            .filter(|name| is_page(name))
            .collect();
        names.push("README.md".to_owned());
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The page of that name.
    pub(crate) fn read(name: &str) -> Self {
        let text =
            fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::parse(name, text)
    }

    pub(crate) fn parse(name: &str, text: String) -> Self {
        let mut page = Self {
            name: name.to_owned(),
            text: String::new(),
            anchors: Vec::new(),
            headings: Vec::new(),
            links: Vec::new(),
            spans: Vec::new(),
            blocks: Vec::new(),
        };
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        let mut heading: Option<(u8, String)> = None;
        let mut block: Option<Block> = None;
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
            let line = line(range.start);
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some((level as u8, String::new()));
                }
                Event::End(TagEnd::Heading(_)) => {
                    let it = heading.take().expect("a heading that began");
                    page.headings.push(At { line, it });
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let it = dest_url.into_string();
                    page.links.push(At { line, it });
                }
                Event::Start(Tag::CodeBlock(kind)) => block = Some(Block::new(&kind)),
                Event::End(TagEnd::CodeBlock) => {
                    let it = block.take().expect("a block that began");
                    page.blocks.push(At { line, it });
                }
                Event::Code(code) => {
                    if let Some((_, text)) = &mut heading {
                        text.push_str(&code);
                    }
                    let it = code.into_string();
                    page.spans.push(At { line, it });
                }
                Event::Text(more) => match (&mut block, &mut heading) {
                    (Some(block), _) => block.text.push_str(&more),
                    (None, Some((_, text))) => text.push_str(&more),
                    (None, None) => {}
                },
                _ => {}
            }
        }
        page.anchors = anchors(&page.headings);
        page.text = text;
        page
    }

    /// The blocks below a heading, up to the next of its level or above.
    pub(crate) fn part(&self, heading: &str) -> Vec<&At<Block>> {
        let mut rest = self.headings.iter();
        let begin = rest.find(|one| one.it.1 == heading);
        let begin = begin.unwrap_or_else(|| panic!("{} has no heading `{heading}`", self.name));
        let end = rest.find(|one| one.it.0 <= begin.it.0);
        let lines = begin.line..end.map_or(usize::MAX, |one| one.line);
        let blocks = self.blocks.iter();
        blocks.filter(|one| lines.contains(&one.line)).collect()
    }

    /// What the page shows right behind a block as its output.
    pub(crate) fn output_of(&self, index: usize) -> Option<&Block> {
        let next = &self.blocks.get(index + 1)?.it;
        (next.mark == "output").then_some(next)
    }

    /// How a message begins that is about a line of this page.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }
}

impl Block {
    fn new(kind: &CodeBlockKind<'_>) -> Self {
        let info = match kind {
            CodeBlockKind::Fenced(info) => info.trim(),
            CodeBlockKind::Indented => "",
        };
        let (language, mark) = info.split_once(' ').unwrap_or((info, ""));
        Self {
            language: language.to_owned(),
            mark: mark.trim().to_owned(),
            text: String::new(),
        }
    }

    /// A block of this language.
    pub(crate) fn of(language: &str, text: &str) -> Self {
        Self {
            language: language.to_owned(),
            mark: String::new(),
            text: text.to_owned(),
        }
    }

    /// Whether its language is one of these.
    pub(crate) fn is(&self, languages: &[&str]) -> bool {
        languages.contains(&self.language.as_str())
    }
}

/// Whether a path names a page.
pub(crate) fn is_page(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "md")
}

/// GitHub's rule: lower case, spaces become hyphens, what is neither letter, digit, hyphen nor underscore goes; the second of
/// a name gets `-1`.
fn anchors(headings: &[At<(u8, String)>]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let slugs = headings.iter().map(|heading| slug(&heading.it.1));
    slugs
        .map(|slug| {
            let count = seen.entry(slug.clone()).or_default();
            *count += 1;
            match *count {
                1 => slug,
                more => format!("{slug}-{}", more - 1),
            }
        })
        .collect()
}

fn slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower
        .chars()
        .filter(|one| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_'));
    kept.map(|one| if one == ' ' { '-' } else { one }).collect()
}

#[test]
fn a_page_is_taken_apart_as_github_shows_it() {
    let text =
        "# A `b`: c!\n\n## Same\n## Same\n[x](y.md#z)\n\n```sh run\n$ `no`\n```\n`NAME` \\`no\\`\n";
    let page = Page::parse("p.md", text.to_owned());
    assert_eq!(page.anchors, ["a-b-c", "same", "same-1"]);
    assert_eq!(
        (page.links[0].line, page.links[0].it.as_str()),
        (5, "y.md#z")
    );
    let spans: Vec<_> = page
        .spans
        .iter()
        .map(|span| (span.line, &*span.it))
        .collect();
    assert_eq!(spans, [(1, "b"), (10, "NAME")]);
    let block = &page.blocks[0];
    assert_eq!(
        (block.line, &*block.it.language, &*block.it.mark),
        (7, "sh", "run")
    );
    assert_eq!(block.it.text, "$ `no`\n");
    assert_eq!(
        (page.part("A b: c!").len(), page.part("Same").len()),
        (1, 0)
    );
}
