//! One content line (RFC 5545, 3.1): name, parameters, value; folded and unfolded.
//!
//! Values stay as they are written: what `\,` or a date means is for [`super::text`] and [`super::value`].

use std::fmt::Write as _;

/// Octets in a physical line, without its end (RFC 5545, 3.1).
const FOLD_AT: usize = 75;

/// A parameter with its values, decoded (quotes removed, RFC 6868 carets read).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    /// Upper case.
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// An unfolded content line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentLine {
    /// Upper case; without an RFC 2445 group.
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    /// Raw: escapes are still in it.
    pub(crate) value: String,
}

impl ContentLine {
    pub(crate) fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            params: Vec::new(),
            value: value.into(),
        }
    }

    pub(crate) fn with_param(mut self, name: &str, value: &str) -> Self {
        self.params.push(Param {
            name: name.to_owned(),
            values: vec![value.to_owned()],
        });
        self
    }

    /// The first value of a parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let param = self.params.iter().find(|param| param.name == name)?;
        param.values.first().map(String::as_str)
    }

    /// Reads one unfolded line; `None` where there is no `name:value` in it.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let name_end = line.find([':', ';'])?;
        let name = line[..name_end].trim();
        if name.is_empty() {
            return None;
        }
        let mut params = Vec::new();
        let mut rest = &line[name_end..];
        while let Some(after) = rest.strip_prefix(';') {
            let (param, tail) = parse_param(after)?;
            params.push(param);
            rest = tail;
        }
        let value = rest.strip_prefix(':')?.to_owned();
        Some(Self {
            name: name.to_ascii_uppercase(),
            params,
            value,
        })
    }

    /// The line as it is stored: folded at 75 octets, ended by `eol`.
    pub(crate) fn to_folded(&self, eol: &str) -> String {
        let mut line = self.name.clone();
        for param in &self.params {
            let values: Vec<String> = param
                .values
                .iter()
                .map(|value| encode_param(value))
                .collect();
            let _ = write!(line, ";{}={}", param.name, values.join(","));
        }
        line.push(':');
        // A control character would end or corrupt the line; escaping turned line breaks into `\n` before.
        line.extend(
            self.value
                .chars()
                .filter(|character| *character == '\t' || !character.is_control()),
        );
        fold(&line, eol)
    }
}

/// Joins folded lines again: a line end followed by one space or tab disappears.
pub(crate) fn unfold(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    for (index, physical) in folded.split('\n').enumerate() {
        let physical = physical.strip_suffix('\r').unwrap_or(physical);
        let continued = if index == 0 {
            physical
        } else {
            physical.strip_prefix([' ', '\t']).unwrap_or(physical)
        };
        out.push_str(continued);
    }
    out
}

fn fold(line: &str, eol: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / FOLD_AT * 3 + 2);
    let mut used = 0;
    for character in line.chars() {
        if used + character.len_utf8() > FOLD_AT {
            out.push_str(eol);
            out.push(' ');
            used = 1;
        }
        out.push(character);
        used += character.len_utf8();
    }
    out.push_str(eol);
    out
}

/// `NAME=value,"value"` up to the next `;` or `:` outside quotes.
fn parse_param(text: &str) -> Option<(Param, &str)> {
    let equals = text.find('=')?;
    // A parameter without a value (`;BASE64:`) is not iCalendar; such a line is left alone.
    if text[..equals].contains([':', ';']) {
        return None;
    }
    let name = text[..equals].trim().to_ascii_uppercase();
    let mut values = Vec::new();
    let mut rest = &text[equals + 1..];
    loop {
        let (value, tail) = if let Some(quoted) = rest.strip_prefix('"') {
            let close = quoted.find('"')?;
            (&quoted[..close], &quoted[close + 1..])
        } else {
            let end = rest.find([',', ';', ':'])?;
            (&rest[..end], &rest[end..])
        };
        values.push(decode_carets(value));
        match tail.strip_prefix(',') {
            Some(next) => rest = next,
            None if tail.starts_with([';', ':']) => return Some((Param { name, values }, tail)),
            None => return None,
        }
    }
}

/// RFC 6868: `^n`, `^^` and `^'` stand for a line break, `^` and `"`.
fn decode_carets(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let decoded = match (character, characters.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('^')) => Some('^'),
            ('^', Some('\'')) => Some('"'),
            _ => None,
        };
        if decoded.is_some() {
            characters.next();
        }
        out.push(decoded.unwrap_or(character));
    }
    out
}

fn encode_param(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\n' => out.push_str("^n"),
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    if out.contains([',', ';', ':', ' ']) {
        format!("\"{out}\"")
    } else {
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn quoted_parameters_keep_their_separators() {
        let line =
            ContentLine::parse(r#"ATTENDEE;CN="Doe; Jane: x, y";X-A=1,2:mailto:j@example.org"#)
                .unwrap();
        assert_eq!(line.param("CN"), Some("Doe; Jane: x, y"));
        assert_eq!(line.params[1].values, ["1", "2"]);
        assert_eq!(line.value, "mailto:j@example.org");
    }

    #[test]
    fn folding_never_splits_a_character_nor_exceeds_75_octets() {
        let line = ContentLine::new("SUMMARY", "ä€😀".repeat(60));
        let folded = line.to_folded("\r\n");
        assert!(folded.split("\r\n").all(|physical| physical.len() <= 75));
        assert_eq!(
            ContentLine::parse(&unfold(folded.trim_end_matches("\r\n"))).unwrap(),
            line
        );
    }

    #[test]
    fn a_value_cannot_start_another_line() {
        let folded =
            ContentLine::new("SUMMARY", "x\r\nATTENDEE:mailto:evil@example.org").to_folded("\r\n");
        assert_eq!(folded.matches("\r\n").count(), 1);
    }

    #[test]
    fn carets_in_parameters_read_as_rfc_6868_says() {
        let line = ContentLine::parse("ATTENDEE;CN=a^'b^^c^nd:mailto:x").unwrap();
        assert_eq!(line.param("CN"), Some("a\"b^c\nd"));
        let again = ContentLine::parse(line.to_folded("\n").trim_end()).unwrap();
        assert_eq!(again, line);
    }
}
