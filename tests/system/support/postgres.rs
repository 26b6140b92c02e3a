//! PostgreSQL for tests: one server a process, which ends with it, however that ends. It offers TLS with a certificate of an
//! authority of its own; who does not say otherwise in the URL takes it, without looking at the certificate.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// How long the server may take to start.
const START_WITHIN: Duration = Duration::from_secs(60);

/// A user of the server who needs a password; `postgres` needs none.
pub(crate) const GUARDED: &str = "guarded";

/// The file of the authority's certificate.
const AUTHORITY: &str = "authority.pem";

/// Runs the server until standard input ends, which it does with whoever started this.
const KEEPER: &str = r#"
trap '' INT
dir=$1; shift
"$@" &
server=$!
cat > /dev/null
kill -INT $server
wait $server
rm -rf "$dir"
"#;

/// A running server.
pub(crate) struct Postgres {
    address: Ipv4Addr,
    port: u16,
    dir: PathBuf,
    /// Its standard input is held open.
    _keeper: Child,
}

/// The server of this process.
#[track_caller]
pub(crate) fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(Postgres::start)
}

impl Postgres {
    #[allow(
        clippy::disallowed_methods,
        reason = "it waits for a server, also where the system tests' way is not there"
    )]
    fn start() -> Postgres {
        let process = std::process::id();
        let [high, middle, middle_low, low] = process.to_be_bytes();
        // Addresses that the sites of the system tests do not take, another one for each process.
        let address = Ipv4Addr::new(127, 224 + (middle & 0x0f), middle_low, low);
        let port = 5432 + u16::from(high) * 16 + u16::from(middle >> 4);
        let dir = std::env::temp_dir().join(format!("offhook-postgres-{process}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).expect("a directory for PostgreSQL can be made");
        let user = user();
        if let Some((user, group)) = user {
            chown(&dir, Some(user), Some(group)).expect("the directory can be given to PostgreSQL's user");
        }
        let data = dir.join("data");
        let mut initdb = command(user, "initdb");
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "-D"]);
        let made = initdb.arg(&data).output().expect("initdb of PostgreSQL starts; scripts/install-test-tools has it");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let access = data.join("pg_hba.conf");
        let rules = fs::read_to_string(&access).expect("initdb has made pg_hba.conf");
        fs::write(&access, format!("host all {GUARDED} 127.0.0.0/8 scram-sha-256\n{rules}"))
            .expect("it can be written");

        certify(&data, address, user);
        let log = fs::File::create(dir.join("log")).expect("PostgreSQL's log can be made");
        let mut server = command(user, "postgres");
        server.arg("-D").arg(&data).args(["-h", &address.to_string(), "-p", &port.to_string()]);
        // Nobody pulls the plug of these; what Offhook does for it can be read in its settings.
        for setting in ["fsync=off", "unix_socket_directories=", "shared_buffers=16MB", "max_connections=200", "ssl=on"]
        {
            server.args(["-c", setting]);
        }
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&dir).arg(server.get_program()).args(server.get_args());
        keeper.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let keeper = keeper.spawn().expect("a shell starts");
        let postgres = Postgres { address, port, dir, _keeper: keeper };
        let deadline = Instant::now() + START_WITHIN;
        while !postgres.tool("pg_isready").arg("-q").status().is_ok_and(|status| status.success()) {
            let log = || fs::read_to_string(postgres.dir.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        postgres.sql("postgres", &format!("CREATE ROLE {GUARDED} LOGIN PASSWORD 'p@ss/w\u{f6}rd'"));
        postgres
    }

    /// The URL of a database for a user.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@{}:{}/{database}", self.address, self.port)
    }

    /// The same over TLS, whose certificate has to be of the authority with the certificate in this file.
    pub(crate) fn url_verified(&self, user: &str, database: &str, authority: &Path) -> String {
        format!("{}?sslmode=verify-full&sslrootcert={}", self.url(user, database), authority.display())
    }

    /// The certificate of the authority that vouches for the server, PEM.
    pub(crate) fn authority(&self) -> PathBuf {
        self.dir.join("data").join(AUTHORITY)
    }

    /// Makes an empty database.
    #[track_caller]
    pub(crate) fn create(&self, database: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {database}"));
    }

    /// Has a statement carried out and gives what it prints.
    #[track_caller]
    pub(crate) fn sql(&self, database: &str, statement: &str) -> String {
        let mut psql = self.tool("psql");
        psql.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", statement]);
        let output = psql.output().expect("psql starts");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A program of PostgreSQL that talks to this server.
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.args(["-h", &self.address.to_string(), "-p", &self.port.to_string()]);
        command
    }
}

/// Makes an authority and a certificate of it for the server's address, where the server looks for it.
fn certify(data: &Path, address: Ipv4Addr, user: Option<(u32, u32)>) {
    let key = || KeyPair::generate().expect("a key can be made");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority can be made");
    let params = CertificateParams::new(vec![address.to_string()]).expect("it is an address");
    let key = key();
    let certificate = params.signed_by(&key, &authority).expect("a certificate can be signed");
    for (name, text) in
        [(AUTHORITY, authority.pem()), ("server.crt", certificate.pem()), ("server.key", key.serialize_pem())]
    {
        let path = data.join(name);
        fs::write(&path, text).expect("a file of PostgreSQL can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
        if let Some((user, group)) = user {
            chown(&path, Some(user), Some(group)).expect("the file can be given to PostgreSQL's user");
        }
    }
}

/// The server refuses to run as root: its user and group then.
fn user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").is_ok_and(|own| own.uid() != 0) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = users.lines().find_map(|line| line.strip_prefix("postgres:"));
    let mut fields = fields.expect("the package postgresql has made a user").split(':').skip(1);
    let mut number = || fields.next().and_then(|field| field.parse().ok()).expect("/etc/passwd has numbers there");
    Some((number(), number()))
}

/// A program of PostgreSQL as its user.
fn command(user: Option<(u32, u32)>, name: &str) -> Command {
    let mut command = match user {
        None => Command::new(program(name)),
        Some((user, group)) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
            command.arg(program(name));
            command
        }
    };
    command.current_dir("/");
    command
}

/// Debian keeps the server's programs out of the search path, each version apart.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file());
    found.max().unwrap_or_else(|| Path::new(name).to_owned())
}
