//! Why no certificate came: one table of sentences, and what an authority's own words come to.

use instant_acme::{Error, Problem};

use super::client::ClientError;

/// Characters of what an authority says that are kept.
const MAX_DETAIL: usize = 500;
/// Where an authority's own types of problems are (RFC 8555 6.7).
const PROBLEM: &str = "urn:ietf:params:acme:error:";

/// Why no certificate came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Failure {
    code: Code,
    /// The name that it is about; empty: all of it.
    name: String,
    /// What the authority or the system says, in its own words.
    detail: String,
}

/// Makes [`Code`] and its table: the sentence and what to do, in English, then in German. `{name}` and `{detail}` stand for
/// those of the failure.
macro_rules! failures {
    ($($(#[doc = $doc:literal])* $variant:ident = $english:literal, $fix:literal, $german:literal, $german_fix:literal;)*) => {
        /// What kind of failure it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            #[cfg(test)]
            const ALL: &'static [Code] = &[$(Code::$variant),*];

            fn texts(self) -> [&'static str; 4] {
                match self { $(Code::$variant => [$english, $fix, $german, $german_fix]),* }
            }
        }
    };
}

failures! {
    /// Nothing answers at the directory's URL.
    Unreachable = "The certificate authority cannot be reached: {detail}.", "Check the URL of the directory, and whether this server may connect to it: name server, firewall, internet.", "Die Zertifizierungsstelle ist nicht erreichbar: {detail}.", "Bitte die URL des Verzeichnisses prüfen, und ob dieser Server sich dorthin verbinden darf: Nameserver, Firewall, Internet.";
    /// Its own certificate is not trusted.
    Untrusted = "The certificate that the authority's own server shows is not trusted: {detail}.", "With an authority of your own, paste its certificate (PEM) into the field \"Authority of the directory's server\".", "Dem Zertifikat, das der Server der Zertifizierungsstelle selbst zeigt, wird nicht vertraut: {detail}.", "Bei einer eigenen Zertifizierungsstelle deren Zertifikat (PEM) in das Feld „Aussteller des Verzeichnis-Servers“ einfügen.";
    /// What answers speaks something else.
    NotAcme = "What answers at the URL of the directory is no ACME server: {detail}.", "Check the URL. That of Let's Encrypt is https://acme-v02.api.letsencrypt.org/directory.", "Was unter der URL des Verzeichnisses antwortet, ist kein ACME-Server: {detail}.", "Bitte die URL prüfen. Die von Let's Encrypt ist https://acme-v02.api.letsencrypt.org/directory.";
    /// It wants an account that was made elsewhere.
    ExternalAccount = "This authority takes only customers whom it knows already (external account binding).", "That is not supported. Choose another authority, or upload a certificate of this one.", "Diese Zertifizierungsstelle nimmt nur Kunden, die sie schon kennt (External Account Binding).", "Das wird nicht unterstützt. Bitte eine andere wählen oder ein Zertifikat von dort hochladen.";
    /// It wants something of a person.
    UserAction = "The authority wants somebody to do something first: {detail}.", "Do what it says, then try again.", "Die Zertifizierungsstelle verlangt, dass jemand zuerst etwas tut: {detail}.", "Bitte tun, was sie sagt, dann erneut versuchen.";
    /// The contact address does not please it.
    Contact = "The authority does not take the e-mail address: {detail}.", "Enter another one, or none.", "Die Zertifizierungsstelle nimmt die E-Mail-Adresse nicht an: {detail}.", "Bitte eine andere eintragen, oder keine.";
    /// It has had enough.
    RateLimited = "The authority has been asked too often and gives no certificate for now: {detail}.", "Wait; it is tried again by itself. Trying by hand makes it last longer.", "Die Zertifizierungsstelle wurde zu oft gefragt und gibt vorerst kein Zertifikat: {detail}.", "Bitte warten; es wird von selbst erneut versucht. Versuche von Hand verlängern das.";
    /// It gives none for this name.
    Refused = "The authority gives no certificate for {name}: {detail}.", "Check the spelling of the name. Public authorities certify only names of the public DNS.", "Die Zertifizierungsstelle gibt kein Zertifikat für {name}: {detail}.", "Bitte die Schreibweise des Namens prüfen. Öffentliche Stellen bescheinigen nur Namen des öffentlichen DNS.";
    /// A record of the DNS forbids it.
    Caa = "A CAA record in the DNS forbids this authority to give a certificate for {name}: {detail}.", "Allow it in that record, or choose the authority that it names.", "Ein CAA-Eintrag im DNS verbietet dieser Stelle ein Zertifikat für {name}: {detail}.", "Bitte in diesem Eintrag erlauben, oder die Stelle wählen, die er nennt.";
    /// It does not find the name.
    Dns = "The authority does not find {name} in the DNS: {detail}.", "Make a record (A or AAAA) that leads from this name to the public address of this server, and wait until it is known everywhere.", "Die Zertifizierungsstelle findet {name} nicht im DNS: {detail}.", "Bitte einen Eintrag (A oder AAAA) anlegen, der von diesem Namen zur öffentlichen Adresse dieses Servers führt, und warten, bis er überall bekannt ist.";
    /// It does not get through.
    Connection = "The authority did not reach http://{name}/ at port 80: {detail}.", "Port 80 of this name must lead to an interface of this server without TLS (plain or redirecting): check the DNS record, the firewall and the router's port forwarding.", "Die Zertifizierungsstelle hat http://{name}/ an Port 80 nicht erreicht: {detail}.", "Port 80 dieses Namens muss zu einer Schnittstelle dieses Servers ohne TLS führen (offen oder umleitend): Bitte DNS-Eintrag, Firewall und Portweiterleitung des Routers prüfen.";
    /// Something else answers.
    WrongAnswer = "The authority asked at http://{name}/, and somebody else answered: {detail}.", "Port 80 of this name leads to another server or program. Let it lead to an interface of this server without TLS (plain or redirecting).", "Die Zertifizierungsstelle hat bei http://{name}/ gefragt, und jemand anders hat geantwortet: {detail}.", "Port 80 dieses Namens führt zu einem anderen Server oder Programm. Bitte zu einer Schnittstelle dieses Servers ohne TLS führen lassen (offen oder umleitend).";
    /// It proves names in other ways only.
    NoHttp = "The authority does not offer to check {name} by HTTP.", "Only that way (http-01) is supported. Choose another authority, or upload a certificate.", "Die Zertifizierungsstelle bietet nicht an, {name} über HTTP zu prüfen.", "Nur dieser Weg (http-01) wird unterstützt. Bitte eine andere wählen oder ein Zertifikat hochladen.";
    /// Nobody could ask us.
    NoInterface = "No interface without TLS listens, where the authority could ask.", "Add an interface at port 80 that redirects to TLS, on the page Interfaces.", "Keine Schnittstelle ohne TLS lauscht, bei der die Zertifizierungsstelle fragen könnte.", "Bitte auf der Seite „Schnittstellen“ eine an Port 80 anlegen, die zu TLS umleitet.";
    /// It does not come to an end.
    Timeout = "The authority has not come to an end within {detail}.", "It is tried again by itself. Where that happens again, look at the authority's status page.", "Die Zertifizierungsstelle ist nicht fertig geworden, innerhalb von {detail}.", "Es wird von selbst erneut versucht. Falls es wieder geschieht, bitte die Statusseite der Zertifizierungsstelle ansehen.";
    /// What came cannot be used.
    Unusable = "The certificate that came cannot be used: {detail}.", "Try again, or choose another authority.", "Das Zertifikat, das kam, lässt sich nicht verwenden: {detail}.", "Bitte erneut versuchen oder eine andere Zertifizierungsstelle wählen.";
    /// The database.
    Store = "The certificate could not be kept: {detail}.", "Look at the log and at the database, then try again.", "Das Zertifikat ließ sich nicht speichern: {detail}.", "Bitte Protokoll und Datenbank ansehen, dann erneut versuchen.";
    /// It has another reason.
    Other = "The authority gives no certificate: {detail}.", "It is tried again by itself. The log has more.", "Die Zertifizierungsstelle gibt kein Zertifikat: {detail}.", "Es wird von selbst erneut versucht. Im Protokoll steht mehr.";
}

impl Failure {
    pub(super) fn new(code: Code, detail: impl ToString) -> Failure {
        Failure { code, name: String::new(), detail: tidied(&detail.to_string()) }
    }

    /// One about a name.
    pub(super) fn about(code: Code, name: &str, detail: impl ToString) -> Failure {
        Failure { name: name.to_owned(), ..Failure::new(code, detail) }
    }

    /// What an attempt to reach the authority, or its answer, comes to.
    pub(super) fn of(error: Error) -> Failure {
        match error {
            Error::Api(problem) => Failure::of_problem(&problem, ""),
            Error::Json(error) => Failure::new(Code::NotAcme, error),
            Error::Timeout(_) => Failure::new(Code::Timeout, "30 s"),
            Error::Other(other) => match other.downcast_ref::<ClientError>() {
                Some(ClientError::Untrusted(detail)) => Failure::new(Code::Untrusted, detail),
                Some(error) => Failure::new(Code::Unreachable, error),
                None => Failure::new(Code::Other, other),
            },
            error => Failure::new(Code::Other, error),
        }
    }

    /// What an authority says, about a name where it is known.
    pub(super) fn of_problem(problem: &Problem, name: &str) -> Failure {
        let kind = problem.r#type.as_deref().unwrap_or_default();
        let code = match kind.strip_prefix(PROBLEM).unwrap_or_default() {
            "externalAccountRequired" => Code::ExternalAccount,
            "userActionRequired" => Code::UserAction,
            "invalidContact" | "unsupportedContact" => Code::Contact,
            "rateLimited" => Code::RateLimited,
            "rejectedIdentifier" | "unsupportedIdentifier" => Code::Refused,
            "caa" => Code::Caa,
            "dns" => Code::Dns,
            "connection" | "tls" => Code::Connection,
            "unauthorized" | "incorrectResponse" if !name.is_empty() => Code::WrongAnswer,
            _ => Code::Other,
        };
        let detail = problem.detail.clone().unwrap_or_else(|| problem.to_string());
        // One of several names, where the authority says which.
        let blamed = problem.subproblems.first();
        let identifier = blamed.and_then(|blamed| blamed.identifier.as_ref());
        let blamed_name = identifier.map(|identifier| identifier.authorized(false).to_string());
        let detail = blamed.and_then(|blamed| blamed.detail.clone()).unwrap_or(detail);
        Failure::about(code, &blamed_name.unwrap_or_else(|| name.to_owned()), detail)
    }

    /// The same about a name, where it says nothing of one.
    pub(super) fn of_names(mut self, names: &[String]) -> Failure {
        if self.name.is_empty() {
            self.name = names.join(", ");
        }
        self
    }

    /// The sentence in English.
    pub(in crate::web) fn english(&self) -> String {
        self.say(0)
    }

    /// What to do, in English.
    pub(in crate::web) fn fix_english(&self) -> String {
        self.say(1)
    }

    /// The sentence in German.
    pub(in crate::web) fn german(&self) -> String {
        self.say(2)
    }

    /// What to do, in German.
    pub(in crate::web) fn fix_german(&self) -> String {
        self.say(3)
    }

    fn say(&self, text: usize) -> String {
        self.code.texts()[text].replace("{name}", &self.name).replace("{detail}", &self.detail)
    }
}

/// Somebody else's words, on one line and without the full stop that the sentence has already.
fn tidied(detail: &str) -> String {
    let one_line: String = detail.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DETAIL).collect();
    one_line.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> Problem {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_failure_has_sentences_in_both_languages_that_name_the_same() {
        for code in Code::ALL {
            let [english, fix, german, german_fix] = code.texts();
            for value in ["{name}", "{detail}"] {
                assert_eq!(english.contains(value), german.contains(value), "{code:?}");
                assert_eq!(fix.contains(value), german_fix.contains(value), "{code:?}");
            }
            for text in code.texts() {
                assert!(text.ends_with('.') && text.len() > 10, "{text}");
            }
        }
    }

    #[test]
    fn what_an_authority_says_becomes_a_sentence_about_the_name() {
        let text = r#"{"type": "urn:ietf:params:acme:error:connection", "detail": "192.0.2.1: Connection\n refused."}"#;
        let failure = Failure::of_problem(&problem(text), "a.example");
        let sentence = "The authority did not reach http://a.example/ at port 80: 192.0.2.1: Connection  refused.";
        assert_eq!(failure.english(), sentence);
        assert!(failure.german().contains("http://a.example/"));

        let text = r#"{"type": "urn:ietf:params:acme:error:malformed", "detail": "several", "subproblems": [{
            "type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "not public",
            "identifier": {"type": "dns", "value": "b.example"}}]}"#;
        let failure = Failure::of_problem(&problem(text), "");
        assert!(failure.english().ends_with("not public."), "{}", failure.english());
    }

    #[test]
    fn a_failure_without_a_name_is_about_all_of_them() {
        let text = r#"{"type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "blocked"}"#;
        let names = ["a.example".to_owned(), "b.example".to_owned()];
        let failure = Failure::of_problem(&problem(text), "").of_names(&names);
        assert_eq!(failure.english(), "The authority gives no certificate for a.example, b.example: blocked.");
    }
}
