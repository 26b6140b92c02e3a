//! Why a call, a line or a request failed: one table for SIP, HTTP and screen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Makes [`CauseCode`] and its table: code, SIP status we send for it, HTTP status, sentence in English, in German.
macro_rules! causes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $sip:literal, $http:literal, $english:literal, $german:literal;)*) => {
        /// A stable code for why something failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
        pub enum CauseCode {
            $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)*
        }

        impl CauseCode {
            /// Every code, in the table's order.
            pub const ALL: &'static [CauseCode] = &[$(CauseCode::$variant),*];

            /// The code as it stands in JSON.
            pub fn code(self) -> &'static str {
                match self { $(CauseCode::$variant => $code),* }
            }

            /// The SIP status sent to a PBX for it.
            pub fn sip_status(self) -> u16 {
                match self { $(CauseCode::$variant => $sip),* }
            }

            /// The HTTP status of an API answer that carries it.
            pub fn http_status(self) -> u16 {
                match self { $(CauseCode::$variant => $http),* }
            }

            /// What a person reads, in English.
            pub fn english(self) -> &'static str {
                match self { $(CauseCode::$variant => $english),* }
            }

            /// What a person reads, in German.
            pub fn german(self) -> &'static str {
                match self { $(CauseCode::$variant => $german),* }
            }
        }
    };
}

