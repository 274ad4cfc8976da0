//! The tools, a file each: arguments, steps, answer. What several of them need is in [`shared`].

pub(crate) mod create_event;
pub(crate) mod delete_event;
mod filter;
pub(crate) mod get_event;
pub(crate) mod list_calendars;
pub(crate) mod list_events;
mod page;
mod range;
mod search;
mod shared;
#[cfg(test)]
mod tests;
pub(crate) mod update_event;
