//! What is wrong with an object or a change: one table of codes and sentences.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::numbers::NumbersProblemCode;

/// Makes [`ProblemCode`] and its table: code, HTTP status, sentence in English, in German. `{}` stands for the problem's
/// values, in their order.
macro_rules! problems {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $http:literal, $english:literal, $german:literal;)*) => {
        /// A stable code for what is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        pub enum ProblemCode {
            $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)*
            /// What is wrong with the numbers of a location.
            #[serde(skip)]
            #[ts(skip)]
            Numbers(NumbersProblemCode),
        }

        impl ProblemCode {
            /// Every code of this table, in its order.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$variant),*];

            /// The code as it stands in JSON.
            pub fn code(self) -> &'static str {
                match self { $(ProblemCode::$variant => $code,)* ProblemCode::Numbers(code) => code.code() }
            }

            /// The HTTP status of an answer that carries it.
            pub fn http_status(self) -> u16 {
                match self { $(ProblemCode::$variant => $http,)* ProblemCode::Numbers(_) => 422 }
            }

            /// The sentence in English, `{}` where values go.
            pub fn english(self) -> &'static str {
                match self { $(ProblemCode::$variant => $english,)* ProblemCode::Numbers(code) => code.english() }
            }

            /// The sentence in German, `{}` where values go.
            pub fn german(self) -> &'static str {
                match self { $(ProblemCode::$variant => $german,)* ProblemCode::Numbers(code) => code.german() }
            }
        }
    };
}

