//! The capabilities document and the list of apps with pages, as Nextcloud sends them. Never here: what they mean.

use std::collections::BTreeMap;

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, Response, send_all};
use serde::Deserialize;
use serde_json::Value;

const CAPABILITIES: &str = "/ocs/v2.php/cloud/capabilities";
const NAVIGATION: &str = "/ocs/v2.php/core/navigation/apps";

/// `ocs.data` of `cloud/capabilities` (recording `capabilities/004`).
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    version: Version,
    /// By app.
    pub(crate) capabilities: BTreeMap<String, Value>,
    /// Of the answer; changes with any app's part.
    #[serde(skip)]
    pub(crate) etag: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Version {
    string: String,
}

/// An app that has a page of its own (recording `capabilities/023`).
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A path, or an address elsewhere for a link that the administrator added.
    pub(crate) href: String,
}

/// What came of asking for the document again.
pub(crate) enum Read {
    /// It is still the one with this etag (recording `capabilities/012`).
    Unchanged,
    New(Document),
}

impl Document {
    /// Such as `33.0.3`.
    pub(crate) fn version(&self) -> &str {
        &self.version.string
    }

    fn of(answer: Response) -> Result<Self, Failure> {
        let answer = answer.ok()?;
        let document: Self = answer.ocs()?;
        Ok(Self {
            etag: answer.etag().map(str::to_owned),
            ..document
        })
    }
}

/// The document, if it is another one than that with `etag`.
pub(crate) fn read(etag: Option<&str>) -> Result<Read, Failure> {
    take(request(etag).send()?)
}

/// The document and, asked side by side, the apps with pages; nothing of those where Nextcloud does not say.
pub(crate) fn read_with_pages(etag: Option<&str>) -> Result<(Read, Vec<Page>), Failure> {
    let pages = Request::ocs(NAVIGATION).about("the list of apps");
    let mut answers = send_all([request(etag), pages]).into_iter();
    let mut next = || {
        answers
            .next()
            .unwrap_or_else(|| Err(Failure::internal("an answer is missing")))
    };
    let document = take(next()?)?;
    let pages = next()
        .and_then(Response::ok)
        .and_then(|answer| answer.ocs());
    Ok((document, pages.unwrap_or_default()))
}

fn request(etag: Option<&str>) -> Request {
    let request = Request::ocs(CAPABILITIES).about("the capabilities document");
    match etag {
        Some(etag) => request.header("if-none-match", format!("\"{etag}\"")),
        None => request,
    }
}

fn take(answer: Response) -> Result<Read, Failure> {
    match answer.status() {
        304 => Ok(Read::Unchanged),
        _ => Document::of(answer).map(Read::New),
    }
}
