//! As much of HTML as a scripted browser needs: forms with their fields and buttons, where a page sends the browser on,
//! and its text. Not a parser of HTML: it reads the pages that Nextcloud, its stand-in and this server write.

use std::sync::LazyLock;

use regex::Regex;
use reqwest::header::HeaderMap;
use url::Url;

/// A tag with its attributes, whose values may hold `>`.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?s)<!--.*?-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>"#)
        .expect("a pattern")
});
/// An attribute with or without a value.
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?"#)
        .expect("a pattern")
});
/// What is no text of a page.
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<(?:script|style|head)\b.*?</(?:script|style|head)>|<!--.*?-->|<[^>]*>")
        .expect("a pattern")
});

/// A page that a browser shows.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The page as it came.
    pub body: String,
}

/// A form, to be filled in.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Where it goes, as written; empty for the page itself.
    pub action: String,
    /// `post`, or `get`.
    pub method: String,
    /// Its fields in their order.
    pub fields: Vec<Field>,
    /// Its buttons in their order.
    pub buttons: Vec<Button>,
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// `type`: `text`, `hidden`, `checkbox`...
    pub kind: String,
    /// Whether it is sent: boxes that are not ticked are not.
    pub sent: bool,
}

/// A button that sends a form.
#[derive(Debug, Clone)]
pub struct Button {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its value.
    pub value: String,
    /// What it says.
    pub text: String,
    /// Where it sends the form instead.
    pub action: Option<String>,
}

impl Page {
    /// The forms of the page.
    pub fn forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        let mut inside = false;
        for tag in TAG.captures_iter(&self.body) {
            let Some(name) = tag.get(2) else { continue };
            let (closing, name) = (&tag[1] == "/", name.as_str().to_ascii_lowercase());
            let attributes = attributes(&tag[3]);
            let get = |name: &str| value(&attributes, name);
            match (name.as_str(), closing) {
                ("form", false) => {
                    inside = true;
                    forms.push(Form {
                        action: get("action").unwrap_or_default(),
                        method: get("method").unwrap_or_else(|| "get".into()).to_lowercase(),
                        ..Form::default()
                    });
                }
                ("form", true) => inside = false,
                ("input", false) if inside => {
                    let kind = get("type").unwrap_or_else(|| "text".into());
                    let form = forms.last_mut().expect("inside a form");
                    let text = get("value");
                    match kind.as_str() {
                        "submit" => form.buttons.push(Button {
                            name: get("name"),
                            text: text.clone().unwrap_or_default(),
                            value: text.unwrap_or_default(),
                            action: get("formaction"),
                        }),
                        _ => form.fields.extend(get("name").map(|name| {
                            let ticked = matches!(kind.as_str(), "checkbox" | "radio");
                            let usual = if ticked { "on" } else { "" };
                            Field {
                                name,
                                value: text.unwrap_or_else(|| usual.into()),
                                sent: !ticked || get("checked").is_some(),
                                kind: kind.clone(),
                            }
                        })),
                    }
                }
                ("button", false) if inside && get("type").is_none_or(|kind| kind == "submit") => {
                    let rest = &self.body[tag.get(0).expect("the whole").end()..];
                    let text = rest.split("</button").next().unwrap_or_default();
                    forms
                        .last_mut()
                        .expect("inside a form")
                        .buttons
                        .push(Button {
                            name: get("name"),
                            value: get("value").unwrap_or_default(),
                            text: visible(text),
                            action: get("formaction"),
                        });
                }
                _ => {}
            }
        }
        forms
    }

    /// Where the page sends the browser on by itself (`http-equiv="refresh"`).
    pub fn refresh(&self) -> Option<Url> {
        let tags = TAG
            .captures_iter(&self.body)
            .filter(|tag| tag.get(2).is_some());
        let metas = tags.filter(|tag| tag[2].eq_ignore_ascii_case("meta"));
        let refresh = metas
            .map(|tag| attributes(&tag[3]))
            .find(|all| value(all, "http-equiv").is_some_and(|kind| kind == "refresh"))?;
        let content = value(&refresh, "content")?;
        let (_, to) = content.split_once("url=")?;
        self.url.join(to).ok()
    }

    /// What a person reads, in one line.
    pub fn text(&self) -> String {
        visible(&self.body)
    }
}

impl Form {
    /// Whether there is a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Writes into a field.
    pub fn fill(&mut self, name: &str, value: &str) -> &mut Self {
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            value.clone_into(&mut field.value);
        }
        self
    }

    /// Ticks the boxes of a name whose value is wanted, and no others.
    pub fn tick(&mut self, name: &str, wanted: impl Fn(&str) -> bool) -> &mut Self {
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            field.sent = wanted(&field.value);
        }
        self
    }

    /// The button that says this.
    pub fn button(&self, text: &str) -> Option<&Button> {
        self.buttons.iter().find(|button| button.text == text)
    }

    /// What is sent when a button is pressed.
    pub fn pairs(&self, button: Option<&Button>) -> Vec<(String, String)> {
        let fields = self.fields.iter().filter(|field| field.sent);
        let mut pairs: Vec<(String, String)> = fields
            .map(|field| (field.name.clone(), field.value.clone()))
            .collect();
        if let Some((name, value)) =
            button.and_then(|one| Some((one.name.clone()?, one.value.clone())))
        {
            pairs.push((name, value));
        }
        pairs
    }
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let all = ATTRIBUTE.captures_iter(text);
    all.map(|one| {
        let value = one
            .get(2)
            .or(one.get(3))
            .or(one.get(4))
            .map_or("", |value| value.as_str());
        (one[1].to_ascii_lowercase(), decoded(value))
    })
    .collect()
}

fn value(attributes: &[(String, String)], name: &str) -> Option<String> {
    let found = attributes.iter().find(|(one, _)| one == name);
    found.map(|(_, value)| value.clone())
}

fn visible(html: &str) -> String {
    let text = decoded(&UNSEEN.replace_all(html, " "));
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// A text with its entities resolved; those that XML does not know stay.
fn decoded(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_boxes_and_buttons() {
        let page = Page {
            url: "http://a.test/x".parse().unwrap(),
            status: 200,
            headers: HeaderMap::new(),
            body: "<form method=post action='/go?a=1&amp;b=2'><input type=\"hidden\" name=\"t\" value=\"a>b &quot;c&quot;\">\
                   <input type=checkbox name=scope value=notes.read checked><input type=checkbox name=scope value=x>\
                   <button name=\"d\" value=\"allow\"><b>Allow</b></button></form>"
                .into(),
        };
        let mut forms = page.forms();
        let form = &mut forms[0];
        assert_eq!(
            (form.action.as_str(), form.method.as_str()),
            ("/go?a=1&b=2", "post")
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let all = [
            pair("t", "a>b \"c\""),
            pair("scope", "notes.read"),
            pair("d", "allow"),
        ];
        assert_eq!(form.pairs(form.button("Allow")), all);
        form.tick("scope", |scope| scope == "x");
        assert_eq!(
            form.pairs(None),
            [pair("t", "a>b \"c\""), pair("scope", "x")]
        );
    }
}
