//! Sections: which one a name means, what an edit makes of it, and that everything else stays.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::*;

const HOME: &str = "intro\n\n# Home\n\nall of it\n\n## Garden\n- dig\n\n## Kitchen\n- cook\n### Todo\n- clean\n\n# Work\n## \
                    Todo\n- mail\n";

fn edit(text: &str, heading: &str, edit: Edit, content: &str) -> Result<String, Refusal> {
    let document = Document::new(text);
    document.edited(&document.find(heading)?, edit, content)
}

#[test]
fn a_section_ends_at_the_next_heading_of_its_level_or_above() {
    let document = Document::new(HOME);
    for (heading, text) in [
        ("Garden", "- dig\n\n"),
        ("Kitchen", "- cook\n### Todo\n- clean\n\n"),
        ("Kitchen > Todo", "- clean\n\n"),
        ("Work", "## Todo\n- mail\n"),
    ] {
        assert_eq!(document.text(&document.find(heading).unwrap()), text);
    }
}

#[test]
fn text_is_appended_before_the_sub_sections_and_a_sub_section_after_them() {
    assert!(
        edit(HOME, "Kitchen", Edit::Append, "- bake")
            .unwrap()
            .contains("- cook\n- bake\n### Todo\n- clean\n\n# Work")
    );
    assert!(
        edit(HOME, "Kitchen", Edit::Append, "### Later\n- paint\n")
            .unwrap()
            .contains("- clean\n### Later\n- paint\n\n# Work")
    );
    assert!(
        edit(HOME, "# Home", Edit::Append, "more")
            .unwrap()
            .contains("all of it\nmore\n\n## Garden")
    );
}

#[test]
fn text_is_put_below_the_heading_and_the_blank_line_there() {
    assert!(
        edit(HOME, "# Home", Edit::Prepend, "first\n")
            .unwrap()
            .contains("# Home\n\nfirst\nall of it\n")
    );
}

#[test]
fn replacing_takes_sub_sections_and_leaves_blank_lines_around_it() {
    let new = HOME.replace("- cook\n### Todo\n- clean\n", "nothing\n");
    assert_eq!(
        edit(HOME, "Kitchen", Edit::Replace, "nothing").unwrap(),
        new
    );
    assert_eq!(
        edit("# A\ntext\n\n# B\n", "A", Edit::Replace, "").unwrap(),
        "# A\n\n# B\n"
    );
}

#[test]
fn a_heading_given_with_its_new_text_is_not_doubled() {
    let new = edit(HOME, "Garden", Edit::Replace, "## Garden\n- rest\n").unwrap();
    assert_eq!(new, HOME.replace("- dig", "- rest"));
}

#[test]
fn an_empty_section_and_one_at_the_very_end_are_filled() {
    for (text, new) in [
        ("# A", "# A\nx"),
        ("# A\n", "# A\nx\n"),
        ("# A\n\n# B", "# A\nx\n\n# B"),
        ("A\n===\n# B", "A\n===\nx\n# B"),
        ("# A\r\n\r\n# B\r\n", "# A\r\nx\r\n\r\n# B\r\n"),
        // Lines that would run into what follows get a blank one between.
        ("# A\n=\n==\n", "# A\n\nx\n\n=\n==\n"),
        ("# A\nB\n===\n", "# A\n\nx\n\nB\n===\n"),
    ] {
        assert_eq!(edit(text, "A", Edit::Append, "x").unwrap(), new, "{text:?}");
    }
}

#[test]
fn a_heading_is_found_by_text_level_or_path_and_else_in_any_case_and_without_marks() {
    let text = "# A > B\n# Über *uns*\n## C\n## # D\n";
    for name in [
        "A > B",
        "Über uns",
        "über **UNS**",
        " ## C ",
        "uns > C",
        "Über uns > C",
        "# D",
    ] {
        let found = Document::new(text).find(name);
        assert_eq!(found.is_ok(), name != "uns > C", "{name}: {found:?}");
    }
}

