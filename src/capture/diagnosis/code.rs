//! The table of verdicts: code, how bad it is, what happened and what to do, in English and German.
//!
//! `{…}` in a sentence is filled with what the trace says: `{pbx}`, `{line}`, `{number}` and the like are always there,
//! the others come with the rule (`Finding::with`).

use crate::capture::verdict::Severity;

/// Makes [`Code`] and its table: code, severity, sentence in English, in German, what to do in English, in German.
macro_rules! verdicts {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $severity:ident, $english:literal, $german:literal, $fix_english:literal, $fix_german:literal;)*) => {
        /// Why a call failed or was bad.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The code as it stands in a [`Verdict`](crate::capture::verdict::Verdict).
            pub fn code(self) -> &'static str {
                match self { $(Code::$variant => $code),* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity),* }
            }

            /// What happened, in English.
            pub fn english(self) -> &'static str {
                match self { $(Code::$variant => $english),* }
            }

            /// What happened, in German.
            pub fn german(self) -> &'static str {
                match self { $(Code::$variant => $german),* }
            }

            /// What to do, in English; empty where there is nothing to mend.
            pub fn fix_english(self) -> &'static str {
                match self { $(Code::$variant => $fix_english),* }
            }

            /// What to do, in German.
            pub fn fix_german(self) -> &'static str {
                match self { $(Code::$variant => $fix_german),* }
            }
        }
    };
}

