//! Every figure of one run, as it is kept in `docs/performance/figures.json`. Times are in milliseconds, sizes in bytes.

use serde::{Deserialize, Serialize};

use super::calls::Calls;
use super::hosts::Host;
use super::large::Large;
use super::load::Load;
use super::machine::Machine;
use super::memory::Stages;
use super::requests::Requests;
use super::sandbox::Sandbox;
use super::sizes::Size;
use super::start_up::StartUp;
use super::users::Users;

/// Every figure of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// On what.
    pub machine: Machine,
    /// The version of the Python server, if it was there.
    pub peer: Option<String>,
    /// What lies on the disk.
    pub sizes: Vec<Size>,
    /// From the start of the process until it serves.
    pub start_up: Vec<StartUp>,
    /// What it holds of the machine's memory, and when.
    pub memory: Vec<Stages>,
    /// Calls, one at a time.
    pub calls: Vec<Calls>,
    /// Calls of many clients at once.
    pub load: Vec<Load>,
    /// Many users, each with a credential of their own.
    pub users: Vec<Users>,
    /// An account with thousands of notes.
    pub large: Vec<Large>,
    /// What the sandbox adds.
    pub sandbox: Sandbox,
    /// Hosts of plugins, this server first. Not in reports of before that was measured.
    #[serde(default)]
    pub hosts: Vec<Host>,
    /// What Nextcloud is asked for each call.
    pub requests: Vec<Requests>,
}

/// Whose figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Name {
    /// This server at its very first start: its plugins are not compiled yet.
    FirstStart,
    /// This server.
    Here,
    /// The Python server with the tool groups that both have.
    Peer,
    /// The Python server as it is installed, with all its tool groups.
    WholePeer,
    /// No server: the same requests, sent straight at the stand-in.
    Straight,
}

impl Name {
    /// As it stands in tables and plots.
    pub fn label(self) -> &'static str {
        match self {
            Self::FirstStart => "this server, first start",
            Self::Here => "this server",
            Self::Peer => "Python server, same groups",
            Self::WholePeer => "Python server, all groups",
            Self::Straight => "stand-in, straight",
        }
    }
}
