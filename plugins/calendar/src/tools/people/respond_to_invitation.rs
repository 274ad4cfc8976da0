//! `respond_to_invitation`: the user's own answer, and nothing else of the event.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{
    EventReply, changed_meanwhile, document, find_for_writing, now, series, show, show_stored,
    title, when, zone_note,
};
use crate::dav::{self, Calendar, Home, Kind, Object};
use crate::event::{day_or_time, occurrence_of_argument};
use crate::people::{Answered, Own, Response, answer, answer_stored, answer_went};
use crate::zone::Moment;

pub(crate) const DESCRIPTION: &str = "Accepts, declines or tentatively accepts an invitation; Nextcloud tells the organizer. Without \
recurrence_id the answer is for the whole series. Example: event_uid \"4f6e…\", response accepted.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    event_uid: String,
    response: Response,
    recurrence_id: Option<String>,
    calendar_name: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Responded {
    event_uid: String,
    calendar: String,
    /// As it is stored now.
    response: Response,
    /// Absent where Nextcloud does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    organizer_told: Option<bool>,
    etag: String,
    /// Opens the event in the Calendar app.
    link: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn respond_to_invitation(arguments: Arguments) -> Result<Reply<Responded>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, found) = find_for_writing(
        &home,
        Kind::Event,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    is_the_users(&calendar)?;
    let own = Own::new(&home.account, dav::own_addresses(&home)?);
    let object = dav::read(&home, &found.calendar, &found.name)?;
    let document = document(&object)?;
    let series = series(&home, &object, &document)?;
    let occurrence = occurrence_of_argument(arguments.recurrence_id.as_deref(), &series)?;
    let text = answer(&Answered {
        document: &document,
        series: &series,
        own: &own,
        response: arguments.response,
        occurrence: occurrence.as_ref(),
        now: now(),
    })?;
    let Some(text) = text else {
        let shown = show(&home, &object, &series)?;
        let text = format!(
            "{} is answered so already: nothing was sent.",
            title(&shown.event)
        );
        return Ok(Reply::new(
            text,
            Responded::new(shown, arguments.response, None),
        ));
    };
    let Some(stored) = dav::put(&home, &object, &text)? else {
        return Err(changed_meanwhile(&home, &object));
    };
    confirmed(&home, &stored, &own, &arguments, occurrence.as_ref())
}

/// For a calendar that somebody shares, Nextcloud would speak for its owner, or for nobody.
fn is_the_users(calendar: &Calendar) -> Result<(), Failure> {
    match &calendar.shared_by {
        None => Ok(()),
        Some(owner) => Err(Failure::denied(format!(
            "The calendar \"{}\" is {owner}'s, and its invitations are {owner}'s to answer.",
            calendar.name
        ))),
    }
}

/// Says that it was done only if Nextcloud has it so.
fn confirmed(
    home: &Home,
    stored: &Object,
    own: &Own,
    arguments: &Arguments,
    occurrence: Option<&Moment>,
) -> Result<Reply<Responded>, Failure> {
    let shown = show_stored(home, stored)?;
    let document = document(stored)?;
    let series = series(home, stored, &document)?;
    if !answer_stored(&series, own, arguments.response, occurrence) {
        return Err(Failure::other(
            "Nextcloud took the event but not the answer. Answer in the Calendar app.",
        ));
    }
    let went = document.events().next().and_then(answer_went);
    let told = match went {
        Some(true) => " Nextcloud told the organizer.",
        Some(false) => {
            " The answer is noted, but Nextcloud could not tell the organizer: do so in another way."
        }
        None => " Nextcloud does not say whether it told the organizer.",
    };
    let which = occurrence.map_or_else(String::new, |id| {
        format!(" (the occurrence of {})", day_or_time(id, &home.zone))
    });
    let text = format!(
        "{}: {}{which}, {}.{told}{}",
        capitalized(arguments.response.word()),
        title(&shown.event),
        when(&shown.event),
        zone_note(home)
    );
    Ok(Reply::new(
        text,
        Responded::new(shown, arguments.response, went),
    ))
}

impl Responded {
    fn new(shown: EventReply, response: Response, organizer_told: Option<bool>) -> Self {
        Self {
            event_uid: shown.event.uid,
            calendar: shown.event.calendar,
            response,
            organizer_told,
            etag: shown.event.etag,
            link: shown.link,
        }
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{first}{}", rest.to_lowercase())
}
