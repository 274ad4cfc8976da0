//! Every object of many calendars, handed over one at a time: calendars may be many and large, the memory of a call is
//! not. A calendar whose answer would be too large is read in pieces.
//!
//! Nothing is left out silently: a calendar that was not read, or not wholly, is named with the reason.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::send_all;

use super::calendars::Calendar;
use super::home::Home;
use super::kind::Kind;
use super::objects::{Object, WIDEN, entries, object, report};
use super::query::{self, Filter};

/// Answers that are in memory at a time. One may have 8 MiB, and twice that again while it is taken apart; a call has
/// 64 MiB (`host/src/plugin/limits.rs`).
const AT_ONCE: usize = 4;
/// A calendar that is too large for one answer is asked for in so many: of all that a call may read, 64 MiB, no piece
/// is then too large on average.
const PIECES: usize = 8;
/// A call may take 30 s, and one that is stopped there says nothing of what it found: pieces that were not asked for by
/// now are left, and named.
const TIME: Duration = Duration::from_secs(15);

/// A calendar that was not read, or not wholly.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) calendar: String,
    /// Some of its objects were handed over.
    pub(crate) partly: bool,
    pub(crate) failure: Failure,
}

/// Hands over each calendar's objects that may have an occurrence in `range` (its end exclusive), or all of them.
pub(crate) fn scan(
    home: &Home,
    calendars: &[&Calendar],
    kind: Kind,
    range: Option<(Timestamp, Timestamp)>,
    take: &mut dyn FnMut(&Object),
) -> Vec<Unread> {
    let filter = range.map_or(Filter::All, |(from, to)| {
        Filter::Range(
            from.saturating_sub(WIDEN).unwrap_or(from),
            to.saturating_add(WIDEN).unwrap_or(to),
        )
    });
    scan_filtered(home, calendars, kind, filter, take)
}

/// Hands over each calendar's tasks that have no time of completion; a repeating one is among them.
pub(crate) fn scan_open(
    home: &Home,
    calendars: &[&Calendar],
    take: &mut dyn FnMut(&Object),
) -> Vec<Unread> {
    scan_filtered(home, calendars, Kind::Task, Filter::Open, take)
}

fn scan_filtered(
    home: &Home,
    calendars: &[&Calendar],
    kind: Kind,
    filter: Filter<'_>,
    take: &mut dyn FnMut(&Object),
) -> Vec<Unread> {
    let began = Instant::now();
    let body = query::objects(kind, filter);
    let (mut unread, mut large) = (Vec::new(), Vec::new());
    for group in calendars.chunks(AT_ONCE) {
        let requests = group
            .iter()
            .map(|calendar| report(home, calendar, body.clone()));
        for (calendar, answer) in group.iter().zip(send_all(requests)) {
            match entries(answer) {
                Ok(found) => found
                    .iter()
                    .filter_map(|entry| object(calendar, entry))
                    .for_each(|object| take(&object)),
                Err(failure) if failure.is_too_large() => large.push(*calendar),
                Err(failure) => unread.push(Unread {
                    calendar: calendar.name.clone(),
                    partly: false,
                    failure,
                }),
            }
        }
    }
    for calendar in large {
        unread.extend(in_pieces(home, calendar, kind, filter, began, take).err());
    }
    unread
}

/// Asks where the objects are, and then for some of them at a time: by their addresses, since one that repeats is in
/// every part of a range of time.
fn in_pieces(
    home: &Home,
    calendar: &Calendar,
    kind: Kind,
    filter: Filter<'_>,
    began: Instant,
    take: &mut dyn FnMut(&Object),
) -> Result<(), Unread> {
    let unread = |partly, failure| Unread {
        calendar: calendar.name.clone(),
        partly,
        failure,
    };
    let answer = report(home, calendar, query::addresses(kind, filter)).send();
    let found = entries(answer).map_err(|failure| unread(false, failure))?;
    let hrefs: Vec<String> = found.into_iter().map(|entry| entry.href).collect();
    let mut waiting: Vec<&[String]> = hrefs.chunks(hrefs.len().div_ceil(PIECES).max(1)).collect();
    let (mut missing, mut reason) = (0, None);
    while !waiting.is_empty() {
        if began.elapsed() > TIME {
            missing += waiting.iter().map(|piece| piece.len()).sum::<usize>();
            reason = reason.or_else(|| {
                Some(Failure::limited(
                    "Reading it takes longer than a call may: take a shorter range of days, or this calendar alone.",
                ))
            });
            break;
        }
        let pieces: Vec<&[String]> = waiting.drain(..waiting.len().min(AT_ONCE)).collect();
        let requests = pieces
            .iter()
            .map(|piece| report(home, calendar, query::multiget(piece)));
        for (piece, answer) in pieces.iter().zip(send_all(requests)) {
            match entries(answer) {
                Ok(found) => found
                    .iter()
                    .filter_map(|entry| object(calendar, entry))
                    .for_each(|object| take(&object)),
                Err(failure) if failure.is_too_large() && piece.len() > 1 => {
                    let (one, other) = piece.split_at(piece.len() / 2);
                    waiting.extend([one, other]);
                }
                Err(failure) => {
                    missing += piece.len();
                    reason = Some(failure);
                }
            }
        }
    }
    match reason {
        None => Ok(()),
        Some(failure) => {
            let message = format!(
                "{missing} of its {} stored items could not be read. {}",
                hrefs.len(),
                failure.message
            );
            Err(unread(
                missing < hrefs.len(),
                Failure { message, ..failure },
            ))
        }
    }
}
