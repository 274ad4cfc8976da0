//! Scheduling (RFC 6638): who the user is to others, what arrived in the inbox, what the outbox says of others' time.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Path, Request, Response, send_all};

use super::home::Home;
use super::kind::Kind;
use super::query::{self, Filter};
use super::xml::{CALDAV, Element, Entry, multistatus, parse};

const XML: &str = "application/xml; charset=utf-8";
const ICALENDAR: &str = "text/calendar; charset=utf-8";

const ADDRESSES: &str = "<d:propfind xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:prop>\
    <c:calendar-user-address-set/></d:prop></d:propfind>";

/// What was found out for a search of free times; each part by itself.
pub(crate) struct Asked {
    /// The user's own addresses.
    pub(crate) addresses: Result<Vec<String>, Failure>,
    /// The others, each by themselves.
    pub(crate) people: Result<Vec<Recipient>, Failure>,
}

/// Somebody who was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipient {
    /// As the answer has it, with `mailto:`.
    pub(crate) address: String,
    /// VFREEBUSY text, or the request status that says why there is none.
    pub(crate) answer: Result<String, String>,
}

/// What is said of the user for a list of invitations.
pub(crate) struct Received {
    pub(crate) addresses: Result<Vec<String>, Failure>,
    /// Texts of the messages in the inbox; none where there is no inbox.
    pub(crate) messages: Result<Vec<String>, Failure>,
}

/// The addresses under which others invite the user (`calendar-user-address-set`, recording `caldav/005`).
pub(crate) fn own_addresses(home: &Home) -> Result<Vec<String>, Failure> {
    addresses(addresses_request(home).send())
}

/// The user's addresses, and the messages in the inbox about events in `[from, to)`, side by side.
///
/// The inbox stays as it is: an invitation is in a calendar besides (recordings `caldav/101` and `caldav/102`), and
/// Nextcloud removes old messages by itself.
pub(crate) fn received(home: &Home, from: Timestamp, to: Timestamp) -> Received {
    let inbox = Request::new("REPORT", home.calendar("inbox"))
        .header("depth", "1")
        .body(XML, query::objects(Kind::Event, Filter::Range(from, to)))
        .about("the scheduling inbox");
    let mut answers = send_all([addresses_request(home), inbox]).into_iter();
    Received {
        addresses: addresses(next(&mut answers)),
        messages: messages(next(&mut answers)),
    }
}

/// The user's addresses, and where there is a `question` (VFREEBUSY) the answers of those whom it names, side by side.
pub(crate) fn ask(home: &Home, question: Option<&str>) -> Asked {
    let outbox = question.map(|question| {
        Request::post(home.calendar("outbox"))
            .body(ICALENDAR, question)
            .about("the scheduling outbox")
    });
    let requests = std::iter::once(addresses_request(home)).chain(outbox);
    let mut answers = send_all(requests).into_iter();
    Asked {
        addresses: addresses(next(&mut answers)),
        people: answers.next().map_or(Ok(Vec::new()), people),
    }
}

fn next(
    answers: &mut impl Iterator<Item = Result<Response, Failure>>,
) -> Result<Response, Failure> {
    answers
        .next()
        .unwrap_or_else(|| Err(Failure::internal("fewer answers than requests")))
}

fn addresses_request(home: &Home) -> Request {
    let principal = Path::new("/remote.php/dav/principals/users")
        .segment(&home.account.id)
        .folder();
    Request::new("PROPFIND", principal)
        .header("depth", "0")
        .body(XML, ADDRESSES)
        .about("the user's own addresses")
}

fn entries(answer: Result<Response, Failure>) -> Result<Vec<Entry>, Failure> {
    let answer = answer?.ok()?;
    multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))
}

fn addresses(answer: Result<Response, Failure>) -> Result<Vec<String>, Failure> {
    let answer = answer?;
    // A server without principals: the account's address is what there is.
    if answer.status() == 404 {
        return Ok(Vec::new());
    }
    let entries = entries(Ok(answer))?;
    let set = entries
        .iter()
        .find_map(|entry| entry.property(CALDAV, "calendar-user-address-set"));
    Ok(set
        .into_iter()
        .flat_map(Element::children)
        .map(|href| href.text.trim().to_owned())
        .filter(|address| !address.is_empty())
        .collect())
}

fn messages(answer: Result<Response, Failure>) -> Result<Vec<String>, Failure> {
    let answer = answer?;
    // Not every server has an inbox.
    if answer.status() == 404 {
        return Ok(Vec::new());
    }
    Ok(entries(Ok(answer))?
        .iter()
        .filter_map(|entry| entry.property(CALDAV, "calendar-data"))
        .map(|data| data.text.clone())
        .collect())
}

/// A `schedule-response` (RFC 6638, 10; recording `caldav/097`). Nothing was changed by asking, whatever the answer is.
fn people(answer: Result<Response, Failure>) -> Result<Vec<Recipient>, Failure> {
    let unanswered = |why: &str| {
        Failure::unavailable(format!(
            "Nextcloud does not say when others are free: {why}."
        ))
    };
    let answer = answer.map_err(|_| unanswered("it gave no answer"))?;
    match answer.status() {
        200 => {}
        403 => {
            return Err(unanswered(
                "it does not take the user's e-mail address for the user's own (Settings > Personal info)",
            ));
        }
        404 | 405 | 501 => return Err(unanswered("it has no scheduling outbox")),
        status => return Err(unanswered(&format!("it answered with status {status}"))),
    }
    let text = answer.text();
    let root = parse(&text).map_err(|_| unanswered("its answer is not understood"))?;
    let recipient = |response: &Element| {
        let recipient = response.child(CALDAV, "recipient")?;
        let address = recipient
            .children()
            .next()
            .map_or(recipient.text.trim(), |href| href.text.trim());
        let status = response
            .child(CALDAV, "request-status")
            .map_or("", |status| status.text.trim());
        let data = response.child(CALDAV, "calendar-data");
        let answer = match data.filter(|_| status.starts_with('2')) {
            Some(data) => Ok(data.text.clone()),
            None => Err(status.to_owned()),
        };
        Some(Recipient {
            address: address.to_owned(),
            answer,
        })
    };
    Ok(root.children().filter_map(recipient).collect())
}
