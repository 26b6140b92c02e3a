//! What a user's clients go by, told when it changes.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Change, Personal};
use crate::ids::{ClientId, LineId, UserId};
use crate::net::core::Core;
use crate::net::role::Role;
use crate::rights::ServiceRight;

impl<R: Role> Core<R> {
    /// Tells the clients of users what they go by from now on; others find it when they come.
    pub(in crate::net) fn tell_personal(&mut self, personal: Vec<(UserId, Personal)>) {
        if personal.is_empty() {
            return;
        }
        // Who may not use the app any more is told so when it comes back.
        let shut = personal.iter().filter(|(_, personal)| !personal.services.contains(ServiceRight::WebApp));
        self.begin_again(&shut.map(|(user, _)| *user).collect());
        let mut clients: FxHashMap<UserId, Vec<ClientId>> = FxHashMap::default();
        for &client in self.desk.listeners.keys() {
            if let Some(user) = client.api_user().or_else(|| self.desk.user_of(client)) {
                clients.entry(user).or_default().push(client);
            }
        }
        let mut lines: FxHashMap<UserId, Vec<LineId>> = FxHashMap::default();
        for (line, entry) in (0..).map(LineId).zip(&self.directory.lines) {
            for user in entry.users.iter().filter(|user| clients.contains_key(user)) {
                lines.entry(*user).or_default().push(line);
            }
        }
        for (user, personal) in personal {
            let Some(clients) = clients.get(&user) else { continue };
            let personal = Arc::new(Change::Personal(personal));
            // What can be asked for on their own lines is another thing, too.
            let own = lines.get(&user).into_iter().flatten().filter_map(|&line| self.own_line(line));
            let own: Vec<_> =
                own.map(|(line, status, settings)| Arc::new(Change::Line(line, status, settings))).collect();
            for client in clients {
                let Some(listener) = self.desk.listeners.get_mut(client) else { continue };
                listener.tell(personal.clone());
                listener.tell_monitored_again();
                own.iter().for_each(|line| listener.tell(line.clone()));
            }
        }
    }
}
