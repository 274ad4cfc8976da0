//! A calendar deleted: a first call shows what goes, a second one with its handle deletes exactly that.

use nextcloud_mcp_plugin::{Failure, Reply};
use serde::Serialize;
use serde_json::json;

use super::super::confirmation;
use super::list_calendars::Calendars;
use super::manage_calendar::Arguments;
use crate::dav::{self, Calendar, Home, Kind, Member, Trash};

/// Beside the sentence of a first call.
#[derive(Debug, Serialize)]
struct Shown {
    confirm: String,
    calendar: String,
    /// Of any kind.
    items: usize,
}

pub(super) fn delete(home: &Home, arguments: &Arguments) -> Result<Reply<Calendars>, Failure> {
    let listing = dav::listing(home)?;
    let calendar = dav::choose(&listing.calendars, arguments.existing()?)?;
    if calendar.is_birthdays() {
        return Err(Failure::denied(
            "Nextcloud makes the calendar of birthdays from the user's contacts. The user can switch it off in the settings \
             of the Calendar app.",
        ));
    }
    let own = calendar.shared_by.is_none() && !calendar.is_subscription();
    // What others own stays where it is.
    let members = if own {
        dav::members(home, calendar)?
    } else {
        Vec::new()
    };
    let handle = handle(calendar, &members);
    let what = consequence(calendar, &members, listing.trash);
    if !confirmation::confirmed(arguments.confirm.as_deref(), &handle)? {
        let message = format!(
            "Nothing was done yet. {what} To go through with it, call again with confirm \"{handle}\"."
        );
        let shown = Shown {
            confirm: handle,
            calendar: calendar.name.clone(),
            items: members.len(),
        };
        return Err(Failure::needs_confirmation(message, &shown));
    }
    dav::remove(home, calendar)?;
    let text = format!("{} {what}", done(calendar));
    let calendars = vec![calendar.clone()];
    Ok(Reply::new(text, Calendars { calendars }))
}

fn handle(calendar: &Calendar, members: &[Member]) -> String {
    let touched: Vec<(String, String)> = members
        .iter()
        .map(|member| (member.href.clone(), member.etag.clone()))
        .collect();
    // Whose it is decides what deleting means.
    let arguments = json!({
        "calendar": calendar.name, "shared_by": calendar.owner, "subscribed_from": calendar.subscribed_from,
    });
    confirmation::handle("delete calendar", &arguments, &touched)
}

fn done(calendar: &Calendar) -> String {
    let verb = if calendar.shared_by.is_some() {
        "Left"
    } else if calendar.is_subscription() {
        "Unsubscribed from"
    } else {
        "Deleted"
    };
    format!("{verb} \"{}\".", calendar.display_name)
}

/// What deleting it does, in words that fit before and after.
fn consequence(calendar: &Calendar, members: &[Member], trash: Trash) -> String {
    let name = &calendar.name;
    if let Some(sharer) = &calendar.shared_by {
        return format!(
            "This ends the share of {sharer}'s calendar \"{name}\" for this user; nothing in it is deleted, and {sharer} can \
             share it again."
        );
    }
    if let Some(source) = &calendar.subscribed_from {
        return format!(
            "This ends the subscription \"{name}\" of {source}; nothing there is deleted. It does not go to the trash bin."
        );
    }
    let what = format!("the calendar \"{name}\" with {}", counted(members));
    if trash.is_off() {
        format!("This Nextcloud keeps nothing that is deleted: {what} is gone for good.")
    } else {
        format!(
            "The trash bin keeps {what} {}; restore_from_trash brings it back.",
            trash.how_long()
        )
    }
}

/// `12 events and 1 task`.
fn counted(members: &[Member]) -> String {
    let count = |kind| members.iter().filter(|member| member.kind == kind).count();
    let parts: Vec<String> = [
        (count(Some(Kind::Event)), "event", "events"),
        (count(Some(Kind::Task)), "task", "tasks"),
        (count(None), "other item", "other items"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, several)| format!("{number} {}", if number == 1 { one } else { several }))
    .collect();
    match parts.as_slice() {
        [] => "nothing in it".to_owned(),
        parts => parts.join(" and "),
    }
}
