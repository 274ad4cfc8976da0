//! What people use the servers for, as calls of each: the same question in the words of both.

mod calendars;
mod capabilities;
mod events;
mod notes;
mod people;
mod tasks;

use serde_json::{Value, json};

use super::known::Known;
use super::report::Name;

/// One thing that is done, as calls one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) name: &'static str,
    here: &'static [Call],
    /// Empty where the Python server has nothing like it.
    peer: &'static [Call],
}

/// One call. Its arguments may rest on earlier answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Tool(&'static str, Arguments),
    /// A tool that shows first what it would do, and does it when it gets the handle of that answer.
    Confirmed(&'static str, Arguments),
    Read(&'static str),
}

type Arguments = fn(&Known) -> Value;

const fn both(name: &'static str, calls: &'static [Call]) -> Use {
    each(name, calls, calls)
}

const fn here(name: &'static str, calls: &'static [Call]) -> Use {
    each(name, calls, &[])
}

const fn each(name: &'static str, here: &'static [Call], peer: &'static [Call]) -> Use {
    Use { name, here, peer }
}

/// Those whose time is measured: what is done often, and one that writes.
pub(super) const TIMED: [Use; 5] = [
    both("get a note", &[notes::GET]),
    both("search notes for a word", &[notes::SEARCH]),
    both("list a month of a calendar", &[events::LIST_MONTH]),
    both("create a note, delete it", &[notes::CREATE, notes::DELETE]),
    capabilities::READ,
];

/// Those that are measured in an account with thousands of notes.
pub(super) const LARGE: [Use; 4] = [
    both("list notes", &[notes::LIST]),
    both("search: a rare word", &[notes::SEARCH]),
    both(
        "search: a word in most notes",
        &[Call::Tool(
            "nc_notes_search_notes",
            |_| json!({"query": "meeting"}),
        )],
    ),
    here(
        "search: every note read",
        &[Call::Tool(
            "nc_notes_search_notes",
            |_| json!({"query": "Reykjavik", "thorough": true}),
        )],
    ),
];

/// Those whose requests are counted, in the order of a conversation: what one leaves behind the next one finds. Every tool is
/// called in one of them.
pub(super) fn counted() -> impl Iterator<Item = &'static Use> {
    let groups: [&[Use]; 6] = [
        &notes::COUNTED,
        &calendars::COUNTED,
        &events::COUNTED,
        &people::COUNTED,
        &tasks::COUNTED,
        &capabilities::COUNTED,
    ];
    groups.into_iter().flatten()
}

impl Use {
    /// Its calls of this server or of the other one.
    pub(super) fn of(&self, name: Name) -> &'static [Call] {
        match name {
            Name::Peer | Name::WholePeer => self.peer,
            _ => self.here,
        }
    }

    /// The only call, where it is a tool's: its name and arguments.
    pub(super) fn tool(&self, known: &Known) -> Option<(&'static str, Value)> {
        match self.here {
            [Call::Tool(tool, arguments)] => Some((tool, arguments(known))),
            _ => None,
        }
    }

    /// The tools of this server that it calls.
    pub(super) fn tools(&self) -> impl Iterator<Item = &'static str> {
        self.here.iter().filter_map(|call| match call {
            Call::Tool(tool, _) | Call::Confirmed(tool, _) => Some(*tool),
            Call::Read(_) => None,
        })
    }
}