problems! {
    /// There is no object with this id, or none any more.
    NotFound = "not_found", 404, "This object does not exist. Perhaps somebody has deleted it.", "Dieses Objekt gibt es nicht. Vielleicht wurde es gelöscht.";
    /// It was to be created, and is there.
    Exists = "exists", 409, "An object with this id exists already.", "Ein Objekt mit dieser Kennung gibt es schon.";
    /// Somebody else has changed it since it was read.
    VersionConflict = "version_conflict", 412, "Somebody has changed this since you opened it: it is at version {}. Load it again and repeat your change.", "Das hat jemand geändert, seit Sie es geöffnet haben: Es hat die Version {}. Bitte neu laden und die Änderung wiederholen.";
    /// The configuration file sets it.
    SetInFile = "set_in_file", 409, "The configuration file sets this. Change it there.", "Das legt die Konfigurationsdatei fest. Bitte dort ändern.";
    /// The default profile and the settings are always there.
    CannotBeDeleted = "cannot_be_deleted", 409, "This cannot be deleted.", "Das lässt sich nicht löschen.";
    /// Nobody would be left who may do everything.
    LastAdministrator = "last_administrator", 409, "Somebody must stay who may administer everything. Give another active administrator the role full first.", "Jemand muss alles verwalten dürfen. Bitte zuerst einem anderen aktiven Administrator die Rolle full geben.";
    /// The site has as many as it may.
    TooMany = "too_many", 422, "There can be {} at most.", "Es dürfen höchstens {} sein.";
    /// A field that this kind of object does not have.
    UnknownField = "unknown_field", 422, "There is no field {}. Check its spelling.", "Ein Feld {} gibt es nicht. Bitte die Schreibweise prüfen.";
    /// Text where a number belongs, and the like.
    WrongType = "wrong_type", 422, "This value has the wrong form: expected {}.", "Dieser Wert hat die falsche Form. Erwartet: {}.";
    /// Nothing there, or nothing but spaces.
    Required = "required", 422, "This is needed.", "Das wird gebraucht.";
    /// More characters than fit.
    TooLong = "too_long", 422, "This may have {} characters at most.", "Das darf höchstens {} Zeichen haben.";
    /// A line break or another character that cannot be seen.
    ControlCharacter = "control_character", 422, "There is a line break or another invisible character in it.", "Darin ist ein Zeilenumbruch oder ein anderes unsichtbares Zeichen.";
    /// A login with spaces.
    SpaceInLogin = "space_in_login", 422, "A login has no spaces.", "Ein Anmeldename hat keine Leerzeichen.";
    /// Names differ in more than case.
    NameTaken = "name_taken", 422, "{} has this name already.", "{} heißt schon so.";
    /// An identity stands for one user.
    IdentityTaken = "identity_taken", 422, "{} has this identity already.", "{} hat diese Identität schon.";
    /// Not `user@domain`.
    InvalidIdentity = "invalid_identity", 422, "An identity looks like user@example.com.", "Eine Identität sieht aus wie benutzer@example.com.";
    /// No e-mail address.
    InvalidEmail = "invalid_email", 422, "This is no e-mail address. One looks like user@example.com.", "Das ist keine E-Mail-Adresse. Eine sieht aus wie benutzer@example.com.";
    /// No domain name.
    InvalidDomain = "invalid_domain", 422, "This is no domain name. One looks like example.com.", "Das ist kein Domain-Name. Einer sieht aus wie example.com.";
    /// No web address.
    InvalidWebsite = "invalid_website", 422, "A website begins with https:// or http://.", "Eine Webseite beginnt mit https:// oder http://.";
    /// No number that can be dialled.
    InvalidNumber = "invalid_number", 422, "This is no telephone number. Write +, country, area and number, or internal digits.", "Das ist keine Telefonnummer. Bitte +, Land, Vorwahl und Nummer schreiben, oder interne Ziffern.";
    /// Not as lines are named.
    InvalidLine = "invalid_line", 422, "A line is named by its number, or by GROUP/NUMBER where several line groups have it.", "Eine Leitung wird mit ihrer Nummer benannt, oder mit GRUPPE/NUMMER, wo mehrere Leitungsgruppen sie haben.";
    /// Nobody would know who it is.
    DisplayNameNeeded = "display_name_needed", 422, "A user needs a displayed name before being activated.", "Ein Benutzer braucht einen angezeigten Namen, bevor er aktiviert wird.";
    /// A user that is not there.
    UnknownUser = "unknown_user", 422, "This user does not exist.", "Diesen Benutzer gibt es nicht.";
    /// A group that is not there.
    UnknownGroup = "unknown_group", 422, "This group does not exist.", "Diese Gruppe gibt es nicht.";
    /// A profile that is not there.
    UnknownProfile = "unknown_profile", 422, "This profile does not exist.", "Dieses Profil gibt es nicht.";
    /// A line has a number that help is called by.
    EmergencyIsLine = "emergency_is_line", 422, "{} is an emergency number, and it is the number of the line {}. An emergency number must not be a line's: give the line another number, or take this one from the emergency numbers.", "{} ist eine Notrufnummer und zugleich die Nummer der Leitung {}. Eine Notrufnummer darf keine Leitung haben: Bitte der Leitung eine andere Nummer geben oder diese aus den Notrufnummern nehmen.";
    /// Two locations that know each other have the same extensions.
    ExtensionsOverlap = "extensions_overlap", 422, "The extensions {} to {} are here and at {}. Locations that know each other's extensions must not share any: change one of the ranges.", "Die Durchwahlen {} bis {} gibt es hier und am Standort {}. Standorte, die gegenseitig ihre Durchwahlen kennen, dürfen keine gemeinsam haben: Bitte einen der Bereiche ändern.";
    /// A location that is not there.
    UnknownLocation = "unknown_location", 422, "This location does not exist.", "Diesen Standort gibt es nicht.";
    /// A line group that is not there.
    UnknownLineGroup = "unknown_line_group", 422, "This line group does not exist.", "Diese Leitungsgruppe gibt es nicht.";
    /// It cannot be deleted alone.
    LineGroupHasLines = "line_group_has_lines", 409, "This line group has {} lines. Delete them first, or together with it.", "Diese Leitungsgruppe hat {} Leitungen. Bitte zuerst diese löschen, oder zusammen mit ihr.";
    /// Two lines of a line group with one user name.
    UserNameTaken = "user_name_taken", 422, "The line {} of this line group has this user name already.", "Die Leitung {} dieser Leitungsgruppe hat diesen Benutzernamen schon.";
    /// Two trunks that register here with one user name.
    TrunkUserTaken = "trunk_user_taken", 422, "The line group {} registers with this user name already.", "Die Leitungsgruppe {} registriert sich schon mit diesem Benutzernamen.";
    /// A trunk has one line that speaks for it.
    PilotTaken = "pilot_taken", 422, "The line {} registers this trunk already. Only one can.", "Die Leitung {} registriert diesen Trunk schon. Nur eine kann das.";
    /// A setting of another kind of line group.
    OtherKind = "other_kind", 422, "This does not go with this kind of line group. Leave it empty.", "Das passt nicht zu dieser Art von Leitungsgruppe. Bitte leer lassen.";
    /// Two settings for the same thing.
    Either = "either", 422, "Set either this or {}, not both.", "Bitte entweder das setzen oder {}, nicht beides.";
    /// Functions that are always there.
    AlwaysThere = "always_there", 422, "These are always there: {}.", "Diese sind immer da: {}.";
    /// Text that cannot be dialled.
    NotDialable = "not_dialable", 422, "This cannot be dialled.", "Das lässt sich nicht wählen.";
    /// A part that must stand in it.
    Lacks = "lacks", 422, "{} must stand in it.", "{} muss darin stehen.";
    /// A number that does not go by steps.
    NoStep = "no_step", 422, "This must be a multiple of {}.", "Das muss ein Vielfaches von {} sein.";
    /// No regular expression.
    InvalidPattern = "invalid_pattern", 422, "This is no regular expression: {}", "Das ist kein regulärer Ausdruck: {}";
    /// No address and no network.
    InvalidNetwork = "invalid_network", 422, "This is no address or network. One looks like 192.0.2.0/24.", "Das ist keine Adresse und kein Netz. Eines sieht aus wie 192.0.2.0/24.";
    /// No certificate.
    InvalidCertificate = "invalid_certificate", 422, "This is no certificate in PEM that can be used: {}", "Das ist kein brauchbares Zertifikat in PEM: {}";
    /// No picture.
    InvalidPicture = "invalid_picture", 422, "This is no picture that can be read. JPEG, PNG and WebP are taken.", "Das ist kein lesbares Bild. Möglich sind JPEG, PNG und WebP.";
    /// A picture that would take too much memory.
    PictureTooLarge = "picture_too_large", 422, "This picture is too large: {} megapixels are taken at most, and 12,000 pixels a side.", "Dieses Bild ist zu groß: Möglich sind höchstens {} Megapixel und 12 000 Pixel je Seite.";
    /// A link that pairs a browser, and opens nothing any more.
    PairingEnded = "pairing_ended", 422, "This link has ended: it pairs one browser, within half an hour. Ask for another one.", "Dieser Link gilt nicht mehr: Er verbindet einen Browser, innerhalb einer halben Stunde. Bitte einen neuen geben lassen.";
    /// A path where text belongs.
    PathNotHere = "path_not_here", 422, "Only the configuration file can name files. Paste the certificate itself (PEM).", "Dateien kann nur die Konfigurationsdatei nennen. Bitte das Zertifikat selbst einfügen (PEM).";
    /// A list or a range of user names.
    InvalidNames = "invalid_names", 422, "This is no list of user names: {}", "Das ist keine Liste von Benutzernamen: {}";
    /// A PBX that registers here cannot be asked for anything.
    NothingToTry = "nothing_to_try", 422, "This PBX registers here, so there is nothing to try: wait for it.", "Diese Anlage registriert sich hier. Da gibt es nichts zu testen: Bitte auf sie warten.";
    /// Nobody is to come because somebody tried something out.
    EmergencyNumber = "emergency_number", 422, "This is an emergency number. It is not called to try something out.", "Das ist eine Notrufnummer. Sie wird nicht zum Ausprobieren angerufen.";
    /// A certificate that is not there.
    UnknownCertificate = "unknown_certificate", 422, "This certificate does not exist.", "Dieses Zertifikat gibt es nicht.";
    /// Something else needs it.
    InUse = "in_use", 409, "This is in use: {}. Choose something else there first.", "Das wird gebraucht: {}. Bitte dort zuerst etwas anderes wählen.";
    /// No address of a machine.
    InvalidAddress = "invalid_address", 422, "This is no address. One looks like 192.0.2.10, or 0.0.0.0 for every address of this machine.", "Das ist keine Adresse. Eine sieht aus wie 192.0.2.10, oder 0.0.0.0 für alle Adressen dieses Rechners.";
    /// No private key can be read.
    InvalidKey = "invalid_key", 422, "No private key can be read from this: {}. It must be PEM without a password.", "Daraus lässt sich kein privater Schlüssel lesen: {}. Er muss PEM ohne Passwort sein.";
    /// Certificate and key are of two pairs.
    KeyDoesNotFit = "key_does_not_fit", 422, "This private key does not belong to the certificate.", "Dieser private Schlüssel gehört nicht zum Zertifikat.";
    /// Each has to be issued by the next.
    ChainOutOfOrder = "chain_out_of_order", 422, "The chain is broken: each certificate must be followed by the one that issued it, the server's own first.", "Die Kette ist unterbrochen: Auf jedes Zertifikat muss das seines Ausstellers folgen, das des Servers zuerst.";
    /// An authority gives nothing to who does not accept them.
    TermsNotAccepted = "terms_not_accepted", 422, "The authority's terms of service must be accepted.", "Die Nutzungsbedingungen der Zertifizierungsstelle müssen angenommen werden.";
    /// No URL of an ACME directory.
    InvalidDirectory = "invalid_directory", 422, "This is no URL of an ACME directory. One looks like https://ca.example.com/directory.", "Das ist keine URL eines ACME-Verzeichnisses. Eine sieht aus wie https://ca.example.com/directory.";
    /// Proving all names of a domain takes DNS.
    NoWildcard = "no_wildcard", 422, "An authority that asks by HTTP gives no certificate for all names of a domain. List the names.", "Eine Zertifizierungsstelle, die über HTTP fragt, gibt kein Zertifikat für alle Namen einer Domain. Bitte die Namen einzeln nennen.";
    /// No PKCS#12 file.
    InvalidPkcs12 = "invalid_pkcs12", 422, "This is no PKCS#12 file that can be read: {}", "Das ist keine lesbare PKCS#12-Datei: {}";
    /// A password that does not open a file.
    WrongFilePassword = "wrong_file_password", 422, "This password does not open the file.", "Dieses Passwort öffnet die Datei nicht.";
    /// The database cannot be used.
    DatabaseUnusable = "database_unusable", 422, "This database cannot be used. {}", "Diese Datenbank lässt sich nicht verwenden. {}";
    /// Not the address of a database.
    DatabaseAddress = "database_address", 422, "This is no address of a database. One begins with postgres://, for example postgres://offhook@localhost/offhook.", "Das ist keine Adresse einer Datenbank. Eine beginnt mit postgres://, zum Beispiel postgres://offhook@localhost/offhook.";
    /// Nobody could administer the server.
    AdministratorNeeded = "administrator_needed", 409, "An administrator is needed who may do everything and has a password.", "Es braucht einen Administrator, der alles darf und ein Passwort hat.";
    /// There is no change that waits for it.
    NothingToConfirm = "nothing_to_confirm", 409, "No change waits to be confirmed. Perhaps the minute is over and the server has undone it.", "Keine Änderung wartet auf Bestätigung. Vielleicht ist die Minute um und der Server hat sie zurückgenommen.";
    /// The same once more.
    Repeated = "repeated", 422, "This stands twice in the list.", "Das steht zweimal in der Liste.";
    /// A user is asked to grant rights to the same user.
    GrantToOneself = "grant_to_oneself", 422, "Users have every right on themselves.", "Benutzer haben alle Rechte auf sich selbst.";
    /// A number outside of its limits.
    OutOfRange = "out_of_range", 422, "This must be from {} to {}.", "Das muss zwischen {} und {} liegen.";
    /// A word that is not among those possible.
    NotAChoice = "not_a_choice", 422, "This must be one of: {}.", "Möglich sind: {}.";
    /// A setting that no client knows.
    UnknownSetting = "unknown_setting", 422, "No client knows this setting.", "Diese Einstellung kennt kein Client.";
    /// The default profile keeps its name.
    NameIsFixed = "name_is_fixed", 422, "The name of this profile cannot be changed.", "Der Name dieses Profils lässt sich nicht ändern.";
    /// A token without a scope can do nothing.
    ScopeNeeded = "scope_needed", 422, "Choose at least one scope.", "Bitte mindestens einen Bereich wählen.";
    /// A column that a list does not have.
    UnknownColumn = "unknown_column", 422, "This list cannot be sorted by it. It has the columns: {}.", "Danach lässt sich diese Liste nicht sortieren. Sie hat die Spalten: {}.";
    /// A cursor of another list, or of none.
    InvalidCursor = "invalid_cursor", 422, "This place in the list is not known. Begin at the first page.", "Diese Stelle der Liste ist nicht bekannt. Bitte bei der ersten Seite beginnen.";
    /// Something of this name is not there.
    UnknownName = "unknown_name", 422, "There is no {} called {}.", "{} mit dem Namen {} gibt es nicht.";
    /// A CSV file that cannot be read.
    InvalidCsv = "invalid_csv", 422, "This is no CSV file that can be read: {}.", "Das ist keine lesbare CSV-Datei: {}.";
    /// A change that does not say which version it changes.
    IfMatchNeeded = "if_match_needed", 428, "Say which version you have changed: send its ETag as If-Match.", "Bitte angeben, welche Version geändert wurde: ihren ETag als If-Match senden.";
    /// The same `Idempotency-Key` with something else.
    KeyReused = "idempotency_key_reused", 422, "Another request was sent with this Idempotency-Key. Choose another one.", "Mit diesem Idempotency-Key kam schon eine andere Anfrage. Bitte einen anderen wählen.";
    /// More octets than are taken.
    TooLarge = "too_large", 413, "This is too large: {} MB are taken at most.", "Das ist zu groß: Höchstens {} MB werden angenommen.";
    /// A body of another kind.
    WrongMediaType = "wrong_media_type", 415, "Send this with one of these media types: {}.", "Das wird mit einem dieser Medientypen gesendet: {}.";
    /// A password that is guessed too easily.
    PasswordTooShort = "password_too_short", 422, "A password has {} characters at least.", "Ein Passwort hat mindestens {} Zeichen.";
    /// Not the password of who changes something about their signing in.
    NotYourPassword = "not_your_password", 422, "This is not your password.", "Das ist nicht Ihr Passwort.";
    /// Not what the authenticator app shows.
    WrongCode = "wrong_code", 422, "This is not the code that the app shows now. Check the time of your telephone, then enter the next one.", "Das ist nicht der Code, den die App gerade zeigt. Bitte die Uhrzeit des Telefons prüfen und den nächsten eingeben.";
    /// The settings demand a second factor.
    SecondFactorNeeded = "second_factor_needed", 409, "The settings demand a second factor. It can be replaced by another one, not taken away.", "Die Einstellungen verlangen einen zweiten Faktor. Er lässt sich durch einen anderen ersetzen, nicht entfernen.";
    /// There is no second factor to change anything about.
    NoSecondFactor = "no_second_factor", 409, "There is no second factor.", "Es gibt keinen zweiten Faktor.";
    /// A password that is kept is sent nowhere but to the PBX that it is kept for.
    KeptForAnother = "kept_for_another_pbx", 422, "The password that is kept is for the PBX as it was saved last, and is sent nowhere else. Enter it here once more, or save the line group first.", "Das hinterlegte Passwort ist für die Anlage, wie sie zuletzt gespeichert wurde, und wird nirgendwo anders hin geschickt. Bitte hier noch einmal eingeben, oder die Leitungsgruppe zuerst speichern.";
    /// A document that is not JSON, or not of this shape.
    InvalidDocument = "invalid_document", 422, "This document cannot be read: {}.", "Dieses Dokument lässt sich nicht lesen: {}.";
    /// Something of theirs is computed already, and more waits.
    StillComputing = "still_computing", 429, "What you asked for before is still being computed. Wait for it.", "Was Sie vorher gefragt haben, wird noch berechnet. Bitte darauf warten.";
    /// There is one backup at a time.
    BackupBusy = "backup_busy", 409, "Another backup is being made or fetched. Wait for it.", "Eine andere Sicherung wird gerade gemacht oder geholt. Bitte darauf warten.";
    /// A backup of a database that is not a file of ours.
    BackupElsewhere = "backup_elsewhere", 409, "The database is PostgreSQL: back it up with its own tools, pg_dump for example.", "Die Datenbank ist PostgreSQL: Sie wird mit deren eigenen Werkzeugen gesichert, zum Beispiel pg_dump.";
}