causes! {
    /// A call ended as calls do.
    NormalClearing = "normal_clearing", 200, 200, "The call has ended.", "Das Gespräch ist beendet.";
    /// Another device of the same user took the call.
    AnsweredElsewhere = "answered_elsewhere", 200, 409, "Answered on another device.", "Auf einem anderen Gerät angenommen.";
    /// The call went to another number.
    Diverted = "diverted", 302, 409, "The call was forwarded to another number.", "Der Anruf wurde an eine andere Nummer weitergeleitet.";
    /// The call is placed by way of the user's other telephone.
    RemoteOffice = "remote_office", 200, 200, "Your other telephone rings first. When you answer it, the number is called.", "Zuerst klingelt Ihr anderes Telefon. Wenn Sie dort abheben, wird die Nummer gerufen.";
    /// The caller gave up before anybody answered.
    CallerHungUp = "caller_hung_up", 487, 409, "The caller hung up.", "Der Anrufer hat aufgelegt.";
    /// The user gave up dialling.
    Cancelled = "cancelled", 487, 409, "You cancelled the call.", "Sie haben den Anruf abgebrochen.";
    /// SIP 404, 410, 484, 485, 604.
    UnknownNumber = "unknown_number", 404, 404, "This number does not exist. Check the digits.", "Diese Nummer gibt es nicht. Bitte die Ziffern prüfen.";
    /// SIP 486, 600.
    Busy = "busy", 486, 409, "The line is busy.", "Der Anschluss ist besetzt.";
    /// SIP 603, 607.
    Declined = "declined", 603, 409, "The call was declined.", "Der Anruf wurde abgelehnt.";
    /// SIP 408 from the other side, or ringing that nobody answered.
    NoAnswer = "no_answer", 408, 504, "Nobody answered.", "Niemand hat abgehoben.";
    /// SIP 480.
    Unavailable = "unavailable", 480, 409, "The person called cannot be reached right now.", "Der Teilnehmer ist zurzeit nicht erreichbar.";
    /// SIP 403 and 401/407 for a call.
    NotPermitted = "not_permitted", 403, 403, "The PBX does not permit this call.", "Die Telefonanlage erlaubt diesen Anruf nicht.";
    /// No codec in common (SIP 488, 606, 415), found by us or by the other side.
    NoCommonCodec = "no_common_codec", 488, 422, "The two sides have no audio codec in common. Check the codecs of the PBX connection.", "Die beiden Seiten haben keinen gemeinsamen Audio-Codec. Bitte die Codecs der Anlagenverbindung prüfen.";
    /// The PBX offers encrypted audio only, to a line group without.
    SrtpRequired = "srtp_required", 488, 422, "The PBX demands encrypted audio (SRTP), which is switched off for this connection. Set srtp of the PBX connection to optional or required.", "Die Telefonanlage verlangt verschlüsselten Ton (SRTP), der für diese Verbindung abgeschaltet ist. Bitte srtp der Anlagenverbindung auf optional oder required stellen.";
    /// The PBX does not encrypt, or not in a way known here, where a line group demands it.
    SrtpRefused = "srtp_refused", 488, 422, "The PBX does not take the encrypted audio (SRTP) that this connection demands. Allow SRTP at the PBX, or change srtp of the PBX connection.", "Die Telefonanlage nimmt den verschlüsselten Ton (SRTP) nicht an, den diese Verbindung verlangt. Bitte SRTP in der Anlage erlauben oder srtp der Anlagenverbindung ändern.";
    /// The PBX did not answer the request at all.
    PbxNotAnswering = "pbx_not_answering", 408, 504, "The PBX does not answer. Check its address and the network.", "Die Telefonanlage antwortet nicht. Bitte Adresse und Netzwerk prüfen.";
    /// The connection to the PBX could not be made or broke.
    PbxUnreachable = "pbx_unreachable", 503, 502, "The PBX cannot be reached. Check its address, port and transport.", "Die Telefonanlage ist nicht erreichbar. Bitte Adresse, Port und Transport prüfen.";
    /// The PBX's host name has no address.
    NameNotResolved = "name_not_resolved", 503, 502, "The PBX's host name was not found. Check the registrar in the configuration.", "Der Rechnername der Telefonanlage wurde nicht gefunden. Bitte den Registrar in der Konfiguration prüfen.";
    /// TLS to the PBX does not come about; the detail says why.
    CertificateRefused = "certificate_refused", 503, 502, "No TLS connection to the PBX: a certificate is not accepted. Check the certificates and the name of the registrar.", "Keine TLS-Verbindung zur Telefonanlage: Ein Zertifikat wird nicht angenommen. Bitte die Zertifikate und den Namen des Registrars prüfen.";
    /// REGISTER answered with 401/407 although credentials were sent.
    WrongPassword = "wrong_password", 403, 502, "The PBX rejects the line's user name or password.", "Die Telefonanlage weist Benutzername oder Passwort der Leitung zurück.";
    /// REGISTER answered with a challenge that cannot be met.
    AuthenticationUnsupported = "authentication_unsupported", 403, 502, "The PBX asks for a kind of authentication that is not known here. Allow MD5 or SHA-256 digest there.", "Die Telefonanlage verlangt ein hier unbekanntes Anmeldeverfahren. Bitte dort Digest mit MD5 oder SHA-256 erlauben.";
    /// REGISTER answered with 403 or 404.
    RegistrationRefused = "registration_refused", 403, 502, "The PBX refuses to register this line. Check the user name and the domain.", "Die Telefonanlage verweigert die Anmeldung dieser Leitung. Bitte Benutzername und Domäne prüfen.";
    /// SIP 5xx and 503.
    PbxOverloaded = "pbx_error", 503, 502, "The PBX could not handle the call. Try again in a moment.", "Die Telefonanlage konnte den Anruf nicht ausführen. Bitte gleich noch einmal versuchen.";
    /// Any other refusal of the other side; the detail has its words.
    Refused = "refused", 480, 409, "The other side refused the call.", "Die Gegenseite hat den Anruf abgelehnt.";
    /// The line is not registered.
    LineNotRegistered = "line_not_registered", 480, 409, "This line is not registered at the PBX, so calls are not possible.", "Diese Leitung ist nicht an der Telefonanlage angemeldet. Anrufe sind nicht möglich.";
    /// The line is switched off in the configuration.
    LineInactive = "line_inactive", 480, 409, "This line is switched off in the configuration.", "Diese Leitung ist in der Konfiguration abgeschaltet.";
    /// A trunk whose PBX registers with us has not done so.
    TrunkNotRegistered = "trunk_not_registered", 480, 502, "The PBX has not registered with this server. Check its account and the address it registers to.", "Die Telefonanlage hat sich nicht an diesem Server angemeldet. Bitte ihr Konto und die Adresse prüfen, an der sie sich anmeldet.";
    /// Nobody of the line's users is signed in.
    NobodySignedIn = "nobody_signed_in", 480, 409, "Nobody is signed in on this line.", "Auf dieser Leitung ist niemand angemeldet.";
    /// The device with the audio went away and did not come back.
    ClientLost = "client_lost", 480, 409, "The connection to the browser was lost.", "Die Verbindung zum Browser ist abgebrochen.";
    /// ICE or DTLS did not come about, or broke.
    MediaNotConnected = "media_not_connected", 480, 502, "No audio path between browser and server. A firewall may block UDP.", "Kein Sprachweg zwischen Browser und Server. Möglicherweise blockiert eine Firewall UDP.";
    /// The PBX stopped answering within a call.
    SessionLost = "session_lost", 480, 502, "The connection to the PBX was lost during the call.", "Die Verbindung zur Telefonanlage ist während des Gesprächs abgebrochen.";
    /// The server is stopping.
    ShuttingDown = "shutting_down", 503, 503, "The server is being stopped.", "Der Server wird beendet.";
    /// A limit of ours.
    TooManyCalls = "too_many_calls", 503, 503, "The server has reached its limit of calls.", "Der Server hat seine Höchstzahl an Gesprächen erreicht.";
    /// The threads that move audio have no time for another call.
    Overloaded = "overloaded", 503, 503, "The server is too busy for another call. Try again in a moment.", "Der Server ist für ein weiteres Gespräch zu stark ausgelastet. Bitte gleich noch einmal versuchen.";
    /// The request names a call that is not there.
    UnknownCall = "unknown_call", 481, 404, "This call no longer exists.", "Dieses Gespräch gibt es nicht mehr.";
    /// The request names a line that the user does not have.
    UnknownLine = "unknown_line", 404, 404, "You have no such line.", "Sie haben keine solche Leitung.";
    /// A prompt is for a client that is not there.
    UnknownClient = "unknown_client", 404, 404, "This client is not signed in.", "Dieser Client ist nicht angemeldet.";
    /// What needs audio was asked for where there is none, and no client of the user can be prompted.
    NoClient = "no_client", 480, 409, "None of your softphones is online that could take the audio. Open one, then try again.", "Keines Ihrer Softphones ist online, um den Ton zu übernehmen. Bitte eines öffnen und noch einmal versuchen.";
    /// A limit of ours.
    TooManyClients = "too_many_clients", 503, 429, "You are signed in too often at once. Close some of your softphones and programs.", "Sie sind zu oft gleichzeitig angemeldet. Bitte einige Softphones und Programme schließen.";
    /// SDP came over HTTP.
    AudioNeedsClient = "audio_needs_client", 400, 400, "Audio belongs to a client with a WebSocket. Leave sdp out, and a client is prompted.", "Ton gehört zu einem Client mit WebSocket. Ohne sdp wird ein Client dazu aufgefordert.";
    /// Not possible in the call's state.
    NotPossibleNow = "not_possible_now", 491, 409, "That is not possible in the call's present state.", "Das ist im jetzigen Zustand des Gesprächs nicht möglich.";
    /// Captures have pseudonyms, and a voice cannot get one.
    AudioIsPersonal = "audio_is_personal", 403, 409, "Numbers and names have pseudonyms in captures, and a voice cannot get one. Only headers of audio can be captured.", "Nummern und Namen haben in Mitschnitten Pseudonyme, und eine Stimme kann keines bekommen. Vom Ton lassen sich nur Kopfdaten mitschneiden.";
    /// The administrator has switched the function off for the line's connection.
    FunctionOff = "function_off", 403, 403, "This function is switched off for this line.", "Diese Funktion ist für diese Leitung abgeschaltet.";
    /// A service that the user has not: softphone and audio.
    AudioNotGiven = "audio_not_given", 403, 403, "You may not telephone in the browser. An administrator can give you the service \"Softphone and audio\".", "Sie dürfen nicht im Browser telefonieren. Ein Administrator kann Ihnen den Dienst „Softphone und Audio“ geben.";
    /// A service that the user has not: seeing and controlling lines.
    LinesNotGiven = "lines_not_given", 403, 403, "You may not control telephone lines. An administrator can give you the service \"See and control telephone lines\".", "Sie dürfen keine Telefonleitungen steuern. Ein Administrator kann Ihnen den Dienst „Telefonleitungen sehen und steuern“ geben.";
    /// A service that the user has not: changing one's own account.
    AccountNotGiven = "account_not_given", 403, 403, "You may not change your own account. An administrator can give you the service \"Change one's own account\".", "Sie dürfen Ihr eigenes Konto nicht ändern. Ein Administrator kann Ihnen den Dienst „Das eigene Konto ändern“ geben.";
    /// A service that the user has not: the browser app.
    WebAppNotGiven = "web_app_not_given", 403, 403, "You may not use the browser app. An administrator can give you the service \"Browser app\".", "Sie dürfen die Browser-App nicht benutzen. Ein Administrator kann Ihnen den Dienst „Browser-App“ geben.";
    /// A line that the user only sees.
    LineNotYours = "line_not_yours", 403, 403, "You can only look at this line. Calls from it are for those whose line it is.", "Diese Leitung können Sie nur sehen. Von ihr telefoniert, wem sie gehört.";
    /// The user has no right to pick up calls of the line.
    PickUpNotAllowed = "pick_up_not_allowed", 403, 403, "You may not pick up calls of this line. Its user or an administrator can allow it.", "Sie dürfen Anrufe dieser Leitung nicht heranholen. Ihr Benutzer oder ein Administrator kann es erlauben.";
    /// The user has no right to set the forwarding of the line.
    DiversionsNotAllowed = "diversions_not_allowed", 403, 403, "You may not set the forwarding of this line. Its user or an administrator can allow it.", "Sie dürfen die Umleitungen dieser Leitung nicht ändern. Ihr Benutzer oder ein Administrator kann es erlauben.";
    /// It takes a second call, and there is none.
    NoOtherCall = "no_other_call", 491, 409, "This takes a second call.", "Dazu gehört ein zweites Gespräch.";
    /// It takes a call that has been answered.
    NotAnswered = "not_answered", 491, 409, "That is possible when the call has been answered.", "Das geht erst, wenn das Gespräch angenommen ist.";
    /// The call is not on hold.
    NotHeld = "not_held", 491, 409, "The call is not on hold.", "Das Gespräch wird nicht gehalten.";
    /// The call is on hold.
    OnHold = "on_hold", 491, 409, "The call is on hold.", "Das Gespräch wird gehalten.";
    /// The audio is on another device of the same user.
    AudioElsewhere = "audio_elsewhere", 491, 409, "The call's audio is on another of your devices.", "Der Ton des Gesprächs ist auf einem anderen Ihrer Geräte.";
    /// The call is being transferred.
    TransferUnderWay = "transfer_under_way", 491, 409, "The call is being transferred.", "Das Gespräch wird gerade übergeben.";
    /// Digits that belong to the number are still to be sent.
    StillDialling = "still_dialling", 491, 409, "The digits behind the number are still being sent. Transfer the call when that is done.", "Die Ziffern hinter der Nummer werden noch gesendet. Übergeben Sie das Gespräch danach.";
    /// The call is in a conference.
    InConference = "in_conference", 491, 409, "That is not possible in a conference.", "Das ist in einer Konferenz nicht möglich.";
    /// The conference has its highest number of members.
    ConferenceFull = "conference_full", 486, 409, "The conference is full.", "Die Konferenz ist voll.";
    /// Another call is parked at the number.
    ParkOccupied = "park_occupied", 486, 409, "Another call is parked at this number.", "Unter dieser Nummer ist schon ein Gespräch geparkt.";
    /// No call rings or is parked at the number.
    NothingToPickUp = "nothing_to_pick_up", 404, 404, "No call is waiting at this number.", "Unter dieser Nummer wartet kein Anruf.";
    /// Somebody else has picked the call up.
    PickedUp = "picked_up", 200, 409, "Somebody else has picked up the call.", "Jemand anders hat den Anruf herangeholt.";
    /// The call was transferred.
    Transferred = "transferred", 200, 200, "The call was transferred.", "Das Gespräch wurde übergeben.";
    /// The call has been at the number before.
    TriedBefore = "tried_before", 482, 409, "The call has been at this number already. Choose another one.", "Der Anruf war schon bei dieser Nummer. Bitte eine andere wählen.";
    /// The line is not to be disturbed.
    DoNotDisturb = "do_not_disturb", 486, 409, "The line does not want to be disturbed.", "Der Anschluss möchte nicht gestört werden.";
    /// A line would forward to itself.
    OwnNumber = "own_number", 482, 422, "This is the line's own number. Choose another one.", "Das ist die eigene Nummer der Leitung. Bitte eine andere wählen.";
    /// Seconds of ringing that nobody can mean.
    InvalidSeconds = "invalid_seconds", 400, 422, "Choose between 1 and 600 seconds of ringing; only forwarding when nobody answers takes them.", "Bitte 1 bis 600 Sekunden wählen; nur die Weiterleitung bei Nichtmelden hat eine Dauer.";
    /// The number has nothing to dial in it.
    InvalidNumber = "invalid_number", 484, 422, "This is not a number that can be dialled.", "Diese Nummer kann nicht gewählt werden.";
    /// A rule of the location lets nothing be dialled.
    NumberSuppressed = "number_suppressed", 403, 422, "A rule of the location leaves nothing to dial of this number. An administrator can see which under Numbers.", "Eine Regel des Standorts lässt von dieser Nummer nichts zum Wählen übrig. Welche, zeigt die Verwaltung unter Rufnummern.";
    /// The location has no project of that name.
    UnknownProject = "unknown_project", 404, 422, "There is no such project at the line's location. Choose another one.", "Dieses Projekt gibt es am Standort der Leitung nicht. Bitte ein anderes wählen.";
    /// The chosen project, or private calls, need a PIN.
    PinNeeded = "pin_needed", 403, 422, "A PIN is needed for this call. Enter it, with all its digits.", "Für dieses Gespräch ist eine PIN nötig. Bitte vollständig eingeben.";
    /// The chosen project, or private calls, need a user's number.
    UserNumberNeeded = "user_number_needed", 403, 422, "A user number is needed for this call. Enter it, with all its digits.", "Für dieses Gespräch ist eine Benutzernummer nötig. Bitte vollständig eingeben.";
    /// A PIN or a user's number that would have to be passed on to another client.
    PinNeedsClient = "pin_needs_client", 403, 422, "A PIN or user number is not passed on to another of your softphones. Call from the one where you enter it.", "PIN und Benutzernummer werden nicht an ein anderes Ihrer Softphones weitergegeben. Bitte dort anrufen, wo Sie sie eingeben.";
    /// Somebody who asks faster than people type.
    AskedTooOften = "asked_too_often", 503, 429, "That was asked too often. Try again in a moment.", "Das wurde zu oft gefragt. Bitte gleich noch einmal versuchen.";
    /// The browser's SDP could not be used.
    InvalidSdp = "invalid_sdp", 488, 422, "The browser's audio description cannot be used.", "Die Audiobeschreibung des Browsers ist nicht verwendbar.";
    /// The configuration that was to be read again has a mistake.
    BadConfiguration = "bad_configuration", 400, 422, "There is a mistake in the configuration; it stays as it was.", "In der Konfiguration ist ein Fehler; sie bleibt, wie sie war.";
    /// A request that cannot be read.
    BadRequest = "bad_request", 400, 400, "The request cannot be understood.", "Die Anfrage ist nicht verständlich.";
    /// Client and server were built for other protocol versions.
    WrongVersion = "wrong_version", 400, 409, "This page is out of date. Reload it.", "Diese Seite ist veraltet. Bitte neu laden.";
    /// Wrong user name or password.
    SignInFailed = "sign_in_failed", 401, 401, "User name or password is wrong.", "Benutzername oder Passwort ist falsch.";
    /// The password is right; the account has a second factor, too.
    CodeNeeded = "code_needed", 401, 401, "Enter the code that your authenticator app shows.", "Bitte den Code eingeben, den Ihre Authenticator-App zeigt.";
    /// The password is right, the code of the second factor is not.
    CodeWrong = "code_wrong", 401, 401, "This code is wrong, or was used before. Enter the one that your app shows next.", "Dieser Code ist falsch oder wurde schon benutzt. Bitte den nächsten eingeben, den Ihre App zeigt.";
    /// The settings demand a second factor, and the account has none.
    SecondFactorMissing = "second_factor_missing", 403, 403, "Set up a second factor first: the settings demand it.", "Bitte zuerst einen zweiten Faktor einrichten: Die Einstellungen verlangen es.";
    /// Not signed in, or the session ended.
    NotSignedIn = "not_signed_in", 401, 401, "Please sign in.", "Bitte anmelden.";
    /// Nobody has set the server up.
    SetupNeeded = "setup_needed", 503, 503, "This server is not set up yet. Open the link that it has printed on its terminal.", "Dieser Server ist noch nicht eingerichtet. Bitte den Link öffnen, den er auf seinem Terminal ausgegeben hat.";
    /// An administrator whose role is not enough.
    RoleForbids = "role_forbids", 403, 403, "Your role does not allow this. Ask an administrator with the role full.", "Ihre Rolle erlaubt das nicht. Bitte einen Administrator mit der Rolle full fragen.";
    /// Too many wrong passwords.
    TooManyAttempts = "too_many_attempts", 403, 429, "Too many wrong passwords or codes. Wait a while, then try again.", "Zu viele falsche Passwörter oder Codes. Bitte etwas warten und dann noch einmal versuchen.";
    /// A page or route that is not there.
    NotFound = "not_found", 404, 404, "There is nothing at this address.", "Unter dieser Adresse gibt es nichts.";
    /// A fault of ours.
    Internal = "internal", 500, 500, "Something went wrong in the server. The log has the details.", "Im Server ist etwas schiefgegangen. Einzelheiten stehen im Protokoll.";
    /// The page may not use the microphone. Told by the browser, never sent by the server.
    MicrophoneDenied = "microphone_denied", 480, 409, "The browser may not use the microphone. Allow it in the address bar, then call again.", "Der Browser darf das Mikrofon nicht benutzen. Bitte in der Adressleiste erlauben und noch einmal anrufen.";
    /// There is no microphone. Told by the browser, never sent by the server.
    MicrophoneMissing = "microphone_missing", 480, 409, "No microphone was found. Connect a headset, then call again.", "Kein Mikrofon gefunden. Bitte ein Headset anschließen und noch einmal anrufen.";
    /// The page was not loaded securely, so there is no microphone. Told by the browser, never sent by the server.
    InsecurePage = "insecure_page", 480, 409, "The browser gives no microphone to a page without HTTPS. Open the HTTPS address.", "Ohne HTTPS gibt der Browser kein Mikrofon frei. Bitte die HTTPS-Adresse öffnen.";
    /// The server cannot be reached. Told by the browser, never sent by the server.
    ServerUnreachable = "server_unreachable", 503, 503, "The server cannot be reached. Trying again.", "Der Server ist nicht erreichbar. Es wird weiter versucht.";
}

