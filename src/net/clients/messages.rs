//! What is asked of the driver for a user, by client or program.

use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{Attachment, Beginning, ClientEvent, KnownClient, Leaving, Outcome, Picture, Prompt};
use crate::call::cause::CauseCode;
use crate::call::effect::Command;
use crate::call::numbers::ClientPlace;
use crate::ids::{CallId, ClientId, UserId};
use crate::net::core::{CoreHandle, Message};
use crate::user::clients::ResumeToken;

/// What the web side asks of the driver for a user.
#[derive(Debug)]
pub(in crate::net) enum ClientMessage {
    Attach {
        user: UserId,
        place: ClientPlace,
        resume: Option<ResumeToken>,
        since: Option<u64>,
        most: usize,
        reply: oneshot::Sender<Result<Attachment, CauseCode>>,
    },
    Detach {
        client: ClientId,
        socket: u64,
        leaving: Leaving,
    },
    Command {
        client: ClientId,
        request: u32,
        command: Command,
        text: Bytes,
    },
    /// A client says something of a call that is for its trace only.
    Noted {
        client: ClientId,
        call: CallId,
        text: Bytes,
    },
    /// A client has been sent something of a call.
    Told {
        client: ClientId,
        call: CallId,
        text: Bytes,
        at: Instant,
    },
    Prompt {
        client: ClientId,
        request: u32,
        to: Option<ClientId>,
        prompt: Prompt,
    },
    UserCommand {
        user: UserId,
        command: Command,
        reply: oneshot::Sender<Outcome>,
    },
    UserPrompt {
        user: UserId,
        to: Option<ClientId>,
        prompt: Prompt,
        reply: oneshot::Sender<Outcome>,
    },
    Follow {
        user: UserId,
        since: Option<u64>,
        reply: oneshot::Sender<Result<(Beginning, mpsc::Receiver<ClientEvent>), CauseCode>>,
    },
    Picture {
        user: UserId,
        reply: oneshot::Sender<Picture>,
    },
    Clients {
        user: UserId,
        reply: oneshot::Sender<Vec<KnownClient>>,
    },
}

impl CoreHandle {
    /// A socket of `user` is ready, from this place. `since` is the last change that the client has seen, where it kept its picture; `most`
    /// clients may have a socket at once.
    pub async fn attach(
        &self,
        user: UserId,
        place: ClientPlace,
        resume: Option<ResumeToken>,
        since: Option<u64>,
        most: usize,
    ) -> Result<Attachment, CauseCode> {
        self.ask(|reply| ClientMessage::Attach { user, place, resume, since, most, reply }).await?
    }

    /// A client's socket is gone.
    pub async fn detach(&self, client: ClientId, socket: u64, leaving: Leaving) {
        self.tell(ClientMessage::Detach { client, socket, leaving }).await;
    }

    /// A client's command. The result comes as [`ClientEvent::Reply`]. `request` is below 2³¹; `text` is what came, for
    /// the call's trace.
    pub async fn command(&self, client: ClientId, request: u32, command: Command, text: Bytes) {
        self.tell(ClientMessage::Command { client, request, command, text }).await;
    }

    /// A client says something of one of its calls that is for the call's trace only.
    pub async fn noted(&self, client: ClientId, call: CallId, text: Bytes) {
        self.tell(ClientMessage::Noted { client, call, text }).await;
    }

    /// A client has been sent this of a call, for the call's trace. Where too much waits it is not noted.
    pub fn told(&self, client: ClientId, call: CallId, text: Bytes) {
        let told = ClientMessage::Told { client, call, text, at: Instant::now() };
        let _ = self.inbox.try_send(Message::Client(told));
    }

    /// A client wants another to do something: the one named, or the one that was active last. The answer comes as
    /// [`ClientEvent::Reply`].
    pub async fn prompt(&self, client: ClientId, request: u32, to: Option<ClientId>, prompt: Prompt) {
        self.tell(ClientMessage::Prompt { client, request, to, prompt }).await;
    }

    /// A command of a user's program, which has no audio.
    pub async fn command_of(&self, user: UserId, command: Command) -> Outcome {
        self.ask(|reply| ClientMessage::UserCommand { user, command, reply }).await.into()
    }

    /// A user's program wants a client to do something: the one named, or the one that was active last.
    pub async fn prompt_of(&self, user: UserId, to: Option<ClientId>, prompt: Prompt) -> Outcome {
        self.ask(|reply| ClientMessage::UserPrompt { user, to, prompt, reply }).await.into()
    }

    /// What happens to a user's lines and calls from now on, or from the change after `since`.
    pub async fn follow(
        &self,
        user: UserId,
        since: Option<u64>,
    ) -> Result<(Beginning, mpsc::Receiver<ClientEvent>), CauseCode> {
        self.ask(|reply| ClientMessage::Follow { user, since, reply }).await?
    }

    /// A user's lines and calls.
    pub async fn picture(&self, user: UserId) -> Result<Picture, CauseCode> {
        self.ask(|reply| ClientMessage::Picture { user, reply }).await
    }

    /// The clients that a user is signed in with.
    pub async fn clients_of(&self, user: UserId) -> Result<Vec<KnownClient>, CauseCode> {
        self.ask(|reply| ClientMessage::Clients { user, reply }).await
    }

    async fn tell(&self, message: ClientMessage) {
        let _ = self.inbox.send(Message::Client(message)).await;
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> ClientMessage) -> Result<T, CauseCode> {
        let (reply, answer) = oneshot::channel();
        self.tell(message(reply)).await;
        // The core has stopped.
        answer.await.map_err(|_| CauseCode::ShuttingDown)
    }
}
