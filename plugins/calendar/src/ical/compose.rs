//! The text of a calendar with one new event or task: what every such text has around its own lines, and the last look at
//! it. Never here: what those lines mean.

use jiff::Timestamp;

use super::line::ContentLine;
use super::text::escape;
use super::value::When;
use super::verify::{self, Expected};

const PRODID: &str = "-//nextcloud-mcp-server//calendar//EN";
const EOL: &str = "\r\n";

/// What to write.
pub(crate) struct NewItem<'a> {
    /// `VEVENT` or `VTODO`.
    pub(crate) component: &'static str,
    pub(crate) uid: &'a str,
    pub(crate) now: Timestamp,
    /// The VTIMEZONEs that its times name.
    pub(crate) zones: Vec<ContentLine>,
    /// Its own lines, alarms included.
    pub(crate) lines: Vec<ContentLine>,
    /// Texts as the user gave them, by property; the empty ones are not written.
    pub(crate) texts: [(&'static str, Option<&'a str>); 3],
}

impl NewItem<'_> {
    /// The text, read back by a second reader.
    ///
    /// # Errors
    /// Says what did not survive the writing: a mistake of the plugin.
    pub(crate) fn text(self) -> Result<String, String> {
        let stamp = |name| When::utc(self.now).to_line(name);
        let mut lines = vec![
            ContentLine::new("BEGIN", "VCALENDAR"),
            ContentLine::new("VERSION", "2.0"),
            ContentLine::new("PRODID", PRODID),
        ];
        lines.extend(self.zones);
        lines.extend([
            ContentLine::new("BEGIN", self.component),
            ContentLine::new("UID", escape(self.uid)),
            stamp("DTSTAMP"),
            stamp("CREATED"),
            stamp("LAST-MODIFIED"),
            ContentLine::new("SEQUENCE", "0"),
        ]);
        lines.extend(self.lines);
        lines.extend([
            ContentLine::new("END", self.component),
            ContentLine::new("END", "VCALENDAR"),
        ]);
        let text: String = lines.iter().map(|line| line.to_folded(EOL)).collect();
        let given = |(name, value): (_, Option<_>)| Some((name, value?));
        let texts = self.texts.into_iter().filter_map(given);
        let expected = Expected {
            uid: self.uid,
            texts: texts
                .filter(|(_, value): &(_, &str)| !value.trim().is_empty())
                .collect(),
        };
        verify::holds(&text, &expected)?;
        Ok(text)
    }
}