impl CauseCode {
    /// What a final SIP response to a call means to the person who dialled.
    pub fn of_call_response(status: u16) -> CauseCode {
        use CauseCode::*;
        match status {
            200..=299 => NormalClearing,
            404 | 410 | 484 | 485 | 604 => UnknownNumber,
            486 | 600 => Busy,
            603 | 607 => Declined,
            408 => NoAnswer,
            480 => Unavailable,
            401 | 403 | 407 => NotPermitted,
            415 | 488 | 606 => NoCommonCodec,
            487 => Cancelled,
            500..=599 => PbxOverloaded,
            _ => Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_has_both_sentences() {
        for &cause in CauseCode::ALL {
            let json = serde_json::to_string(&cause).unwrap();
            assert_eq!(json, format!("\"{}\"", cause.code()));
            assert_eq!(serde_json::from_str::<CauseCode>(&json).unwrap(), cause);
            assert!(cause.english().ends_with('.') && cause.german().ends_with('.'), "{json}");
        }
    }

    #[test]
    fn the_statuses_people_meet_have_their_own_sentence() {
        for (status, cause) in [
            (404, CauseCode::UnknownNumber),
            (486, CauseCode::Busy),
            (603, CauseCode::Declined),
            (408, CauseCode::NoAnswer),
            (488, CauseCode::NoCommonCodec),
        ] {
            assert_eq!(CauseCode::of_call_response(status), cause);
        }
    }
}