impl ProblemCode {
    /// The code for what is wrong with a location. Of two with one name it is that of this table.
    pub fn of_numbers(code: NumbersProblemCode) -> ProblemCode {
        let same = |known: &&ProblemCode| known.code() == code.code();
        ProblemCode::ALL.iter().find(same).copied().unwrap_or(ProblemCode::Numbers(code))
    }

    /// Every code that a refusal can have.
    pub fn all() -> impl Iterator<Item = ProblemCode> {
        let numbers = NumbersProblemCode::ALL.iter().map(|code| ProblemCode::of_numbers(*code));
        let numbers = numbers.filter(|code| matches!(code, ProblemCode::Numbers(_)));
        ProblemCode::ALL.iter().copied().chain(numbers)
    }
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the field within the body; empty: the object as a whole.
    pub pointer: String,
    /// What is wrong.
    pub code: ProblemCode,
    /// What the sentence names.
    pub values: Vec<Said>,
}

/// Something in both languages: a part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// In English.
    pub english: String,
    /// In German.
    pub german: String,
}

impl Said {
    /// What the server words itself.
    pub fn new(english: impl Into<String>, german: impl Into<String>) -> Said {
        Said { english: english.into(), german: german.into() }
    }

    /// What is the same in both: a name, a number, the words of a library.
    pub fn same(text: impl Display) -> Said {
        let text = text.to_string();
        Said { english: text.clone(), german: text }
    }
}

