//! `offhook demo`: a server with two users, and a small PBX for them, in one process.

pub mod pbx;

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::app::{self, Server, StartError};
use crate::config::{Config, Secret};

/// The demo's people: sign-in name, shown name, extension.
const PEOPLE: [(&str, &str, &str); 2] = [("alice", "Alice Adams", "100"), ("bob", "Bob Brown", "101")];
/// Looks after the demo.
const ADMINISTRATOR: &str = "admin";
/// Everybody's password in the browser. The demo listens on this machine only.
const PASSWORD: &str = "demo";
const SIP_ADDRESS: &str = "127.0.0.1:5080";
const PBX_ADDRESS: &str = "127.0.0.1:5070";
const DOMAIN: &str = "demo.pbx";

/// Runs the demo until Ctrl-C.
pub async fn run(data_dir: &Path) -> Result<(), StartError> {
    app::install_crypto_provider();
    app::make_data_dir(data_dir)?;
    let path = data_dir.join("offhook.toml");
    if !path.exists() {
        let problem = |source| StartError::DataDir { path: path.clone(), source };
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(example_config()?.as_bytes())).map_err(problem)?;
    }
    let config = Config::load(&path)?;
    let log = app::start_log(&config)?;
    let users = config.groups.iter().flat_map(|group| &group.lines);
    let users = users.map(|line| (line.user_name.clone(), line.password.clone())).collect();
    let listen = PBX_ADDRESS.parse().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 5070)));
    let pbx = pbx::start(pbx::DemoPbx { listen, domain: DOMAIN.into(), users, rtp_ports: 30000..=30999 }).await?;
    let server = Server::start_logged(config, Some(log)).await?;
    print!("{}", greeting(server.http(), &path));
    server.until_stopped().await?;
    println!("Stopping.");
    tokio::join!(server.stop(), pbx.stop());
    Ok(())
}

fn greeting(http: SocketAddr, config: &Path) -> String {
    // Browsers give the microphone to pages of this machine without HTTPS, under this name as well.
    let port = http.port();
    let people: String = PEOPLE
        .iter()
        .map(|(name, _, extension)| format!("      {name:<6} password {PASSWORD}   extension {extension}\n"))
        .collect();
    format!(
        "
  Offhook is running.

    1.  Open   http://localhost:{port}/
    2.  Sign in as
{people}    3.  Dial   600  and speak: you hear yourself.
               601  is a test tone, 602 music on hold.
               603  is a conference: whoever calls it hears the others.
               100 and 101 are the two people: sign in as the other one in a private window.

  How the lines are: http://localhost:{port}/admin
      {ADMINISTRATOR:<6} password {PASSWORD}

  Settings: {config}
  Ctrl-C stops it.

",
        config = config.display()
    )
}

fn example_config() -> std::io::Result<String> {
    let mut text = format!(
        r#"# The demo's configuration. The same keys serve a real PBX; docs/configuration.md explains them.
data_dir = "."

[listen]
http = "127.0.0.1:7224"
https = "127.0.0.1:7225"
sip = "{SIP_ADDRESS}"
webrtc = "127.0.0.1:7226"

[media]
rtp_ports = "31000-31999"

[[line_group]]
name = "Demo PBX"
registrar = "127.0.0.1"
port = 5070
domain = "{DOMAIN}"
# Dialled at the demo PBX while the line has no call.
feature_codes = [{{ name = "Echo test", code = "600" }}, {{ name = "Conference room", code = "603" }}]
"#
    );
    for (_, _, extension) in PEOPLE {
        let mut password = [0; 12];
        getrandom::fill(&mut password).map_err(std::io::Error::other)?;
        let password: String = password.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("\n[[line_group.line]]\nuser_name = \"{extension}\"\npassword = \"{password}\"\n");
    }
    for (name, display_name, extension) in PEOPLE {
        text += &format!(
            "\n[[user]]\nname = \"{name}\"\ndisplay_name = \"{display_name}\"\npassword = \"{PASSWORD}\"\nlines = [\"{extension}\"]\n"
        );
    }
    text += &format!("\n[[administrator]]\nname = \"{ADMINISTRATOR}\"\npassword = \"{PASSWORD}\"\n");
    Ok(text)
}

/// An extension's password, as the demo PBX wants it.
pub(crate) fn sip_secret(secret: &Secret) -> offhook_sip::digest::Secret {
    offhook_sip::digest::Secret::new(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_configuration_has_no_mistake() {
        let config = Config::parse(&example_config().unwrap(), "offhook.toml", Path::new(".")).unwrap();
        assert_eq!((config.users.len(), config.administrators.len()), (2, 1));
        assert_eq!(config.groups[0].lines[1].number, "101");
    }
}
