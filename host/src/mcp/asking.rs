//! Who can be asked in the course of a request, and how the question reaches them.
//!
//! Since 2026-07-28 a request ends with the question, and the client sends it again with the answer and a state of ours
//! (multi round-trip requests; `replay`). Before, the server asks over the connection that the request came on, which only
//! standard input and output keeps open both ways (`live`). Everybody else can be asked nothing.

use std::sync::Arc;

use rmcp::model::{ErrorData, InputRequiredResult, InputResponses, ProtocolVersion};

use super::bond::Call;
use super::elicit;
use super::live::Live;
use super::replay::Replay;
use super::run::Asker;
use crate::plugin::{CallContext, CallError, Person};

/// What a client sent along to have its call go on.
#[derive(Default)]
pub(super) struct Returned {
    pub(super) state: Option<String>,
    pub(super) responses: Option<InputResponses>,
}

/// One request of a call that may ask.
pub(super) struct Round<'a> {
    asker: Asker<'a>,
    call: Call<'a>,
    way: Way,
}

enum Way {
    Nobody,
    Now(Arc<Live>),
    /// With the next request.
    Later(Arc<Replay>),
}

impl<'a> Round<'a> {
    /// Refuses a state that was not given out for this call. The code is the protocol's for wrong parameters.
    pub(super) async fn begin(
        asker: Asker<'a>,
        call: Call<'a>,
        returned: Returned,
    ) -> Result<Self, ErrorData> {
        let capabilities = asker.context.client_capabilities();
        let is_modern = asker.version().as_str() >= ProtocolVersion::V_2026_07_28.as_str();
        let way = if !capabilities.is_some_and(|one| elicit::shows_forms(&one)) {
            Way::Nobody
        } else if is_modern {
            Way::Later(Arc::new(Replay::begin(asker, &call, returned).await?))
        } else if asker.arrival.is_http() {
            Way::Nobody
        } else {
            Way::Now(Arc::new(Live::at(asker.context.peer.clone())))
        };
        Ok(Self { asker, call, way })
    }

    /// Whom the call can ask.
    pub(super) fn person(&self) -> Option<Arc<dyn Person>> {
        match &self.way {
            Way::Nobody => None,
            Way::Now(live) => Some(live.clone()),
            Way::Later(replay) => Some(replay.clone()),
        }
    }

    /// Runs `work`, which can ask. A question that it ends with is made ready for the client.
    pub(super) async fn run<T>(
        &self,
        context: CallContext,
        work: impl AsyncFnOnce(CallContext) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let context = CallContext {
            person: self.person(),
            ..context
        };
        let result = work(context).await;
        if let (Err(CallError::Asks), Way::Later(replay)) = (&result, &self.way) {
            replay.seal(self.asker, &self.call).await?;
        }
        result
    }

    /// The question that the call ended with.
    pub(super) fn input_required(&self) -> Result<InputRequiredResult, ErrorData> {
        let ready = match &self.way {
            Way::Later(replay) => replay.take(),
            Way::Nobody | Way::Now(_) => None,
        };
        ready.ok_or_else(|| ErrorData::internal_error("a question could not be put", None))
    }
}
