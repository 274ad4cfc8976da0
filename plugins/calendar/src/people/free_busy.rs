//! VFREEBUSY (RFC 5545, 3.6.4): the question for others' free times, and what their calendars answer.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;

use super::address::Mailbox;
use super::busy::Busy;
use super::period::Period;
use crate::ical::{ContentLine, Document, Duration, When, escape};
use crate::zone::{Moment, Zone};

const EOL: &str = "\r\n";

/// Who asks whom, about which time.
pub(crate) struct Question<'a> {
    pub(crate) uid: &'a str,
    pub(crate) asking: &'a Mailbox,
    pub(crate) asked: &'a [Mailbox],
    pub(crate) range: Period,
    pub(crate) now: Timestamp,
}

/// The text that goes to the scheduling outbox (recording `caldav/097`).
pub(crate) fn question(question: &Question<'_>) -> String {
    let utc = |name: &str, at| When::utc(at).to_line(name);
    // A name is nobody's business here.
    let person =
        |name: &str, mailbox: &Mailbox| ContentLine::new(name, format!("mailto:{}", mailbox.email));
    let mut lines = vec![
        ContentLine::new("BEGIN", "VCALENDAR"),
        ContentLine::new("VERSION", "2.0"),
        ContentLine::new("PRODID", "-//nextcloud-mcp-server//calendar//EN"),
        ContentLine::new("METHOD", "REQUEST"),
        ContentLine::new("BEGIN", "VFREEBUSY"),
        ContentLine::new("UID", escape(question.uid)),
        utc("DTSTAMP", question.now),
        utc("DTSTART", question.range.from),
        utc("DTEND", question.range.to),
        person("ORGANIZER", question.asking),
    ];
    lines.extend(question.asked.iter().map(|asked| person("ATTENDEE", asked)));
    lines.extend([
        ContentLine::new("END", "VFREEBUSY"),
        ContentLine::new("END", "VCALENDAR"),
    ]);
    lines.iter().map(|line| line.to_folded(EOL)).collect()
}

/// The busy times in an answer. FBTYPE (RFC 5545, 3.2.9) says how busy: FREE is not at all, what is unknown is BUSY.
///
/// # Errors
/// Says what is not understood: then nothing is known of this person.
pub(crate) fn answer_of(text: &str, range: &Period) -> Result<Vec<Busy>, Failure> {
    let not_understood =
        |why: String| Failure::other(format!("the free/busy answer is not understood: {why}"));
    let document = Document::parse(text).map_err(|bad| not_understood(bad.0))?;
    let mut busy = Vec::new();
    for component in document.calendar.children("VFREEBUSY") {
        for line in component.all("FREEBUSY") {
            let kind = line.param("FBTYPE").unwrap_or("BUSY").to_ascii_uppercase();
            if kind == "FREE" {
                continue;
            }
            let tentative = kind == "BUSY-TENTATIVE";
            for item in line
                .value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
            {
                let (from, to) =
                    ends(item).ok_or_else(|| not_understood(format!("`{item}` is no period")))?;
                let period = Period::new(from, to).and_then(|period| period.within(range));
                busy.extend(period.map(|period| Busy { period, tentative }));
            }
        }
    }
    Ok(busy)
}

/// `20261123T130000Z/20261123T133000Z`, or with a duration behind the slash. Times are UTC (RFC 5545, 3.8.2.6).
fn ends(item: &str) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = item.split_once('/')?;
    let utc = |text: &str| match When::parse(text.trim(), None).ok()? {
        When::Utc(local) => Moment::at(local, Zone::Iana(jiff::tz::TimeZone::UTC)),
        _ => None,
    };
    let start = utc(from)?;
    let reader = jiff::tz::TimeZone::UTC;
    let end = if to.trim_start().starts_with(['P', 'p', '+', '-']) {
        let Duration { days, exact } = Duration::parse(to).ok()?;
        let days = jiff::SignedDuration::from_hours(24).checked_mul(days)?;
        start.plus(exact.checked_add(days)?)?
    } else {
        utc(to)?
    };
    Some((start.instant(&reader), end.instant(&reader)))
}
