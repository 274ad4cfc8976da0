//! The namespaces of `CalDAV` answers beside DAV's own, and the SDK's reader of them.

pub(crate) use nextcloud_mcp_plugin::dav::{DAV, Element, Entry, last_segment, multistatus, parse};

pub(crate) const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
pub(crate) const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
pub(crate) const APPLE: &str = "http://apple.com/ns/ical/";
pub(crate) const NEXTCLOUD: &str = "http://nextcloud.com/ns";
pub(crate) const OWNCLOUD: &str = "http://owncloud.org/ns";
