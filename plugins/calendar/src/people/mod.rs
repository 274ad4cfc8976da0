//! Other people: who is invited, what they answer, when they are free.
//!
//! Text in, text out: nothing here sends a request. Who tells whom is Nextcloud's part (RFC 6638): it sends invitations,
//! changes and answers when an event is stored.

mod address;
mod attendees;
mod busy;
mod delivery;
mod free_busy;
mod hours;
mod invitation;
mod period;
mod reply;
mod slots;
#[cfg(test)]
mod tests;

pub(crate) use address::{Mailbox, Own, bare, same};
pub(crate) use attendees::{Guests, change, invited};
pub(crate) use busy::{Busy, Rules, of_events};
pub(crate) use delivery::{Delivery, answer_went};
pub(crate) use free_busy::{Question, answer_of, question};
pub(crate) use hours::{Hours, Weekday, windows};
pub(crate) use invitation::invitations;
pub(crate) use period::{Period, merged};
pub(crate) use reply::{Answered, Response, answer, answer_stored};
pub(crate) use slots::{Search, Slot, find};
