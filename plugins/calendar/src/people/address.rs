//! E-mail addresses: those that an argument names, and those that are the user's own.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::Account;

use crate::ical::{Component, ContentLine};

/// Each of them gets an e-mail from Nextcloud, so a slip must not reach a whole address book.
const MOST: usize = 100;
/// RFC 5321, 4.5.3.1.3.
const LONGEST: usize = 254;

/// An address, with the name that was written in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: Option<String>,
    pub(crate) email: String,
}

impl Mailbox {
    /// The user as Nextcloud knows them.
    ///
    /// # Errors
    /// Says where the user sets an address, if there is none: nobody can be invited or asked without it.
    pub(crate) fn of_user(account: &Account) -> Result<Self, Failure> {
        let email = account
            .email
            .as_deref()
            .map(str::trim)
            .filter(|email| !email.is_empty());
        let email = email.ok_or_else(|| {
            Failure::invalid(
                "Nextcloud knows no e-mail address of the user, and without one nobody can be invited or asked for free \
                 times. Nothing was sent. The user sets it under Settings > Personal info > Email.",
            )
        })?;
        Ok(Self {
            name: Some(account.display_name.clone()).filter(|name| !name.trim().is_empty()),
            email: email.to_owned(),
        })
    }

    /// `a@example.org, "Doe, Jane" <jane@example.org>`; each address once.
    pub(crate) fn list(text: &str) -> Result<Vec<Self>, Failure> {
        let mut mailboxes: Vec<Self> = Vec::new();
        for part in split(text) {
            let mailbox = Self::parse(part)?;
            if !mailboxes
                .iter()
                .any(|known| same(&known.email, &mailbox.email))
            {
                mailboxes.push(mailbox);
            }
        }
        if mailboxes.len() > MOST {
            return Err(Failure::invalid(format!(
                "attendees names {} people; {MOST} are the most at once.",
                mailboxes.len()
            )));
        }
        Ok(mailboxes)
    }

    fn parse(part: &str) -> Result<Self, Failure> {
        let (name, email) = match part.split_once('<') {
            Some((name, rest)) => (
                name.trim().trim_matches('"').trim(),
                rest.strip_suffix('>').unwrap_or(rest),
            ),
            None => ("", part),
        };
        let email = bare(email.trim());
        if !is_email(email) {
            return Err(Failure::invalid(format!(
                "attendees: `{}` is no e-mail address. Separate addresses by commas, as in bob@example.org, \"Doe, Jane\" \
                 <jane@example.org>.",
                part.trim()
            )));
        }
        Ok(Self {
            name: (!name.is_empty()).then(|| name.to_owned()),
            email: email.to_owned(),
        })
    }

    /// A property of this person.
    pub(super) fn line(&self, property: &str, params: &[(&str, &str)]) -> ContentLine {
        let mut line = ContentLine::new(property, format!("mailto:{}", self.email));
        if let Some(name) = &self.name {
            line = line.with_param("CN", name);
        }
        params
            .iter()
            .fold(line, |line, (name, value)| line.with_param(name, value))
    }
}

/// The addresses under which others invite the user.
#[derive(Debug, Clone)]
pub(crate) struct Own(Vec<String>);

impl Own {
    /// What Nextcloud lists for the user (`calendar-user-address-set`: addresses and the principal's path), and the
    /// address of the account.
    pub(crate) fn new(account: &Account, listed: Vec<String>) -> Self {
        Self(listed.into_iter().chain(account.email.clone()).collect())
    }

    /// Whether an ORGANIZER or ATTENDEE is the user.
    pub(crate) fn is(&self, line: &ContentLine) -> bool {
        let address = address_of(line);
        self.0.iter().any(|own| same(bare(own.trim()), address))
    }

    pub(super) fn attendee<'c>(&self, event: &'c Component) -> Option<&'c ContentLine> {
        event
            .lines
            .iter()
            .map(|placed| &placed.line)
            .find(|line| line.name == "ATTENDEE" && self.is(line))
    }

    pub(super) fn organizes(&self, event: &Component) -> bool {
        event.get("ORGANIZER").is_some_and(|line| self.is(line))
    }
}

/// The e-mail address that an ORGANIZER or ATTENDEE names; whatever else stands there, if it is none.
pub(crate) fn address_of(line: &ContentLine) -> &str {
    bare(line.value.trim())
}

/// Addresses are compared without regard to case, as Nextcloud does.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// An address without its `mailto:`.
pub(crate) fn bare(address: &str) -> &str {
    match address.get(..7) {
        Some(head) if head.eq_ignore_ascii_case("mailto:") => &address[7..],
        _ => address,
    }
}

/// Parts between commas that stand neither in quotes nor in angle brackets.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut bracketed) = (false, false);
    text.split(move |character| {
        match character {
            '"' if !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        matches!(character, ',' | '\n') && !quoted && !bracketed
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

/// What can stand behind `mailto:` as it is: `?`, `#` and `%` would mean something else there (RFC 6068).
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let odd = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "<>()[]\\,;:\"?#%@".contains(character)
    };
    !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && text.len() <= LONGEST
        && !local.contains(odd)
        && !domain.contains(odd)
}
