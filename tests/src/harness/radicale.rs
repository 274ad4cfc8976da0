//! Radicale, a `CalDAV` server that nobody here wrote, as the calendars of a stand-in: what holds against both holds by
//! the standard and not by our reading of it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::http;
use super::peers::Peer;
use crate::nextcloud::{CalendarServer, Options, StandIn};

/// Longest wait for Python to begin to listen, on a machine that is busy with other tests.
const START: Duration = Duration::from_secs(30);

/// A running Radicale with an empty storage. It stops when it is dropped.
#[derive(Debug)]
pub struct Radicale {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Radicale {
    /// Starts one on a free port, if there is a Python that has it; else says what is missing.
    pub fn start() -> Result<Self, String> {
        let python = Peer::Python.find()?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let address = free_address();
        let process = Command::new(python)
            .args(["-m", "radicale", "--config", ""])
            .args(["--server-hosts", &address.to_string()])
            // The stand-in has asked for the password already.
            .args(["--auth-type", "none", "--rights-type", "owner_only"])
            .arg("--storage-filesystem-folder")
            .arg(folder.path())
            .args(["--logging-level", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut radicale = Self {
            process,
            address,
            folder,
        };
        radicale.wait()?;
        Ok(radicale)
    }

    /// A stand-in with alice and bob whose calendars it keeps, as long as that runs.
    pub async fn stand_in(self) -> StandIn {
        let url = format!("http://{}", self.address);
        let folder = self.folder.path().join("collection-root");
        let options = Options {
            calendars: Some(CalendarServer::new(http(), url, folder, Arc::new(self))),
            ..Options::with_two_users()
        };
        StandIn::start(options)
            .await
            .expect("a free port on loopback")
    }

    fn wait(&mut self) -> Result<(), String> {
        let begin = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!(
                    "Radicale ended at its start ({status}): `just test` installs it"
                ));
            }
            if begin.elapsed() > START {
                return Err("Radicale does not begin to listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address that nobody listened on a moment ago: Radicale cannot tell which port it was given.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.local_addr().expect("a bound address")
}
