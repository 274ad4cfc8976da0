//! What a page shows of an output or of a log, beside what was written here.

use regex::Regex;

/// Whether what was written has every line that the page shows.
pub(crate) fn holds(written: &str, shown: &str) -> Result<(), String> {
    let written = without_what_differs(written);
    let missing = shown
        .lines()
        .find(|line| !written.contains(&without_what_differs(line)));
    missing.map_or(Ok(()), |line| {
        Err(format!("nothing writes `{line}`, but:\n{written}"))
    })
}

/// Whether a log has every line that the page shows, in its order. What stands in front of a message is left out there.
pub(crate) fn logs(written: &[String], shown: &str) -> Result<(), String> {
    let mut written = written.iter().map(|line| without_what_differs(line));
    for line in shown.lines().filter(|line| !line.is_empty()) {
        let message = without_what_differs(line);
        let is_written = written.any(|line| {
            line.ends_with(&format!(" {message}")) || line.contains(&format!(" {message} "))
        });
        if !is_written {
            return Err(format!(
                "the server does not write, or not in this order: {line}"
            ));
        }
    }
    Ok(())
}

/// A line without what is another each time: where things are, ids, and how much of a time is left.
fn without_what_differs(line: &str) -> String {
    let mut line = line.to_owned();
    for (differs, instead) in [
        (r"https?://[\w.:\[\]-]+", "ADDRESS"),
        (r"\b\w{16}\.\.\.|\b\w{64}\b", "ID"),
        (r" /\w[\w./-]*", " FOLDER"),
        (r"\d+ s left", "TIME left"),
    ] {
        let differs = Regex::new(differs).unwrap();
        line = differs.replace_all(&line, instead).into_owned();
    }
    line
}

#[test]
fn a_line_that_is_not_written_is_missed() {
    let written = "INFO a: ready at http://127.0.0.1:4711\nINFO a: second";
    assert_eq!(holds(written, "ready at http://localhost:8000\n"), Ok(()));
    assert!(holds(written, "third").is_err());
    let written: Vec<String> = written.lines().map(str::to_owned).collect();
    assert_eq!(logs(&written, "ready at https://x\n\nsecond\n"), Ok(()));
    assert!(logs(&written, "second\nready at https://x").is_err());
    assert!(logs(&written, "read").is_err());
}
