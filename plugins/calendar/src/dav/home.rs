//! Where the caller's calendars are, and who the caller is.

use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{self, Account, Path, Server};

use crate::zone::named_zone;

/// The caller's calendar home.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) account: Account,
    pub(crate) server: Server,
    /// The user's; UTC where Nextcloud does not know it.
    pub(crate) zone: TimeZone,
    /// Whether `zone` is the user's own.
    pub(crate) zone_known: bool,
}

impl Home {
    pub(crate) fn of_caller() -> Result<Self, Failure> {
        let account = nextcloud::whoami()?;
        let server = nextcloud::server()?;
        let own = account
            .time_zone
            .as_deref()
            .and_then(|name| named_zone(name).ok());
        let zone_known = own.is_some();
        Ok(Self {
            account,
            server,
            zone: own.unwrap_or(TimeZone::UTC),
            zone_known,
        })
    }

    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Where a calendar or an object in it is below the server's address.
    pub(crate) fn address(&self, calendar: &str, object: Option<&str>) -> String {
        match object {
            Some(object) => self.object(calendar, object),
            None => self.calendar(calendar),
        }
        .to_string()
    }

    pub(super) fn path(&self) -> Path {
        Path::new("/remote.php/dav/calendars")
            .segment(&self.account.id)
            .folder()
    }

    pub(super) fn calendar(&self, calendar: &str) -> Path {
        self.path().segment(calendar).folder()
    }

    pub(super) fn object(&self, calendar: &str, object: &str) -> Path {
        self.path().segment(calendar).segment(object)
    }
}