verdicts! {
    /// The PBX asked for credentials again although it had them, and not for a fresh nonce.
    WrongPassword = "wrong_password", Failed,
        "The PBX {pbx} rejects the user name or password of line {line}: it answers {answer} although the credentials for its realm {realm} were sent.",
        "Die Telefonanlage {pbx} weist Benutzername oder Passwort der Leitung {line} zurück: Sie antwortet {answer}, obwohl die Zugangsdaten für ihren Realm {realm} gesendet wurden.",
        "Compare line_group.line.password and line_group.line.auth_name (sent: {user}) with the account of {line} in the PBX.",
        "line_group.line.password und line_group.line.auth_name (gesendet: {user}) mit dem Konto von {line} in der Anlage vergleichen.";
    /// The credentials belong to another domain than the one the PBX asks for, or the PBX does not serve the domain.
    WrongDomain = "wrong_domain", Failed,
        "The PBX {pbx} does not take {line} in the domain {domain} ({answer}); it asks for credentials of the realm {realm}.",
        "Die Telefonanlage {pbx} nimmt {line} in der Domäne {domain} nicht an ({answer}); sie verlangt Zugangsdaten für den Realm {realm}.",
        "Set line_group.domain to the domain in which the PBX has the account, probably {realm}, instead of {domain}.",
        "line_group.domain auf die Domäne setzen, in der die Anlage das Konto führt, vermutlich {realm}, statt {domain}.";
    /// The challenge has no algorithm or scheme that is known here.
    AuthenticationUnsupported = "authentication_unsupported", Failed,
        "The PBX {pbx} asks {line} for a kind of authentication that cannot be given: {challenge}.",
        "Die Telefonanlage {pbx} verlangt von {line} ein Anmeldeverfahren, das nicht möglich ist: {challenge}.",
        "Allow digest authentication with MD5 or SHA-256 and qop=auth at the PBX.",
        "In der Anlage Digest-Anmeldung mit MD5 oder SHA-256 und qop=auth erlauben.";
    /// A challenge that nobody answered.
    NoCredentials = "no_credentials", Failed,
        "The PBX {pbx} asks for the password of {line} (realm {realm}), and none was sent.",
        "Die Telefonanlage {pbx} fragt nach dem Passwort von {line} (Realm {realm}), und es wurde keines gesendet.",
        "Set line_group.line.password for line {line}.",
        "line_group.line.password für die Leitung {line} setzen.";
    /// REGISTER refused with 404 or 410 (RFC 3261 section 10.3).
    UnknownAccount = "unknown_account", Failed,
        "The PBX {pbx} does not know the account {line} in the domain {domain}: it answers {answer} to the registration.",
        "Die Telefonanlage {pbx} kennt das Konto {line} in der Domäne {domain} nicht: Sie beantwortet die Anmeldung mit {answer}.",
        "Check line_group.line.user_name and line_group.domain, or set the account up in the PBX.",
        "line_group.line.user_name und line_group.domain prüfen oder das Konto in der Anlage anlegen.";
    /// REGISTER refused with another final response.
    RegistrationRefused = "registration_refused", Failed,
        "The PBX {pbx} refuses to register {line}: {answer}.",
        "Die Telefonanlage {pbx} verweigert die Anmeldung von {line}: {answer}.",
        "Check at the PBX whether the account {line} may register from here; check line_group.line.user_name, line_group.line.password and line_group.domain.",
        "In der Anlage prüfen, ob sich das Konto {line} von hier anmelden darf; line_group.line.user_name, line_group.line.password und line_group.domain prüfen.";

    /// The name of the PBX has no address.
    NameNotResolved = "name_not_resolved", Failed,
        "The name of the PBX {pbx} has no address: {detail}.",
        "Der Name der Telefonanlage {pbx} hat keine Adresse: {detail}.",
        "Correct line_group.registrar, or the name in DNS; dns.servers says which name servers are asked.",
        "line_group.registrar oder den Namen im DNS berichtigen; dns.servers sagt, welche Nameserver gefragt werden.";
    /// The certificate's authority is not trusted.
    CertificateUntrusted = "certificate_untrusted", Failed,
        "No TLS connection to the PBX {pbx}: nobody trusted here has issued its certificate: {detail}.",
        "Keine TLS-Verbindung zur Telefonanlage {pbx}: Ihr Zertifikat hat niemand ausgestellt, dem hier vertraut wird: {detail}.",
        "Put the authority's certificate into line_group.ca, or give the PBX a certificate of a public authority and set line_group.system_ca to true.",
        "Das Zertifikat der ausstellenden Stelle in line_group.ca eintragen, oder der Anlage ein Zertifikat einer öffentlichen Stelle geben und line_group.system_ca auf true setzen.";
    /// The certificate has expired, or is not valid yet.
    CertificateExpired = "certificate_expired", Failed,
        "No TLS connection to the PBX {pbx}: its certificate is not valid today: {detail}.",
        "Keine TLS-Verbindung zur Telefonanlage {pbx}: Ihr Zertifikat ist heute nicht gültig: {detail}.",
        "Renew the certificate at the PBX; if it is valid, check the clocks of both machines.",
        "Das Zertifikat in der Anlage erneuern; ist es gültig, die Uhren beider Rechner prüfen.";
    /// The certificate is for another name.
    CertificateWrongName = "certificate_wrong_name", Failed,
        "No TLS connection to the PBX {pbx}: its certificate is for somebody else: {detail}.",
        "Keine TLS-Verbindung zur Telefonanlage {pbx}: Ihr Zertifikat gilt für einen anderen Namen: {detail}.",
        "Set line_group.registrar (or line_group.domain) to a name in the certificate, or issue one for the name that is configured.",
        "line_group.registrar (oder line_group.domain) auf einen Namen im Zertifikat setzen oder eines für den eingestellten Namen ausstellen.";
    /// TLS fails for another reason.
    TlsFailed = "tls_failed", Failed,
        "No TLS connection to the PBX {pbx}: {detail}.",
        "Keine TLS-Verbindung zur Telefonanlage {pbx}: {detail}.",
        "Check line_group.port and line_group.transport; where the PBX demands a certificate, line_group.certificate and line_group.key.",
        "line_group.port und line_group.transport prüfen; verlangt die Anlage ein Zertifikat, auch line_group.certificate und line_group.key.";
    /// Nobody listens at the PBX's address and port.
    ConnectionRefused = "connection_refused", Failed,
        "Nobody listens where the PBX {pbx} should be: {detail}.",
        "Wo die Telefonanlage {pbx} sein sollte, hört niemand: {detail}.",
        "Check line_group.registrar, line_group.port and line_group.transport, and that the PBX's SIP service runs.",
        "line_group.registrar, line_group.port und line_group.transport prüfen, und ob der SIP-Dienst der Anlage läuft.";
    /// No way to the PBX, or no connection in time.
    Unreachable = "unreachable", Failed,
        "The PBX {pbx} cannot be reached: {detail}.",
        "Die Telefonanlage {pbx} ist nicht erreichbar: {detail}.",
        "Check the network, routes and firewalls to the PBX, and line_group.registrar and line_group.port.",
        "Netzwerk, Routen und Firewalls zur Anlage prüfen, dazu line_group.registrar und line_group.port.";
    /// The connection ended, and nothing came after it.
    ConnectionClosed = "connection_closed", Failed,
        "The connection to the PBX {pbx} ended in the middle: {detail}.",
        "Die Verbindung zur Telefonanlage {pbx} brach mittendrin ab: {detail}.",
        "Look in the PBX's log for why it closed the connection; line_group.nat_refresh keeps one open through a NAT.",
        "Im Protokoll der Anlage nachsehen, warum sie die Verbindung schloss; line_group.nat_refresh hält sie durch ein NAT offen.";
    /// A request without any response.
    PbxNotAnswering = "pbx_not_answering", Failed,
        "The PBX {pbx} did not answer at all: {method} was sent {times} times over {transport} to {address}, and nothing came back.",
        "Die Telefonanlage {pbx} hat gar nicht geantwortet: {method} ging {times}-mal über {transport} an {address}, und nichts kam zurück.",
        "Check that the PBX runs and that line_group.registrar, line_group.port and line_group.transport are right; a firewall or the PBX's blocking list may drop the packets.",
        "Prüfen, ob die Anlage läuft und line_group.registrar, line_group.port und line_group.transport stimmen; eine Firewall oder Sperrliste der Anlage verwirft vielleicht die Pakete.";
    /// 100 and nothing after it.
    PbxNoProgress = "pbx_no_progress", Failed,
        "The PBX {pbx} took the call to {number} ({answer}) and said nothing more for {seconds} s.",
        "Die Telefonanlage {pbx} nahm den Ruf zu {number} an ({answer}) und sagte {seconds} s lang nichts mehr.",
        "Look at the PBX where the call to {number} went: it waits for a trunk, a service or a telephone that does not answer.",
        "In der Anlage nachsehen, wohin der Ruf zu {number} ging: Sie wartet auf einen Trunk, einen Dienst oder ein Telefon, das nicht antwortet.";

    /// The description that was offered is encrypted only, and this side may not encrypt.
    SrtpDemanded = "srtp_demanded", Failed,
        "The PBX {pbx} demands encrypted audio (SRTP), which this side did not offer or take: {answer}.",
        "Die Telefonanlage {pbx} verlangt verschlüsselten Ton (SRTP), den diese Seite nicht anbot oder nicht annahm: {answer}.",
        "Set line_group.srtp to \"optional\" or \"required\", or switch SRTP off at the PBX.",
        "line_group.srtp auf \"optional\" oder \"required\" stellen oder SRTP in der Anlage abschalten.";
    /// This side demands encrypted audio, and the PBX does not take it.
    SrtpRefused = "srtp_refused", Failed,
        "The PBX {pbx} does not take the encrypted audio (SRTP) that this connection demands: {answer}.",
        "Die Telefonanlage {pbx} nimmt den verschlüsselten Ton (SRTP) nicht an, den diese Verbindung verlangt: {answer}.",
        "Allow SRTP at the PBX, or set line_group.srtp to \"optional\" or \"off\".",
        "SRTP in der Anlage erlauben oder line_group.srtp auf \"optional\" oder \"off\" stellen.";
    /// The codecs of the two sides do not meet.
    NoCommonCodec = "no_common_codec", Failed,
        "The two sides have no codec in common: this side has {ours}, the other side {theirs} ({answer}).",
        "Die beiden Seiten haben keinen gemeinsamen Codec: diese Seite hat {ours}, die andere {theirs} ({answer}).",
        "Add one of the PBX's codecs to line_group.codecs (PCMA, PCMU, G722, opus), or allow one of these at the PBX.",
        "Einen der Codecs der Anlage in line_group.codecs aufnehmen (PCMA, PCMU, G722, opus) oder einen davon in der Anlage erlauben.";
    /// 415 about the body's type.
    BodyNotUnderstood = "body_not_understood", Failed,
        "The PBX {pbx} does not understand the kind of body in {method}: {answer}; it accepts {accepts}.",
        "Die Telefonanlage {pbx} versteht die Art des Inhalts von {method} nicht: {answer}; sie nimmt {accepts}.",
        "For digits set line_group.dtmf to \"rfc4733\"; otherwise look whether the PBX allows session descriptions for this number.",
        "Für Ziffern line_group.dtmf auf \"rfc4733\" stellen; sonst prüfen, ob die Anlage für diese Nummer Sprachverbindungen erlaubt.";
    /// 488 or 606 with nothing that says why.
    OfferRefused = "offer_refused", Failed,
        "The PBX {pbx} does not accept the audio that was offered ({ours}, {protocol}) and does not say why: {answer}.",
        "Die Telefonanlage {pbx} nimmt den angebotenen Ton ({ours}, {protocol}) nicht an und sagt nicht, warum: {answer}.",
        "One of two things, and only the PBX's own log tells which: it wants the audio encrypted (line_group.srtp), or it has none of these codecs for {number} (line_group.codecs). They are known nearly everywhere, so try the encryption first.",
        "Eines von beiden, und welches, weiß nur das Protokoll der Anlage: Sie will den Ton verschlüsselt (line_group.srtp), oder sie hat für {number} keinen dieser Codecs (line_group.codecs). Fast jeder kennt sie; deshalb zuerst die Verschlüsselung versuchen.";

    /// The browser gives no microphone.
    NoMicrophone = "no_microphone", Failed,
        "The browser of {client} has no microphone for the call: {detail}",
        "Der Browser von {client} hat kein Mikrofon für das Gespräch: {detail}",
        "Let {client} allow the microphone in the address bar, connect a headset, or open the page by HTTPS.",
        "{client} soll das Mikrofon in der Adressleiste erlauben, ein Headset anschließen oder die Seite über HTTPS öffnen.";
    /// ICE or DTLS between browser and server never came about.
    IceNeverConnected = "ice_never_connected", Failed,
        "No audio path between the browser of {client} and the server came about: no packet of the browser found the server's port.",
        "Zwischen dem Browser von {client} und dem Server kam kein Sprachweg zustande: Kein Paket des Browsers fand den Port des Servers.",
        "Let UDP and TCP to listen.webrtc through the firewall; behind a NAT set media.address; else set up media.ice_server with TURN.",
        "UDP und TCP zu listen.webrtc in der Firewall freigeben; hinter einem NAT media.address setzen; sonst media.ice_server mit TURN einrichten.";
    /// The client with the audio went away.
    ClientLost = "client_lost", Failed,
        "The browser of {client} went away during the call and did not come back: page closed, machine asleep, or network gone.",
        "Der Browser von {client} verschwand während des Gesprächs und kam nicht wieder: Seite geschlossen, Rechner im Ruhezustand oder Netz weg.",
        "Ask {client} what happened; look at the network of that place (WLAN, VPN) when it comes often.",
        "{client} fragen, was war; kommt es öfter vor, das Netz an diesem Ort (WLAN, VPN) ansehen.";

    /// A limit of this server.
    OwnLimit = "own_limit", Failed,
        "This server took no further call: {detail}.",
        "Dieser Server nahm kein weiteres Gespräch an: {detail}.",
        "Look at the load and the number of calls; more media.workers or media.rtp_ports, or a second server.",
        "Last und Zahl der Gespräche ansehen; mehr media.workers oder media.rtp_ports, oder ein zweiter Server.";
    /// A fault of this server.
    OwnFault = "own_fault", Failed,
        "A fault of this server ended the call: {detail}.",
        "Ein Fehler dieses Servers beendete das Gespräch: {detail}.",
        "Send the case file of this call and the log to whoever maintains the server.",
        "Die Falldatei dieses Anrufs und das Protokoll an den senden, der den Server betreut.";
    /// The server was stopped.
    ShuttingDown = "shutting_down", Failed,
        "This server was being stopped.",
        "Dieser Server wurde gerade beendet.",
        "Nothing, unless nobody stopped it on purpose: then look into the system's journal.",
        "Nichts, außer niemand hat ihn absichtlich beendet: dann ins Journal des Systems sehen.";
    /// A client asked for a call, and the server began none.
    NotBegun = "not_begun", Failed,
        "This server did not begin the call from {line} to {number}: {detail}",
        "Dieser Server begann den Ruf von {line} zu {number} nicht: {detail}",
        "Where the line is not registered, see its own verdict on the page of lines; where a function is switched off, line_group.functions and line_group.switched_off. docs/causes.md says more of the cause {cause}.",
        "Ist die Leitung nicht angemeldet, deren eigenen Befund auf der Seite der Leitungen ansehen; ist eine Funktion abgeschaltet, line_group.functions und line_group.switched_off. docs/causes.md sagt mehr zur Ursache {cause}.";

    /// No ACK, because the Contact names an address the other side does not reach.
    NatContact = "nat_contact", Failed,
        "The ACK for the answered call goes astray: the Contact {contact} of {side} is a private address that cannot be reached from {address} (NAT).",
        "Das ACK für den angenommenen Anruf geht verloren: Der Contact {contact} von {side} ist eine private Adresse, die von {address} nicht erreichbar ist (NAT).",
        "Set listen.public_address (or listener.public_address) where this server is behind the NAT; else the PBX's external address; switch SIP ALG off in the router.",
        "listen.public_address (oder listener.public_address) setzen, wenn dieser Server hinter dem NAT steht; sonst die externe Adresse der Anlage; SIP-ALG im Router abschalten.";
    /// A 2xx repeated until its sender gave up.
    AckMissing = "ack_missing", Failed,
        "The answer to the call was never acknowledged: {answer} was sent {times} times and no ACK arrived.",
        "Die Annahme des Anrufs wurde nie bestätigt: {answer} wurde {times}-mal gesendet, und kein ACK kam an.",
        "Check that {contact}, the Contact of {side}, can be reached from the other side; listen.public_address changes this server's.",
        "Prüfen, ob {contact}, der Contact von {side}, von der anderen Seite erreichbar ist; listen.public_address ändert den dieses Servers.";
    /// RFC 4028: nobody refreshed the session in time.
    SessionExpired = "session_expired", Failed,
        "The session timer ended the call after {seconds} s: every {expires} s {refresher} had to refresh it, and no refresh came through.",
        "Der Session-Timer beendete das Gespräch nach {seconds} s: Alle {expires} s musste {refresher} auffrischen, und keine Auffrischung kam durch.",
        "Look why the re-INVITE or UPDATE is missing or refused (firewall closing the connection, a proxy without Record-Route); raise the session timer of the PBX.",
        "Klären, warum re-INVITE oder UPDATE fehlt oder abgelehnt wird (Firewall schließt die Verbindung, Proxy ohne Record-Route); den Session-Timer der Anlage erhöhen.";
    /// A request within the call was not answered.
    SessionLost = "session_lost", Failed,
        "The PBX {pbx} stopped answering during the call: {method} got {answer}.",
        "Die Telefonanlage {pbx} antwortete während des Gesprächs nicht mehr: {method} bekam {answer}.",
        "Check whether the PBX was restarted or the network was away at that time.",
        "Prüfen, ob die Anlage neu gestartet wurde oder das Netz zu dieser Zeit weg war.";
    /// 481 within a call.
    DialogUnknown = "dialog_unknown", Failed,
        "The other side does not know the call any more: {method} was answered with {answer}.",
        "Die Gegenseite kennt das Gespräch nicht mehr: {method} wurde mit {answer} beantwortet.",
        "Look whether the PBX was restarted or switched to its standby, or whether its BYE went astray.",
        "Prüfen, ob die Anlage neu gestartet wurde oder umschaltete, oder ob ihr BYE verloren ging.";

    /// The same number came round again.
    Loop = "loop", Failed,
        "The call to {number} goes round in circles: {answer}.",
        "Der Ruf zu {number} läuft im Kreis: {answer}.",
        "Look at the forwardings and routes for {number}, here (route, line_group.line.redirections) and at the PBX.",
        "Weiterleitungen und Routen für {number} ansehen, hier (route, line_group.line.redirections) und in der Anlage.";
    /// 404, 410, 484, 485, 604.
    UnknownNumber = "unknown_number", Failed,
        "The PBX {pbx} does not know the number {number}: {answer}.",
        "Die Telefonanlage {pbx} kennt die Nummer {number} nicht: {answer}.",
        "Check the digits as they were sent ({sent}), also prefix and country code; route.rewrite changes them between line groups.",
        "Die Ziffern prüfen, wie sie gesendet wurden ({sent}), auch Amtsziffer und Landesvorwahl; route.rewrite ändert sie zwischen Anlagenverbindungen.";
    /// Our 404 to a PBX.
    UnknownHere = "unknown_here", Failed,
        "The PBX {pbx} called {number}, which is no line of its line group here and fits no route: {answer}.",
        "Die Telefonanlage {pbx} rief {number}; das ist hier keine Leitung ihrer Anlagenverbindung und passt zu keiner Route: {answer}.",
        "Compare {number} with line_group.line.number and route.number; the PBX may have to send the number in another form.",
        "{number} mit line_group.line.number und route.number vergleichen; vielleicht muss die Anlage die Nummer in anderer Form senden.";
    /// Our 403 to a PBX.
    SourceNotAllowed = "source_not_allowed", Failed,
        "A call for {number} from {address} was refused: no line group expects calls from there ({answer}).",
        "Ein Ruf für {number} von {address} wurde abgelehnt: Keine Anlagenverbindung erwartet Rufe von dort ({answer}).",
        "If that is the PBX, put its address into line_group.allow_from.",
        "Ist das die Anlage, ihre Adresse in line_group.allow_from eintragen.";
    /// 403 and the like.
    NotPermitted = "not_permitted", Failed,
        "The PBX {pbx} does not permit {caller} to call {number}: {answer}.",
        "Die Telefonanlage {pbx} erlaubt {caller} den Ruf zu {number} nicht: {answer}.",
        "Give {caller} the permission for this kind of call in the PBX (class of service, external calls); check the number that is shown as the caller's.",
        "{caller} in der Anlage die Berechtigung für diese Art Ruf geben (Berechtigungsklasse, Amtsruf); die gezeigte Rufnummer prüfen.";
    /// 420, 421 and 494: an extension of SIP is missing on one side.
    ExtensionMissing = "extension_missing", Failed,
        "The PBX {pbx} and this side do not agree on an extension of SIP: {answer} ({extension}).",
        "Die Telefonanlage {pbx} und diese Seite sind sich über eine SIP-Erweiterung nicht einig: {answer} ({extension}).",
        "Switch {extension} at the PBX so that it is optional.",
        "{extension} in der Anlage so einstellen, dass es nicht verlangt wird.";
    /// 422 and nothing after it.
    IntervalTooSmall = "interval_too_small", Failed,
        "The PBX {pbx} wants a longer session timer: {answer}, at least {seconds} s.",
        "Die Telefonanlage {pbx} will einen längeren Session-Timer: {answer}, mindestens {seconds} s.",
        "Lower the smallest session timer of the PBX.",
        "Den kleinsten Session-Timer der Anlage herabsetzen.";
    /// 503.
    PbxOverloaded = "pbx_overloaded", Failed,
        "The PBX {pbx} has no room for the call to {number}: {answer}{retry}.",
        "Die Telefonanlage {pbx} hat keinen Platz für den Ruf zu {number}: {answer}{retry}.",
        "Look at the PBX for its load, its licences and free trunk channels.",
        "In der Anlage Last, Lizenzen und freie Kanäle ansehen.";
    /// Another 5xx.
    PbxError = "pbx_error", Failed,
        "The PBX {pbx} could not carry out the call to {number}: {answer}.",
        "Die Telefonanlage {pbx} konnte den Ruf zu {number} nicht ausführen: {answer}.",
        "Look into the PBX's log at {time}: the fault is there.",
        "Im Protokoll der Anlage um {time} nachsehen: Der Fehler liegt dort.";
    /// 400 and the like: one side thinks that the other's message is wrong.
    Malformed = "malformed", Failed,
        "{who} finds {method} wrong: {answer}.",
        "{who} hält {method} für fehlerhaft: {answer}.",
        "Pass the message to `offhook lint`; it names the line that breaks the RFC, and so whose fault it is.",
        "Die Nachricht mit `offhook lint` prüfen; es nennt die Zeile, die den RFC verletzt, und damit, wessen Fehler es ist.";
    /// Another refusal of the call.
    Refused = "refused", Failed,
        "{who} refused the call to {number}: {answer}.",
        "{who} hat den Ruf zu {number} abgelehnt: {answer}.",
        "Look for {answer} in the log of who refused.",
        "Im Protokoll dessen, der ablehnte, nach {answer} suchen.";
    /// The server ended it and said why.
    EndedHere = "ended_here", Failed,
        "This server ended the call: {detail}",
        "Dieser Server beendete den Anruf: {detail}",
        "docs/causes.md says more of the cause {cause}.",
        "docs/causes.md sagt mehr zur Ursache {cause}.";

    /// The PBX's description names an address from which nothing can come.
    NatSdp = "nat_sdp", Bad,
        "No audio comes from {side}: {owner} names the private address {contact} in its description, which cannot be reached from {address} (NAT).",
        "Von {side} kommt kein Ton: {owner} nennt in der Beschreibung die private Adresse {contact}, die von {address} nicht erreichbar ist (NAT).",
        "Set the external address for audio of who is behind the NAT: media.address here, or the corresponding setting of the PBX; open its RTP ports.",
        "Die externe Adresse für Ton bei dem setzen, der hinter dem NAT steht: media.address hier oder die entsprechende Einstellung der Anlage; RTP-Ports freigeben.";
    /// Audio comes from another address than the agreed one.
    AudioFromElsewhere = "audio_from_elsewhere", Bad,
        "Audio of {side} comes from another address than agreed: {detail}.",
        "Ton von {side} kommt von einer anderen Adresse als vereinbart: {detail}.",
        "Look at a NAT or media proxy between: it must be in the description (media.address, or the PBX's external address).",
        "Ein NAT oder einen Medien-Proxy dazwischen ansehen: Er muss in der Beschreibung stehen (media.address oder die externe Adresse der Anlage).";
    /// Neither side is heard.
    NoAudio = "no_audio", Bad,
        "There is no audio in either direction: nothing arrives from {side}.",
        "In keiner Richtung ist Ton: Nichts kommt an von {side}.",
        "A firewall between blocks UDP: open media.rtp_ports towards the PBX and listen.webrtc towards browsers.",
        "Eine Firewall dazwischen sperrt UDP: media.rtp_ports zur Anlage und listen.webrtc zu den Browsern freigeben.";
    /// A browser is connected and sends nothing.
    BrowserSilent = "browser_silent", Bad,
        "One-way audio: the browser of {client} is connected and sends nothing.",
        "Einseitiger Ton: Der Browser von {client} ist verbunden und sendet nichts.",
        "Check microphone and mute button of {client}; another program may hold the microphone.",
        "Mikrofon und Stummschaltung bei {client} prüfen; vielleicht belegt ein anderes Programm das Mikrofon.";
    /// One side of a call is not heard.
    OneWayAudio = "one_way_audio", Bad,
        "One-way audio: nothing arrives from {side}; it should come from {address}.",
        "Einseitiger Ton: Von {side} kommt nichts an; es sollte von {address} kommen.",
        "Let UDP from {address} to media.rtp_ports through the firewall; check that the telephone there is not muted and the PBX passes its audio on.",
        "UDP von {address} zu media.rtp_ports in der Firewall freigeben; prüfen, ob das Telefon dort stumm ist und die Anlage den Ton weitergibt.";
    /// Digits were pressed and did not arrive.
    DigitsLost = "digits_lost", Bad,
        "Digits pressed during the call did not reach the other side: {detail}.",
        "Im Gespräch gedrückte Ziffern erreichten die Gegenseite nicht: {detail}.",
        "Set line_group.dtmf to a way that the PBX knows: \"auto\", \"rfc4733\", \"info\" or \"inband\".",
        "line_group.dtmf auf einen Weg stellen, den die Anlage kennt: \"auto\", \"rfc4733\", \"info\" oder \"inband\".";
    /// Packets are lost.
    PacketLoss = "packet_loss", Bad,
        "The audio has gaps: {percent} % of the packets {direction} {side} are lost.",
        "Der Ton hat Lücken: {percent} % der Pakete {direction} {side} gehen verloren.",
        "Look at the network between: overloaded link, WLAN, duplex mismatch; give voice priority (QoS).",
        "Das Netz dazwischen ansehen: überlastete Leitung, WLAN, Duplex-Fehler; Sprache bevorzugen (QoS).";
    /// Packets come unevenly.
    Jitter = "jitter", Bad,
        "The audio stutters: packets {direction} {side} come {milliseconds} ms apart from their time on average (jitter).",
        "Der Ton stockt: Pakete {direction} {side} kommen im Mittel {milliseconds} ms neben ihrer Zeit (Jitter).",
        "Look at the network between: WLAN, VPN, a busy link without priority for voice (QoS).",
        "Das Netz dazwischen ansehen: WLAN, VPN, eine volle Leitung ohne Vorrang für Sprache (QoS).";
    /// Audio travels too long.
    Delay = "delay", Bad,
        "The two interrupt each other: audio to {side} and back takes {milliseconds} ms.",
        "Die beiden fallen sich ins Wort: Ton zu {side} und zurück braucht {milliseconds} ms.",
        "Look at the way between: VPN, satellite, a detour of the audio through another site.",
        "Den Weg dazwischen ansehen: VPN, Satellit, ein Umweg des Tons über einen anderen Standort.";
    /// It sounds bad although each single figure is bearable.
    PoorAudio = "poor_audio", Bad,
        "The audio of {side} sounds bad: MOS {mos} of 4.5.",
        "Der Ton von {side} klingt schlecht: MOS {mos} von 4,5.",
        "See the figures of the leg; prefer G722 or opus in line_group.codecs, and avoid transcoding.",
        "Die Werte des Weges ansehen; in line_group.codecs G722 oder opus bevorzugen und Umwandlung vermeiden.";
    /// 491 again and again.
    GlareStorm = "glare_storm", Bad,
        "Both sides kept changing the call at the same time: {times} requests were answered 491 Request Pending.",
        "Beide Seiten änderten das Gespräch immer wieder gleichzeitig: {times} Anfragen wurden mit 491 Request Pending beantwortet.",
        "Look at which side repeats its re-INVITE too early (RFC 3261 section 14.1); switch off one of the two features that renegotiate.",
        "Klären, welche Seite ihr re-INVITE zu früh wiederholt (RFC 3261 Abschnitt 14.1); eine der beiden Funktionen abschalten, die neu verhandeln.";
    /// A change of a running call was refused.
    ChangeRefused = "change_refused", Bad,
        "{who} refused a change during the call: {method} was answered with {answer}.",
        "{who} hat eine Änderung im Gespräch abgelehnt: {method} wurde mit {answer} beantwortet.",
        "Hold, resume or transfer may not have worked; look whether the PBX allows it for this line.",
        "Halten, Zurückholen oder Übergeben hat vielleicht nicht funktioniert; prüfen, ob die Anlage es für diese Leitung erlaubt.";
    /// The first response took long.
    PbxLate = "pbx_late", Bad,
        "The PBX {pbx} answers late: its first response to {method} took {seconds} s and {times} sendings.",
        "Die Telefonanlage {pbx} antwortet spät: Ihre erste Antwort auf {method} brauchte {seconds} s und {times} Sendungen.",
        "Look at the load of the PBX, packet loss on the way, and slow DNS or LDAP lookups of the PBX.",
        "Last der Anlage, Paketverlust auf dem Weg und langsame DNS- oder LDAP-Abfragen der Anlage ansehen.";
    /// Ringing took long.
    LateRinging = "late_ringing", Bad,
        "It took {seconds} s until {number} rang.",
        "Bis es bei {number} klingelte, vergingen {seconds} s.",
        "Look at the PBX's route to {number}: one that fails first, or digits waited for (overlap dialling).",
        "Den Weg der Anlage zu {number} ansehen: ein Weg, der erst scheitert, oder Warten auf weitere Ziffern.";

    /// 486, 600.
    Busy = "busy", Usual,
        "{number} was busy ({answer}).",
        "{number} war besetzt ({answer}).",
        "", "";
    /// 603, 607, 608.
    Declined = "declined", Usual,
        "The call to {number} was declined ({answer}).",
        "Der Ruf zu {number} wurde abgelehnt ({answer}).",
        "", "";
    /// Rung, and nobody answered.
    NoAnswer = "no_answer", Usual,
        "Nobody answered at {number}: it rang for {seconds} s.",
        "Bei {number} hob niemand ab: Es klingelte {seconds} s.",
        "", "";
    /// 480.
    Unavailable = "unavailable", Usual,
        "{number} could not be reached: {answer}. No telephone of it is registered, or it does not want to be disturbed.",
        "{number} war nicht erreichbar: {answer}. Kein Telefon ist dort angemeldet, oder es möchte nicht gestört werden.",
        "", "";
    /// Nobody is signed in here for the line that is called.
    NobodySignedIn = "nobody_signed_in", Usual,
        "Nobody was signed in on line {number}, so the caller got {answer}.",
        "Auf der Leitung {number} war niemand angemeldet, also bekam der Anrufer {answer}.",
        "line_group.signed_out says what a caller gets then; line_group.signed_off_to_voice_mailbox leads the call to the voice mailbox.",
        "line_group.signed_out sagt, was ein Anrufer dann bekommt; line_group.signed_off_to_voice_mailbox leitet zur Sprachbox.";
    /// Another device of the same user took the call.
    AnsweredElsewhere = "answered_elsewhere", Usual,
        "The call was answered on another device of the same user.",
        "Der Anruf wurde auf einem anderen Gerät desselben Benutzers angenommen.",
        "", "";
    /// Another branch of a forked call was answered.
    ForkedLoser = "forked_loser", Usual,
        "The call rang at several telephones, and another one answered: {answer}.",
        "Der Anruf klingelte an mehreren Telefonen, und ein anderes nahm ab: {answer}.",
        "", "";
    /// 3xx, or forwarded here.
    Forwarded = "forwarded", Usual,
        "The call to {number} was forwarded to {target}.",
        "Der Ruf zu {number} wurde an {target} weitergeleitet.",
        "", "";
    /// The caller gave up.
    GivenUp = "given_up", Usual,
        "The caller gave up after {seconds} s, before anybody answered.",
        "Der Anrufer legte nach {seconds} s auf, bevor jemand abhob.",
        "", "";

    /// Nothing was wrong.
    None = "none", Fine,
        "Nothing was wrong: {detail}.",
        "Es war nichts verkehrt: {detail}.",
        "", "";
    /// Something was wrong and no rule knows it.
    Unknown = "unknown", Failed,
        "No rule knows why this failed. It stopped being normal here: {detail}.",
        "Keine Regel weiß, warum das scheiterte. Ab hier war es nicht mehr normal: {detail}.",
        "Look at that message in the ladder and in the PBX's log of {time}; send the case file to whoever maintains the server.",
        "Diese Nachricht im Leiterdiagramm und im Protokoll der Anlage um {time} ansehen; die Falldatei an den senden, der den Server betreut.";
}
