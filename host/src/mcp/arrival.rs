//! What the edge knows about a request, as the handler finds it again: rmcp hands the HTTP request's extensions through.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::ErrorData;
use rmcp::service::{RequestContext, RoleServer};

use super::listen::Listening;
use super::sign_in::SignIn;
use crate::nextcloud::Caller;
use crate::plugin::{Admission, PluginName};
use crate::trace::RequestId;

/// A place that [`gate`](super::gate) got in one plugin. Extensions must be cloneable, a place must not: the first who takes
/// it has it, and it is given back if nobody does.
#[derive(Clone)]
pub(super) struct Admitted(Arc<Mutex<Option<(PluginName, Admission)>>>);

impl Admitted {
    pub(super) fn new(plugin: PluginName, admission: Admission) -> Self {
        Self(Arc::new(Mutex::new(Some((plugin, admission)))))
    }
}

/// A place among those who listen, which [`gate`](super::gate) got; as [`Admitted`].
#[derive(Clone)]
pub(super) struct Seated(Arc<Mutex<Option<Listening>>>);

impl Seated {
    pub(super) fn new(place: Listening) -> Self {
        Self(Arc::new(Mutex::new(Some(place))))
    }
}

/// The edge's side of one request. Empty over stdio.
pub(super) struct Arrival {
    is_http: bool,
    seated: Option<Seated>,
    caller: Option<Caller>,
    admitted: Option<Admitted>,
    sign_in: Option<SignIn>,
    request_id: RequestId,
}

impl Arrival {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        let http = context
            .extensions
            .get::<http::request::Parts>()
            .map(|parts| &parts.extensions);
        Self {
            is_http: http.is_some(),
            seated: http.and_then(|extensions| extensions.get().cloned()),
            caller: http.and_then(|extensions| extensions.get().cloned()),
            admitted: http.and_then(|extensions| extensions.get().cloned()),
            sign_in: http.and_then(|extensions| extensions.get().cloned()),
            request_id: http
                .and_then(|extensions| extensions.get().cloned())
                .unwrap_or_else(RequestId::new),
        }
    }

    /// Whether it came over HTTP, where a connection carries one answer and nothing back.
    pub(super) fn is_http(&self) -> bool {
        self.is_http
    }

    /// The place among those who listen that waits for this request.
    pub(super) fn take_seat(&self) -> Option<Listening> {
        let mut seat = self
            .seated
            .as_ref()?
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seat.take()
    }

    /// Who calls: whom the edge found, or else the only one there is.
    pub(super) fn caller(&self, only: Option<&Caller>) -> Result<Caller, ErrorData> {
        // Over HTTP the edge refuses before; if it ever did not, nobody is nobody.
        self.caller
            .as_ref()
            .or(only)
            .cloned()
            .ok_or_else(|| ErrorData::internal_error("nobody is signed in", None))
    }

    /// The caller's own sign-in; nothing if the operator signed in for everybody.
    pub(super) fn sign_in(&self) -> Option<&SignIn> {
        self.sign_in.as_ref()
    }

    /// By which the request is known from the edge on; over stdio it begins here.
    pub(super) fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// Tells the edge that Nextcloud does not take the caller's sign-in any more.
    pub(super) fn refuse_sign_in(&self) {
        if let Some(sign_in) = &self.sign_in {
            sign_in.refuse();
        }
    }

    /// The place that waits for this request in `plugin`, if the gate saw the same plugin.
    pub(super) fn take_place(&self, plugin: &PluginName) -> Option<Admission> {
        let mut place = self
            .admitted
            .as_ref()?
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        place
            .take_if(|(own, _)| own == plugin)
            .map(|(_, admission)| admission)
    }
}
