//! Reads a `.env` file: strictly, and without changing what is written there.
//!
//! A reader of our own because the usual ones expand `$NAME` inside values, which silently breaks a password that
//! holds a dollar sign. Never here: what a name means. A line that is not understood is an error that names the line
//! and never repeats it, since it may hold a secret.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a `.env` file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct DotenvError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong and how to write it instead.
    pub reason: &'static str,
}

/// Every `NAME=value` of `text`. A value may stand in single quotes (taken as it is), in double quotes (`\n`, `\r`,
/// `\t`, `\"`, `\$` and `\\` are understood) or bare; a bare one ends at ` #`. Nothing is expanded.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let at = |reason| DotenvError {
            line: index + 1,
            reason,
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, rest) = line
            .split_once('=')
            .ok_or_else(|| at("is not NAME=value; a comment begins with #"))?;
        let name = name.trim_end();
        if !is_name(name) {
            return Err(at(
                "the part before = is not a name of letters, digits and underscores",
            ));
        }
        let value = parse_value(rest.trim_start()).map_err(at)?;
        if values.insert(name.to_owned(), value).is_some() {
            return Err(at(
                "sets a name that an earlier line sets too; keep one of them",
            ));
        }
    }
    Ok(values)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn parse_value(text: &str) -> Result<String, &'static str> {
    let (value, rest) = match text.as_bytes().first() {
        Some(b'\'') => {
            let (value, rest) = text[1..]
                .split_once('\'')
                .ok_or("the closing ' is missing")?;
            (value.to_owned(), rest)
        }
        Some(b'"') => parse_double_quoted(&text[1..])?,
        // What every reader of such files agrees on: a comment needs white space in front of its #.
        _ if text.starts_with('#') => return Ok(String::new()),
        _ => {
            let end = text
                .find(" #")
                .or_else(|| text.find("\t#"))
                .unwrap_or(text.len());
            return Ok(text[..end].trim_end().to_owned());
        }
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(value)
    } else {
        Err("something follows the closing quote")
    }
}

/// The value up to the closing quote, and what follows it.
fn parse_double_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[index + 1..])),
            '\\' => value.push(match characters.next().map(|(_, escaped)| escaped) {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(escaped @ ('"' | '\\' | '$')) => escaped,
                _ => return Err("after \\ only n, r, t, \", $ or \\ can stand; single quotes take a value as it is"),
            }),
            _ => value.push(character),
        }
    }
    Err("the closing \" is missing")
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        parse(line).unwrap().remove("A").unwrap()
    }

    #[test]
    fn a_password_is_taken_as_it_is_written() {
        assert_eq!(value("A=pa$HOME#x=1"), "pa$HOME#x=1");
        assert_eq!(value("A='it ${is} \\n #literal'"), "it ${is} \\n #literal");
        assert_eq!(value(r#"A="a \"b\" \\ \$ c" # comment"#), r#"a "b" \ $ c"#);
        assert_eq!(value("A=123456"), "123456");
        assert_eq!(value("A=p'q\"r"), "p'q\"r");
    }

    #[test]
    fn comments_blank_lines_and_export_are_understood() {
        let values =
            parse("\u{feff}# head\r\n\r\nexport A = 1 # one\r\n  B=\t2\nC=\nD=# nothing").unwrap();
        assert_eq!(
            values
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>(),
            ["A=1", "B=2", "C=", "D="]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_by_line_and_never_repeated() {
        for (text, line) in [
            ("A=1\nsecret", 2),
            ("A='secret", 1),
            ("A=\"secret", 1),
            ("A=\"secret\\q\"", 1),
            ("A=\"secret\" more", 1),
            ("A B=secret", 1),
            ("=secret", 1),
            ("A=secret\nA=secret", 2),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(!error.to_string().contains("secret"), "{text}");
        }
    }
}
