//! Whether Nextcloud is there, asked as nobody.

use std::time::Duration;

use http::{Request, StatusCode};
use serde::Deserialize;

use super::{FetchError, ServiceClient};

/// `status.php` has a few hundred bytes.
const ANSWER_BYTES: u64 = 16 * 1024;

/// Who asks gives up sooner.
const WITHIN: Duration = Duration::from_secs(10);

/// What Nextcloud says of itself to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// `occ maintenance:mode`, or an upgrade: it answers nothing else meanwhile (`errors/063`).
    pub maintenance: bool,
}

impl ServiceClient {
    /// Asks for `status.php`.
    pub async fn status(&self) -> Result<Status, FetchError> {
        let request = Request::get(format!("{}/status.php", self.base_url()))
            .body(Vec::new())
            .map_err(|error| FetchError::Other(error.to_string()))?;
        let answer = self.send(request, ANSWER_BYTES, WITHIN).await?;
        match answer.status() {
            StatusCode::OK => serde_json::from_slice(answer.body())
                .map_err(|_| FetchError::Other("status.php is not Nextcloud's".to_owned())),
            status => Err(FetchError::Other(format!("status {}", status.as_u16()))),
        }
    }
}
