//! The two kinds of stored objects that tools work with.

/// What a stored object holds (RFC 5545, 3.6.1 and 3.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Event,
    Task,
}

impl Kind {
    /// As iCalendar and `CalDAV` filters write it.
    pub(crate) fn component(self) -> &'static str {
        match self {
            Self::Event => "VEVENT",
            Self::Task => "VTODO",
        }
    }

    /// As people say it.
    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Task => "task",
        }
    }

    /// What the tool that lists them is called, behind `list_`.
    pub(crate) fn listed_by(self) -> &'static str {
        match self {
            Self::Event => "events",
            Self::Task => "todos",
        }
    }

    /// In the plural.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Event => "events",
            Self::Task => "tasks",
        }
    }
}
