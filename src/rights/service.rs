//! What a user may use of the server: given to everybody, to a group or to one user.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Makes [`ServiceRight`] and its table: name, code, English, German.
macro_rules! services {
    ($($(#[doc = $doc:literal])* $service:ident = $code:literal, $english:literal, $german:literal;)*) => {
        /// Something that a user may use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
        pub enum ServiceRight {
            $($(#[doc = $doc])* #[serde(rename = $code)] $service,)*
        }

        impl ServiceRight {
            /// All of them, in the table's order.
            pub const ALL: &'static [ServiceRight] = &[$(ServiceRight::$service),*];

            /// The service as it stands in JSON.
            pub fn code(self) -> &'static str {
                match self { $(ServiceRight::$service => $code),* }
            }

            /// What it is, in English.
            pub fn english(self) -> &'static str {
                match self { $(ServiceRight::$service => $english),* }
            }

            /// What it is, in German.
            pub fn german(self) -> &'static str {
                match self { $(ServiceRight::$service => $german),* }
            }
        }
    };
}

services! {
    /// Change one's own account: names, addresses, numbers.
    ConfigureAccount = "configure_account", "Change one's own account", "Das eigene Konto ändern";
    /// See and control telephone lines.
    ControlLines = "control_lines", "See and control telephone lines", "Telefonleitungen sehen und steuern";
    /// Send text messages to other users.
    Chat = "chat", "Chat", "Chat";
    /// Telephone in the browser, and talk with other users.
    Audio = "audio", "Softphone and audio", "Softphone und Audio";
    /// Talk with other users with a picture.
    Video = "video", "Softphone, audio and video", "Softphone, Audio und Video";
    /// Take part in screen sharing that others begin.
    AcceptScreenSharing = "accept_screen_sharing", "Take part in screen sharing", "An Bildschirmfreigaben teilnehmen";
    /// Show one's own screen.
    StartScreenSharing = "start_screen_sharing", "Share the screen", "Den Bildschirm freigeben";
    /// Share the screen with users of other companies.
    FederatedScreenSharing = "federated_screen_sharing", "Share the screen with other companies", "Den Bildschirm anderen Firmen freigeben";
    /// Send files in chats.
    ShareFiles = "share_files", "Send files", "Dateien senden";
    /// Send short messages to telephones.
    SendSms = "send_sms", "Send SMS", "SMS senden";
    /// Be told of missed calls by e-mail.
    MissedCallEmail = "missed_call_email", "E-mail about missed calls", "E-Mail über verpasste Anrufe";
    /// Be told of missed calls by SMS.
    MissedCallSms = "missed_call_sms", "SMS about missed calls", "SMS über verpasste Anrufe";
    /// Record calls.
    RecordCalls = "record_calls", "Record calls", "Gespräche aufnehmen";
    /// Have a voice mailbox.
    VoiceMailbox = "voice_mailbox", "Voice mailbox", "Sprachmailbox";
    /// Search the telephone directories.
    PhoneBooks = "phone_books", "Use telephone directories", "Telefonbücher benutzen";
    /// Sign in with the browser app.
    WebApp = "web_app", "Browser app", "Browser-App";
    /// Sign in with an app on a mobile telephone.
    MobileApp = "mobile_app", "Mobile apps", "Mobile Apps";
    /// Sign in from outside of the company's network.
    InternetSignIn = "internet_sign_in", "Sign in over the internet", "Anmelden über das Internet";
    /// Have the presence compared with that of another system.
    PresenceSync = "presence_sync", "Presence shared with other systems", "Präsenz mit anderen Systemen abgleichen";
    /// Be shown on a page that needs no sign-in.
    PublicPage = "public_page", "Profile page for everybody", "Profilseite für alle";
    /// See the journals of all users.
    SeeAllJournals = "see_all_journals", "See the journals of all users", "Die Journale aller Benutzer sehen";
    /// Delete entries of one's own journal.
    DeleteJournal = "delete_journal", "Delete journal entries", "Journaleinträge löschen";
}

impl ServiceRight {
    /// A lesser service that comes with it.
    pub fn includes(self) -> Option<ServiceRight> {
        match self {
            ServiceRight::Video => Some(ServiceRight::Audio),
            ServiceRight::StartScreenSharing => Some(ServiceRight::AcceptScreenSharing),
            _ => None,
        }
    }
}

/// A set of services.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ServiceSet(u32);

// One bit each.
const _: () = assert!(ServiceRight::ALL.len() <= 32);

impl ServiceSet {
    /// Every service.
    pub fn all() -> ServiceSet {
        ServiceRight::ALL.iter().copied().collect()
    }

    /// Whether it is in the set.
    pub const fn contains(self, service: ServiceRight) -> bool {
        self.0 & (1 << service as u32) != 0
    }

    /// What is in one of them or in both.
    pub const fn union(self, other: ServiceSet) -> ServiceSet {
        ServiceSet(self.0 | other.0)
    }

    /// Those in the set, in the table's order.
    pub fn iter(self) -> impl Iterator<Item = ServiceRight> {
        ServiceRight::ALL.iter().copied().filter(move |service| self.contains(*service))
    }
}

impl FromIterator<ServiceRight> for ServiceSet {
    /// With the lesser services that come with these.
    fn from_iter<I: IntoIterator<Item = ServiceRight>>(services: I) -> ServiceSet {
        let with = |service: ServiceRight| [Some(service), service.includes()].into_iter().flatten();
        ServiceSet(services.into_iter().flat_map(with).fold(0, |set, service| set | 1 << service as u32))
    }
}

impl fmt::Debug for ServiceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
