//! iCalendar as lines and components, losslessly: for edits that must leave the rest as it was. What times and
//! recurrences mean is calcard's business (`occurrences.rs`).

/// Octets of a line before it is folded (RFC 5545, section 3.1).
const LINE: usize = 75;

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
    pub(super) components: Vec<Component>,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    /// The parameters as they were written, each with its leading semicolon.
    pub(super) params: String,
    pub(super) value: String,
}

/// Why a text is no iCalendar, in Sabre's words.
#[derive(Debug)]
pub(super) struct NotICalendar(pub(super) &'static str);

impl Component {
    /// An empty component.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// A calendar as Sabre begins one.
    pub(super) fn calendar() -> Self {
        let mut calendar = Self::new("VCALENDAR");
        calendar.add("VERSION", "2.0");
        calendar.add("PRODID", "-//Sabre//Sabre VObject 4.5.6//EN");
        calendar.add("CALSCALE", "GREGORIAN");
        calendar
    }

    /// Reads one document.
    pub(super) fn parse(text: &str) -> Result<Self, NotICalendar> {
        const ENDED: NotICalendar = NotICalendar("End of document reached prematurely");
        let lines = unfold(text);
        let mut lines = lines
            .iter()
            .map(String::as_str)
            .filter(|line| !line.is_empty());
        let first = lines.next().ok_or(ENDED)?;
        if !first.eq_ignore_ascii_case("BEGIN:VCALENDAR")
            && !first.eq_ignore_ascii_case("BEGIN:VCARD")
        {
            return Err(NotICalendar(
                "This parser only supports VCARD and VCALENDAR files",
            ));
        }
        let mut open = vec![Self::new(&first[6..].to_uppercase())];
        for line in lines {
            let Some((head, value)) = split(line) else {
                continue;
            };
            let (name, params) = head.split_at(head.find(';').unwrap_or(head.len()));
            match name.to_uppercase().as_str() {
                "BEGIN" => open.push(Self::new(&value.to_uppercase())),
                "END" => {
                    let done = open.pop().ok_or(ENDED)?;
                    match open.last_mut() {
                        Some(parent) => parent.components.push(done),
                        None => return Ok(done),
                    }
                }
                name => {
                    let line = Line {
                        name: name.to_owned(),
                        params: params.to_owned(),
                        value: value.to_owned(),
                    };
                    open.last_mut().ok_or(ENDED)?.lines.push(line);
                }
            }
        }
        Err(ENDED)
    }

    /// The text of the component, folded, with time zones first.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        fold(out, &format!("BEGIN:{}", self.name));
        for line in &self.lines {
            fold(out, &format!("{}{}:{}", line.name, line.params, line.value));
        }
        let (zones, others): (Vec<_>, Vec<_>) = self
            .components
            .iter()
            .partition(|component| component.name == "VTIMEZONE");
        for component in zones.into_iter().chain(others) {
            component.write(out);
        }
        fold(out, &format!("END:{}", self.name));
    }

    /// Adds a property.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.lines.push(Line {
            name: name.to_owned(),
            params: String::new(),
            value: value.to_owned(),
        });
    }

    /// The first property of that name.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// All properties of that name.
    pub(super) fn lines_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    /// The value of the first property of that name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(|line| line.value.as_str())
    }

    /// The components that are no time zones.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Component> {
        self.components
            .iter()
            .filter(|component| component.name != "VTIMEZONE")
    }

    /// Kind (lower case, as in content types) and UID of the object.
    pub(super) fn identity(&self) -> (String, String) {
        let subject = self.subjects().next();
        let uid = subject
            .and_then(|subject| subject.value("UID"))
            .unwrap_or_default();
        (
            subject
                .map(|subject| subject.name.to_lowercase())
                .unwrap_or_default(),
            uid.to_owned(),
        )
    }

    /// Drops the alarms, which are their owner's (caldav/109).
    pub(super) fn drop_alarms(&mut self) {
        for component in &mut self.components {
            component.components.retain(|inner| inner.name != "VALARM");
        }
    }
}

impl Line {
    /// A parameter's value, without quotes.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.all_params()
            .into_iter()
            .find(|(one, _)| one.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All parameters in order.
    pub(super) fn all_params(&self) -> Vec<(&str, &str)> {
        let mut params = Vec::new();
        let mut rest = self.params.strip_prefix(';').unwrap_or_default();
        while !rest.is_empty() {
            let end = outside_quotes(rest, ';').unwrap_or(rest.len());
            if let Some((name, value)) = rest[..end].split_once('=') {
                params.push((name, value.trim_matches('"')));
            }
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        params
    }
}

/// Head and value of a line: the first colon outside quotes parts them.
fn split(line: &str) -> Option<(&str, &str)> {
    let colon = outside_quotes(line, ':')?;
    Some((&line[..colon], &line[colon + 1..]))
}

fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    for (place, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            letter if letter == wanted && !quoted => return Some(place),
            _ => {}
        }
    }
    None
}

fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
    {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some(last)) => last.push_str(more),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn fold(out: &mut String, line: &str) {
    let mut room = LINE;
    for letter in line.chars() {
        if letter.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= letter.len_utf8();
        out.push(letter);
    }
    out.push_str("\r\n");
}
