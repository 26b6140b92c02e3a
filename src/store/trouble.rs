//! Why a database cannot be used, and what to do: the sentences in English and German. What databases say themselves stays in
//! their own words.

use std::io;

use rustls::CertificateError;
use sqlx::migrate::MigrateError;

/// A sentence, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) english: &'static str,
    pub(super) german: &'static str,
}

/// What is known of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Why, in place of what the error says itself.
    reason: Option<Said>,
    /// What to do, after a space.
    advice: Said,
}

const NOTHING: Said = said("", "");
const FILES: Said = said(
    " Check sslrootcert, sslcert and sslkey in database.url: each names a file that the server's user can read.",
    " Bitte sslrootcert, sslcert und sslkey in database.url prüfen: Jedes nennt eine Datei, die der Benutzer des Servers lesen \
     kann.",
);

const fn said(english: &'static str, german: &'static str) -> Said {
    Said { english, german }
}

impl Trouble {
    fn then(advice: Said) -> Trouble {
        Trouble { reason: None, advice }
    }

    fn because(reason: Said, advice: Said) -> Trouble {
        Trouble { reason: Some(reason), advice }
    }

    /// Of a database that cannot be opened.
    pub(super) fn of_opening(error: &sqlx::Error) -> Trouble {
        match error {
            sqlx::Error::Io(error) => of_connection(error),
            sqlx::Error::Tls(error) if error.to_string() == "server does not support TLS" => Trouble::because(
                said("PostgreSQL does not offer TLS there", "PostgreSQL bietet dort kein TLS an"),
                said(
                    " Switch it on, ssl = on in postgresql.conf, or take another sslmode in database.url.",
                    " Bitte dort einschalten, ssl = on in postgresql.conf, oder in database.url einen anderen sslmode nehmen.",
                ),
            ),
            sqlx::Error::Tls(_) => Trouble::then(FILES),
            sqlx::Error::Database(error) => match error.code().as_deref() {
                // invalid_authorization_specification, invalid_password
                Some("28000" | "28P01") => Trouble::then(said(
                    " Correct the user or password in database.url, or database.password_file; pg_hba.conf of PostgreSQL \
                     says who may come from where.",
                    " Bitte Benutzer oder Passwort in database.url berichtigen, oder database.password_file; wer von wo \
                     kommen darf, sagt pg_hba.conf von PostgreSQL.",
                )),
                // invalid_catalog_name
                Some("3D000") => Trouble::then(said(
                    " Make it with createdb, or correct database.url.",
                    " Bitte mit createdb anlegen oder database.url berichtigen.",
                )),
                // insufficient_privilege
                Some("42501") => Trouble::then(said(
                    " The user has to own the database: ALTER DATABASE ... OWNER TO ...",
                    " Die Datenbank muss dem Benutzer gehören: ALTER DATABASE ... OWNER TO ...",
                )),
                _ => Trouble::then(NOTHING),
            },
            _ => Trouble::then(NOTHING),
        }
    }

    /// Of tables that cannot be brought up to date.
    pub(super) fn of_migration(error: &MigrateError) -> Trouble {
        Trouble::then(match error {
            MigrateError::VersionMissing(_) => said(
                " A later version of Offhook has used it: run that one, or put back a backup from before.",
                " Eine spätere Version von Offhook hat sie benutzt: Bitte diese starten oder eine Sicherung von vorher \
                 zurückspielen.",
            ),
            MigrateError::VersionMismatch(_) => said(
                " It was not made by a released version of Offhook.",
                " Sie stammt nicht von einer veröffentlichten Version von Offhook.",
            ),
            _ => NOTHING,
        })
    }

    /// Why and what to do, in English; `own` is what the error says itself.
    pub(super) fn english(&self, own: String) -> String {
        let reason = self.reason.map_or(own, |reason| reason.english.to_owned());
        format!("{reason}.{}", self.advice.english)
    }

    /// The same in German.
    pub(super) fn german(&self, own: String) -> String {
        let reason = self.reason.map_or(own, |reason| reason.german.to_owned());
        format!("{reason}.{}", self.advice.german)
    }
}

fn of_connection(error: &io::Error) -> Trouble {
    if let Some(rustls::Error::InvalidCertificate(why)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return of_certificate(why);
    }
    Trouble::then(match error.kind() {
        io::ErrorKind::ConnectionRefused => said(
            " Start PostgreSQL there, or correct database.url.",
            " Bitte PostgreSQL dort starten oder database.url berichtigen.",
        ),
        io::ErrorKind::TimedOut => said(
            " Nothing answers there: check database.url and the firewalls in between.",
            " Dort antwortet nichts: Bitte database.url und die Firewalls dazwischen prüfen.",
        ),
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => FILES,
        _ => NOTHING,
    })
}

/// Of a certificate that PostgreSQL shows. `sslmode` says whether it is looked at.
fn of_certificate(error: &CertificateError) -> Trouble {
    match error {
        // An authority may be called like another one and have another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Trouble::because(
            said(
                "PostgreSQL shows a certificate of an authority that is not trusted",
                "PostgreSQL zeigt ein Zertifikat einer Stelle, der nicht vertraut wird",
            ),
            said(
                " Name the authority's own certificate in database.url: sslrootcert=FILE.",
                " Bitte das Zertifikat der Stelle selbst in database.url nennen: sslrootcert=DATEI.",
            ),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Trouble::because(
            said(
                "PostgreSQL shows a certificate for another name",
                "PostgreSQL zeigt ein Zertifikat für einen anderen Namen",
            ),
            said(
                " Write into database.url the name that stands in the certificate, or have one issued for this name.",
                " Bitte in database.url den Namen schreiben, der im Zertifikat steht, oder eines für diesen Namen ausstellen \
                 lassen.",
            ),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Trouble::because(
            said(
                "PostgreSQL shows a certificate that has expired",
                "PostgreSQL zeigt ein Zertifikat, das abgelaufen ist",
            ),
            said(" Renew it there.", " Bitte dort erneuern."),
        ),
        _ => Trouble::then(said(
            " PostgreSQL needs a certificate that can be trusted; sslmode in database.url says how it is looked at.",
            " PostgreSQL braucht ein Zertifikat, dem vertraut werden kann; wie es geprüft wird, sagt sslmode in database.url.",
        )),
    }
}
