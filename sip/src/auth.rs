//! Answers to digest challenges, for the requests of one session or registration.

use crate::core::Core;
use crate::digest::{ChallengeSeen, ClientAuth, Credentials, Verdict};
use crate::header::Name;
use crate::message::Message;
use crate::method::Method;
use crate::uri::Uri;

/// Credentials and what was asked for so far. Debug shows neither.
#[derive(Debug, Clone)]
pub(crate) struct Auth {
    credentials: Option<Credentials>,
    client: ClientAuth,
    seen: Option<ChallengeSeen>,
}

impl Auth {
    /// Without credentials no challenge is answered.
    pub(crate) fn new(credentials: Option<Credentials>) -> Auth {
        Auth { credentials, client: ClientAuth::new(), seen: None }
    }

    /// The headers for the next request: none before the first challenge.
    pub(crate) fn answer(&mut self, method: &Method, uri: &Uri, core: &mut Core) -> Vec<(Name, String)> {
        let Some(credentials) = self.credentials.as_ref().filter(|_| !self.client.is_empty()) else {
            return Vec::new();
        };
        if let Some(seen) = &mut self.seen {
            seen.answered = true;
        }
        let cnonce = format!("{:016x}", core.random());
        self.client.authorization(credentials, method, uri.request_text(), &cnonce)
    }

    /// Takes note of a 401 or 407. True when the request is worth sending again.
    pub(crate) fn challenged(&mut self, response: &Message) -> bool {
        let answered = self.seen.take().is_some_and(|seen| seen.answered);
        self.seen = ChallengeSeen::of(response).map(|seen| ChallengeSeen { answered, ..seen });
        self.credentials.is_some() && self.client.challenged(response) == Verdict::Retry
    }

    /// The last challenge.
    pub(crate) fn seen(&self) -> Option<&ChallengeSeen> {
        self.seen.as_ref()
    }

    /// Begins anew at another peer.
    pub(crate) fn forget(&mut self) {
        self.client.reset();
        self.seen = None;
    }

    /// Takes note of a final response that is no challenge.
    pub(crate) fn settled(&mut self, response: &Message) {
        if !self.client.is_empty() && !matches!(response.status(), Some(401 | 407)) {
            self.client.accepted(response);
        }
    }

    /// Begins anew with other credentials.
    pub(crate) fn reset(&mut self, credentials: Option<Credentials>) {
        self.credentials = credentials;
        self.forget();
    }
}
