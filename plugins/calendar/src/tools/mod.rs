//! The tools, a folder for each group and a file for each tool: arguments, steps, answer. What several groups need is in
//! [`shared`].

pub(crate) mod bulk;
pub(crate) mod calendars;
pub(crate) mod confirmation;
mod digest;
pub(crate) mod events;
pub(crate) mod exchange;
pub(crate) mod people;
mod problem;
pub(crate) mod reading;
mod shared;
pub(crate) mod tasks;
#[cfg(test)]
mod tests;