#[test]
fn several_headings_of_a_name_are_refused_with_their_places() {
    assert_eq!(
        edit(HOME, "todo", Edit::Append, "x"),
        Err(Refusal::Ambiguous(vec![
            (12, "Home > Kitchen > Todo".to_owned()),
            (16, "Work > Todo".to_owned())
        ]))
    );
    for name in ["### Todo", "Home > Todo", "Work > Todo", "# Work > ## Todo"] {
        edit(HOME, name, Edit::Append, "x").expect(name);
    }
    assert_eq!(
        edit("# A\n# A\n", "A", Edit::Append, "x"),
        Err(Refusal::Ambiguous(vec![
            (1, "A".to_owned()),
            (2, "A".to_owned())
        ]))
    );
}

#[test]
fn a_missing_heading_is_refused_with_those_that_are_there() {
    assert_eq!(
        edit("# A\n## B\n", "C", Edit::Append, "x"),
        Err(Refusal::Missing(vec!["A".to_owned(), "A > B".to_owned()]))
    );
}

#[test]
fn content_that_would_change_other_sections_is_refused() {
    let ends = edit(HOME, "Garden", Edit::Append, "x\n# New\n").unwrap_err();
    assert!(matches!(ends, Refusal::EndsSection(heading) if heading.text == "New"));
    for open in ["```\ncode", "<!-- comment", "~~~~"] {
        assert_eq!(
            edit(HOME, "Garden", Edit::Append, open),
            Err(Refusal::ChangesOthers),
            "{open}"
        );
    }
    // A line below that makes a heading of the text is kept apart.
    let apart = edit("# A\n---\n", "A", Edit::Prepend, "x").unwrap();
    assert_eq!(apart, "# A\n\nx\n\n---\n");
}

fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "# A",
        "## B",
        "## *C* ##",
        "### D",
        "Under",
        "===",
        "---",
        "text",
        "- item",
        "  more",
        "",
        "",
        "```",
        "> # q",
        "    # code",
        "<!-- c",
        "-->",
        "| a |",
        "| - |",
        "1. one",
        "\\# no",
        "&amp; `# x`",
    ])
}

fn content() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "text", "- item", "", "#### E", "---", "===", "```", "> q", "    code", "# A", "~~~",
        "ü 🎉",
    ]);
    prop::collection::vec(line, 1..5).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn everything_outside_the_section_stays_byte_for_byte(
        lines in prop::collection::vec(line(), 1..20),
        end in any::<bool>(),
        windows in any::<bool>(),
        which in any::<prop::sample::Index>(),
        edit in prop::sample::select(vec![Edit::Replace, Edit::Append, Edit::Prepend]),
        content in content(),
    ) {
        let line_break = if windows { "\r\n" } else { "\n" };
        let mut text = lines.join(line_break);
        if end {
            text.push_str(line_break);
        }
        let document = Document::new(&text);
        if document.headings.is_empty() {
            return Ok(());
        }
        let heading = which.index(document.headings.len());
        let section = document.section(heading);
        let Ok(new) = document.edited(&section, edit, &content) else {
            return Ok(());
        };
        let (before, after) = (&text[..section.whole.start], &text[section.whole.end..]);
        prop_assert!(new.starts_with(before) && new.ends_with(after), "{text:?} became {new:?}");
        prop_assert!(new.len() >= before.len() + after.len());
        if windows && text.contains('\n') {
            prop_assert!(!new.replace("\r\n", "").contains('\n'), "{new:?}");
        }

        // The same headings above and below, and the content under the one that was meant.
        let edited = Document::new(&new);
        let titles = |document: &Document<'_>| -> Vec<(usize, String)> {
            document.headings.iter().map(|heading| (heading.level, heading.text.clone())).collect()
        };
        let (old_titles, new_titles) = (titles(&document), titles(&edited));
        let below = document.headings.iter().filter(|heading| heading.lines.start >= section.whole.end).count();
        prop_assert_eq!(&old_titles[..=heading], &new_titles[..=heading]);
        prop_assert_eq!(&old_titles[old_titles.len() - below..], &new_titles[new_titles.len() - below..]);
        let there = edited.text(&edited.section(heading)).replace("\r\n", "\n");
        let fitted = document.fitted(&section, edit, &content).replace("\r\n", "\n");
        prop_assert!(there.contains(fitted.trim_end_matches('\n')), "{there:?} has no {fitted:?}");

        // What is only added to loses no line.
        if edit != Edit::Replace {
            let mut lines = there.lines();
            for line in document.text(&section).lines() {
                prop_assert!(lines.any(|other| other == line), "{line:?} is gone from {there:?}");
            }
        }
    }
}
