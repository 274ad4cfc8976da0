//! An answer with everything that may differ named: two of them are compared as texts, so that a difference can be read.

use nextcloud_mcp_tests::nextcloud::Element;
use regex::Regex;
use serde_json::Value;

use crate::canon::Canon;

/// Headers of the transport, and the date.
const IGNORED: [&str; 6] = [
    "server",
    "date",
    "connection",
    "content-length",
    "transfer-encoding",
    "keep-alive",
];
/// Headers that are random.
const RANDOM: [&str; 2] = ["x-request-id", "x-debug-token"];
/// What the recorder put in place of the rest of a long body.
const CUT: &str = " characters cut]";
/// Characters before a cut that are not compared: ids of other lengths move it.
const MARGIN: usize = 64;
/// Members of JSON that are ids where they are numbers.
const IDS: [&str; 5] = ["id", "item_source", "file_source", "file_parent", "storage"];

/// One side of the comparison.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a str,
}

/// What is left out of a comparison, and why is said where it is decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// `Set-Cookie` is compared.
    pub(crate) cookies: bool,
    /// The order of a listing's entries is no promise of the server's.
    pub(crate) unordered: bool,
    /// Characters of the body that are compared.
    pub(crate) limit: Option<usize>,
}

/// Status, headers and body as one text.
pub(crate) fn normal(answer: &Answer<'_>, canon: &mut Canon, rules: Rules) -> String {
    let mut lines = vec![format!("status {}", answer.status)];
    let kind = answer
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = kind.map(|(_, value)| value.clone()).unwrap_or_default();
    lines.extend(headers(answer.headers, canon, rules));
    lines.push(body(answer.body, &kind, canon, rules));
    lines.join("\n")
}

/// How many characters of a cut body can be compared.
pub(crate) fn limit(body: &str) -> Option<usize> {
    let cut = body.ends_with(CUT) && !body.starts_with("<!DOCTYPE html>");
    cut.then(|| {
        body.rfind("... [")
            .unwrap_or(body.len())
            .saturating_sub(MARGIN)
    })
}

fn headers(headers: &[(String, String)], canon: &mut Canon, rules: Rules) -> Vec<String> {
    let nonce = Regex::new("'nonce-[^']*'").expect("a pattern");
    let mut lines = Vec::new();
    for (name, value) in headers {
        let name = name.to_lowercase();
        if IGNORED.contains(&name.as_str()) || (name == "set-cookie" && !rules.cookies) {
            continue;
        }
        let value = if RANDOM.contains(&name.as_str()) {
            "<random>".to_owned()
        } else if name == "set-cookie" {
            cookie(value)
        } else if name == "location" {
            location(value)
        } else {
            nonce.replace_all(value, "'nonce'").into_owned()
        };
        lines.push((name, value));
    }
    // Cookies keep their order, which decides which one counts.
    lines.sort_by(|one, other| {
        one.0.cmp(&other.0).then_with(|| {
            if one.0 == "set-cookie" {
                std::cmp::Ordering::Equal
            } else {
                one.1.cmp(&other.1)
            }
        })
    });
    lines
        .into_iter()
        .map(|(name, value)| format!("{name}: {}", canon.text(&value)))
        .collect()
}

/// A place without the order of its parameters, which the recorded server changed from one answer to the next.
fn location(value: &str) -> String {
    let sorted = |text: &str, between: &str| {
        let mut parts: Vec<&str> = text.split(between).collect();
        parts.sort_unstable();
        parts.join(between)
    };
    let Some((place, query)) = value.split_once('?') else {
        return value.to_owned();
    };
    match query.split_once('?') {
        Some((before, embedded)) => format!("{place}?{before}?{}", sorted(embedded, "%26")),
        None => format!("{place}?{}", sorted(query, "&")),
    }
}

/// A cookie without its random value.
fn cookie(value: &str) -> String {
    let (name, rest) = value.split_once('=').unwrap_or((value, ""));
    let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
    let value = if value.len() > 8 { "<random>" } else { value };
    // The session cookie bears the name of the instance, of which there were two.
    let name = if name.len() == 12 && name.starts_with("oc") {
        "<instance>"
    } else {
        name
    };
    format!("{name}={value};{attributes}")
}

