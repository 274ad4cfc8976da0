//! Resources: what a client can read by address, and the way from an address to the author's function.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::resources::exported::{Entry, Page};

use crate::bindings::resources::exported::Template;
use crate::uri_template::{UriTemplate, decode};
use crate::{Body, Embedded, Failure, words};

/// A resource's function, from the variables on.
type Read = dyn Fn(Vec<(String, String)>) -> Result<Contents, Failure>;

/// A function that lists what there is, a page at a time.
type List = dyn Fn(Option<String>) -> Result<Page, Failure>;

/// One kind of thing that has an address. Reading runs with the access `read`.
pub struct Resource {
    template: UriTemplate<'static>,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    mime_type: Option<&'static str>,
    read: Box<Read>,
    list: Option<Box<List>>,
}

impl Resource {
    /// `template` is the address, such as `nc://notes/{id}`: `read` gets what stands in place of the variables as a struct
    /// with fields of their names ([`crate::NoArguments`] where there are none; then it is a single resource, which the
    /// host lists by itself). `mime_type` is that of everything that `read` returns, unless its [`Contents`] say otherwise.
    pub fn new<V, R>(
        template: &'static str,
        name: &'static str,
        title: &'static str,
        description: &'static str,
        mime_type: Option<&'static str>,
        read: impl Fn(V) -> Result<R, Failure> + 'static,
    ) -> Self
    where
        V: DeserializeOwned,
        R: Into<Contents>,
    {
        Self {
            template: UriTemplate::new(template),
            name,
            title,
            description,
            mime_type,
            read: Box::new(move |variables| Ok(read(words::read(variables)?)?.into())),
            list: None,
        }
    }

    /// Lists those that the user has, a page at a time: `list` gets the cursor that it gave out as [`Page::next`], maybe
    /// much later. For things that a person would pick from a list; without it there are only the template and the
    /// addresses that tools mention.
    #[must_use]
    pub fn listed(
        mut self,
        list: impl Fn(Option<String>) -> Result<Page, Failure> + 'static,
    ) -> Self {
        self.list = Some(Box::new(list));
        self
    }

    fn describe(&self) -> Template {
        Template {
            uri_template: self.template.as_str().to_owned(),
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            mime_type: self.mime_type.map(str::to_owned),
        }
    }
}

/// What there is at an address: usually one text, under the address that was asked for.
#[derive(Debug, Clone)]
pub struct Contents(Vec<Part>);

/// One part; what is absent is the resource's own.
#[derive(Debug, Clone)]
struct Part {
    uri: Option<String>,
    mime_type: Option<String>,
    body: Body,
}

impl Contents {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Body::Text(text.into()))
    }

    /// Anything else.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Body::Bytes(bytes.into()))
    }

    /// `data` as compact JSON. The media type is the resource's to name.
    ///
    /// # Errors
    /// [`crate::FailureKind::Internal`] for a type that JSON cannot hold.
    pub fn json(data: &impl Serialize) -> Result<Self, Failure> {
        serde_json::to_string(data)
            .map(Self::text)
            .map_err(|error| Failure::internal(format!("this cannot be written as JSON: {error}")))
    }

    /// With this media type instead of the resource's, such as `image/png`.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        if let Some(last) = self.0.last_mut() {
            last.mime_type = Some(mime_type.into());
        }
        self
    }

    /// With what belongs to it and has an address of its own.
    #[must_use]
    pub fn and(mut self, uri: impl Into<String>, mut other: Self) -> Self {
        if let Some(first) = other.0.first_mut() {
            first.uri.get_or_insert(uri.into());
        }
        self.0.append(&mut other.0);
        self
    }

    fn of(body: Body) -> Self {
        Self(vec![Part {
            uri: None,
            mime_type: None,
            body,
        }])
    }

    fn embedded(self, uri: &str, mime_type: Option<&str>) -> Vec<Embedded> {
        let part = |part: Part| Embedded {
            uri: part.uri.unwrap_or_else(|| uri.to_owned()),
            mime_type: part.mime_type.or_else(|| mime_type.map(str::to_owned)),
            body: part.body,
        };
        self.0.into_iter().map(part).collect()
    }
}

impl From<String> for Contents {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl Entry {
    /// Something with this address; `name` is what a person sees in a list.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: name.into(),
            title: None,
            mime_type: None,
            size: None,
        }
    }
}

/// The resources of a plugin, in the order in which clients see them.
#[derive(Default)]
pub struct Resources(Vec<Resource>);

/// Parts a resource's name from its own cursor. No name has it.
const OF: char = ':';

impl Resources {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one kind.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "not arithmetic: a builder's word"
    )]
    pub fn add(mut self, resource: Resource) -> Self {
        self.0.push(resource);
        self
    }

    /// What the host asks once, at load.
    pub fn describe(&self) -> Vec<Template> {
        self.0.iter().map(Resource::describe).collect()
    }

    /// One page of all that is listed: kind after kind, each with its own cursors.
    pub fn enumerate(&self, cursor: Option<String>) -> Result<Page, Failure> {
        let mut listed = self
            .0
            .iter()
            .filter_map(|resource| Some((resource.name, resource.list.as_deref()?)));
        let (current, own) = match cursor {
            None => (listed.next(), None),
            Some(cursor) => {
                let (name, own) = match cursor.split_once(OF) {
                    Some((name, own)) => (name, Some(own.to_owned())),
                    None => (cursor.as_str(), None),
                };
                let current = listed.find(|(own_name, _)| *own_name == name);
                if current.is_none() {
                    let advice = "This cursor is none of this list's; begin again without one.";
                    return Err(Failure::invalid(advice));
                }
                (current, own)
            }
        };
        let Some((name, list)) = current else {
            return Ok(Page {
                entries: Vec::new(),
                next: None,
            });
        };
        let mut page = list(own)?;
        page.next = match page.next {
            Some(own) => Some(format!("{name}{OF}{own}")),
            None => listed.next().map(|(name, _)| name.to_owned()),
        };
        Ok(page)
    }

    /// What there is at `uri`. Of several templates that fit, the one with the most literal text is meant.
    pub fn read(&self, uri: &str) -> Result<Vec<Embedded>, Failure> {
        let fitting = self
            .0
            .iter()
            .filter_map(|resource| Some((resource, resource.template.fit(uri)?)));
        // The first of equals, which `max_by_key` alone would not give.
        let meant = fitting
            .rev()
            .max_by_key(|(resource, _)| resource.template.literals().map(str::len).sum::<usize>());
        let (resource, variables) = meant.ok_or_else(|| self.unknown(uri))?;
        let variables = variables
            .into_iter()
            .map(|(name, value)| Ok((name.to_owned(), decode(value)?)))
            .collect::<Result<_, Failure>>()?;
        Ok((resource.read)(variables)?.embedded(uri, resource.mime_type))
    }

    fn unknown(&self, uri: &str) -> Failure {
        let there: Vec<_> = self
            .0
            .iter()
            .map(|resource| resource.template.as_str())
            .collect();
        Failure::not_found(format!(
            "There is no resource at `{uri}`; there are: {}.",
            there.join(", ")
        ))
    }
}