impl Problem {
    /// A problem of the object as a whole.
    pub fn whole(code: ProblemCode) -> Problem {
        Problem { pointer: String::new(), code, values: Vec::new() }
    }

    /// The same, with one more value.
    pub fn value(self, value: impl Display) -> Problem {
        self.said(Said::same(value))
    }

    /// The same, with one more value that is another in each language.
    pub fn said(mut self, said: Said) -> Problem {
        self.values.push(said);
        self
    }

    /// The sentence in English.
    pub fn english(&self) -> String {
        fill(self.code.english(), &self.values.iter().map(|said| &said.english).collect::<Vec<_>>())
    }

    /// The sentence in German.
    pub fn german(&self) -> String {
        fill(self.code.german(), &self.values.iter().map(|said| &said.german).collect::<Vec<_>>())
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.english()),
            pointer => write!(f, "{pointer}: {}", self.english()),
        }
    }
}

/// A sentence with its values in place.
pub(crate) fn fill(sentence: &str, values: &[impl AsRef<str>]) -> String {
    let mut parts = sentence.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    let mut values = values.iter();
    for part in parts {
        filled += values.next().map_or("", AsRef::as_ref);
        filled += part;
    }
    filled
}

/// Problems of one object, as they are found.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// More are not told of one object.
    const MOST: usize = 100;

    /// Notes one.
    pub fn add(&mut self, pointer: impl Display, code: ProblemCode) {
        self.push(Problem { pointer: pointer.to_string(), code, values: Vec::new() });
    }

    /// Notes one whose sentence names something.
    pub fn add_with(&mut self, pointer: impl Display, code: ProblemCode, value: impl Display) {
        self.push(Problem { pointer: pointer.to_string(), code, values: vec![Said::same(value)] });
    }

    /// Notes one.
    pub fn push(&mut self, problem: Problem) {
        if self.0.len() < Problems::MOST {
            self.0.push(problem);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one of this code at this place.
    pub fn has(&self, pointer: &str, code: ProblemCode) -> bool {
        self.0.iter().any(|problem| problem.pointer == pointer && problem.code == code)
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

/// A key as a part of a JSON pointer (RFC 6901, section 3).
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_have_as_many_places_in_both_languages() {
        for code in ProblemCode::all() {
            let places = |sentence: &str| sentence.matches("{}").count();
            assert_eq!(places(code.english()), places(code.german()), "{}", code.code());
        }
    }

    #[test]
    fn what_the_server_words_itself_is_german_in_a_german_sentence() {
        let problem = Problem::whole(ProblemCode::InvalidDocument).said(Said::new("it is empty", "es ist leer"));
        assert_eq!(problem.english(), "This document cannot be read: it is empty.");
        assert_eq!(problem.german(), "Dieses Dokument lässt sich nicht lesen: es ist leer.");
    }

    #[test]
    fn a_sentence_names_its_values() {
        let problem = Problem::whole(ProblemCode::OutOfRange).value(0).value(100);
        assert_eq!(problem.english(), "This must be from 0 to 100.");
        assert_eq!(problem.german(), "Das muss zwischen 0 und 100 liegen.");
    }
}