fn body(body: &str, kind: &str, canon: &mut Canon, rules: Rules) -> String {
    // Bytes that are no text were not recorded.
    if kind.starts_with("image/") {
        return "an image".to_owned();
    }
    if body.starts_with("<!DOCTYPE html>") {
        return "an HTML page".to_owned();
    }
    if let Some(limit) = rules.limit {
        let text: String = body.chars().take(limit).collect();
        let whole_values = text.rfind(',').map_or(text.as_str(), |end| &text[..end]);
        return canon.text(whole_values);
    }
    if kind.starts_with("application/json") || kind.starts_with("application/calendar+json") {
        return match serde_json::from_str::<Value>(body) {
            Ok(value) => json(&value, None, canon, 0),
            Err(_) => canon.text(body),
        };
    }
    if kind.starts_with("application/xml") {
        return match Element::parse(body) {
            Ok(element) => {
                let mut out = String::new();
                xml(&element, canon, rules, 0, &mut out);
                out
            }
            Err(_) => canon.text(body),
        };
    }
    canon.text(body)
}

/// JSON with sorted members, one value a line.
pub(crate) fn json(value: &Value, name: Option<&str>, canon: &mut Canon, depth: usize) -> String {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let lines: Vec<String> = names
                .into_iter()
                .map(|name| {
                    format!(
                        "{pad}  {name}: {}",
                        json(&members[name], Some(name), canon, depth + 1)
                    )
                })
                .collect();
            let lifetime = lifetime(value).map(|about| format!("\n{pad}  lifetime: {about}"));
            format!(
                "{{\n{}{}\n{pad}}}",
                lines.join("\n"),
                lifetime.unwrap_or_default()
            )
        }
        Value::Array(items) => {
            let lines: Vec<String> = items
                .iter()
                .map(|item| format!("{pad}  {}", json(item, None, canon, depth + 1)))
                .collect();
            format!("[\n{}\n{pad}]", lines.join("\n"))
        }
        Value::Number(number) if name.is_some_and(|name| IDS.contains(&name)) => {
            canon.id(&number.to_string())
        }
        Value::String(text) if name == Some("id") && text.parse::<u64>().is_ok() => canon.id(text),
        Value::String(number) if name == Some("jti") => canon.row("grant", number),
        Value::Number(number) if name == Some("clientId") => {
            canon.row("client", &number.to_string())
        }
        // Ours is shorter (oidc/008).
        Value::String(_) if name == Some("n") => "<modulus>".to_owned(),
        Value::Number(number) => canon.text(&number.to_string()),
        Value::String(text) => format!("{:?}", canon.text(text)),
        other => other.to_string(),
    }
}

/// How long something lives that says when it began and when it ends: about, since a second may pass between the two.
fn lifetime(value: &Value) -> Option<i64> {
    let ends = ["iat", "client_id_issued_at"]
        .into_iter()
        .zip(["exp", "client_secret_expires_at"]);
    let seconds =
        ends.filter_map(|(begin, end)| Some(value[end].as_i64()? - value[begin].as_i64()?));
    seconds.map(|seconds| (seconds + 2) / 5 * 5).next()
}

/// XML as an indented tree; the order of properties means nothing, that of a listing's entries only in reports.
fn xml(element: &Element, canon: &mut Canon, rules: Rules, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let mut attributes = element.attributes.clone();
    attributes.sort();
    let attributes: String = attributes
        .iter()
        .map(|(name, value)| format!(" {name}={value:?}"))
        .collect();
    let text = if element.children.is_empty() {
        element.text.as_str()
    } else {
        element.text.trim()
    };
    out.push_str(&format!(
        "{pad}{{{}}}{}{attributes} {:?}\n",
        element.namespace,
        element.name,
        canon.text(text)
    ));
    let mut children: Vec<&Element> = element.children.iter().collect();
    if element.is("DAV:", "prop") {
        children.sort_by_key(|child| (&child.namespace, &child.name));
    }
    if element.is("DAV:", "multistatus") && rules.unordered {
        children.sort_by_key(|child| child.child("DAV:", "href").map(|href| href.text.clone()));
    }
    for child in children {
        xml(child, canon, rules, depth + 1, out);
    }
}
