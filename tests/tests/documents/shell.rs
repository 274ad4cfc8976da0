//! As much of the shell as the pages use: commands with their words, out of lines with `\`, quotes, `&&`, `|`, `$(...)` and
//! comments. What it does not understand it leaves in one word.

/// The simple commands of a script, each as its words; assignments in front (`NAME=value cmd`), `sudo` and files that something is
/// written to or read from are left out.
pub(crate) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let joined = script.replace("\\\n", " ");
    for line in joined.lines() {
        let line = line.trim_start().trim_start_matches("$ ");
        split(line, &mut commands);
    }
    let words = commands.into_iter().map(own_words);
    words.filter(|words| !words.is_empty()).collect()
}

/// The commands of one line. `$(...)` counts as a command of its own and as a word.
fn split(line: &str, commands: &mut Vec<Vec<String>>) {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    // What follows `<` or `>` is no argument.
    let mut is_file = false;
    let mut rest = line.chars().peekable();
    while let Some(one) = rest.next() {
        match (quote, one) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => {
                quote = Some(one);
                word.get_or_insert_default();
            }
            (None | Some('"'), '$') if rest.peek() == Some(&'(') => {
                rest.next();
                let inner: String = rest.by_ref().take_while(|&one| one != ')').collect();
                split(&inner, commands);
                word.get_or_insert_default().push_str("$()");
            }
            (None, '#') if word.is_none() => break,
            (None, ';' | '&' | '|' | '(' | ')' | '<' | '>') => {
                end(word.take(), &mut is_file, &mut words);
                is_file = matches!(one, '<' | '>');
                if !is_file {
                    commands.push(std::mem::take(&mut words));
                } else if rest.peek() == Some(&one) {
                    rest.next();
                }
            }
            (None, one) if one.is_whitespace() => end(word.take(), &mut is_file, &mut words),
            (_, one) => word.get_or_insert_default().push(one),
        }
    }
    end(word, &mut is_file, &mut words);
    commands.push(words);
}

/// A word has ended, if there was one.
fn end(word: Option<String>, is_file: &mut bool, words: &mut Vec<String>) {
    let Some(word) = word else { return };
    if !std::mem::take(is_file) {
        words.push(word);
    }
}

fn own_words(words: Vec<String>) -> Vec<String> {
    let is_prefix = |word: &String| {
        let assigns = word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|one| one.is_ascii_uppercase() || one == b'_' || one.is_ascii_digit())
        });
        assigns || matches!(word.as_str(), "sudo" | "exec")
    };
    words.into_iter().skip_while(is_prefix).collect()
}

#[test]
fn commands_are_found_with_their_words() {
    let script = "# no\nA=1 just run \\\n  --x 'a b' && curl -H \"K: $(openssl rand -hex 32)\" | jq .a # c\n$ B=2\nif x; then sudo y >> z && u <v w; fi\n";
    let found = commands(script);
    let found: Vec<String> = found.iter().map(|words| words.join("·")).collect();
    assert_eq!(
        found,
        [
            "just·run·--x·a b",
            "openssl·rand·-hex·32",
            "curl·-H·K: $()",
            "jq·.a",
            "if·x",
            "then·sudo·y",
            "u·w",
            "fi"
        ]
    );
}
