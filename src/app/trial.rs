//! Trying a line group out before it is kept: a core of its own, with nothing but that line group and one line, finds the PBX,
//! registers there, and is gone again. What it comes to is judged as for lines that are in use.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::lines::Passwords;
use super::people::LineUsers;
use super::{Running, StartError, bind_sip, country, run_core, settings};
use crate::capture::diagnosis::code::Code;
use crate::capture::diagnosis::diagnose;
use crate::capture::recorder::Names;
use crate::capture::trace::{PartyKind, Trace, TraceWhat};
use crate::capture::verdict::{Severity, Verdict};
use crate::config::{Config, GroupKind, LineBody, MadeGroup, Secret};
use crate::ids::LineId;
use crate::line::LineState;
use crate::line::report::{GroupReport, TargetReport};
use crate::net::core::KnownOfUsers;
use crate::net::dns::Dns;
use crate::net::groups::Groups;
use crate::net::media::MediaSettings;
use crate::net::transport::{ListenerKind, ListenerSettings, PublicAddress, TransportSettings};
use crate::web::routes::site::trial::{Outcome, Step, StepKind, Trial, TrialLine, TrialReport};

/// How long a PBX may take. One that has said nothing for four seconds is judged as not answering.
const WITHIN: Duration = Duration::from_secs(8);
/// How often it is looked what has come of it.
const LOOK: Duration = Duration::from_millis(50);
/// Who asks where no line is given.
const NOBODY: &str = "offhook";
/// The name of a line group that has none yet.
const NAMELESS: &str = "PBX";

/// Tries it; an error where this machine cannot. What was registered is taken back behind it: whoever waits for `gone` knows when.
pub(super) async fn run(
    file: Config,
    passwords: &Passwords,
    trial: Trial,
    gone: oneshot::Sender<()>,
) -> Result<TrialReport, StartError> {
    let registers = trial.line.is_some() && trial.line_group.kind != GroupKind::TrunkFixed;
    let config = configuration(file, passwords, trial);
    let lines = [(0, 0)];
    let directory = Arc::new(settings::directory(&config, &lines, &[LineUsers::default()]));
    let names = super::trace_names::names(&config, &lines, &directory, Vec::new());
    let role = settings::gateway(&config, &lines, &directory)?;
    let transport = bind_sip(TransportSettings {
        listeners: vec![listener(&config)],
        tls_profiles: settings::tls_profiles(&config),
    })
    .await?;
    let groups = Groups::new(transport.local_addr(), settings::groups(&config), settings::lines(&config, &lines));
    let media = MediaSettings {
        address: Vec::new(),
        webrtc: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
        rtp_ports: config.media.rtp_ports.clone(),
        country: country(&config.media.country),
        webrtc_codecs: settings::webrtc_codecs(&config),
        workers: Some(1),
        music_on_hold: None,
        announcements: Vec::new(),
        recordings: settings::recordings(&config),
    };
    let dns = Dns { servers: config.name_servers.clone() };
    let users = KnownOfUsers { rights: Arc::default(), line_settings: Vec::new() };
    let core = run_core(directory, groups, role, transport, dns, media, users)?;
    let observed = observe(&core, &names, registers).await;
    tokio::spawn(async move {
        core.stop().await;
        let _ = gone.send(());
    });
    let host = config.groups.first().map(|group| group.registrar.clone()).unwrap_or_default();
    Ok(report(&host, observed))
}

/// The configuration that has nothing but what is tried.
fn configuration(file: Config, passwords: &Passwords, trial: Trial) -> Config {
    let Trial { mut line_group, password, line, .. } = trial;
    if line_group.name.is_empty() {
        line_group.name = NAMELESS.to_owned();
    }
    let own = line.is_some();
    let line = line.unwrap_or_else(|| TrialLine { user_name: NOBODY.to_owned(), ..TrialLine::default() });
    let password = Secret::new(password.unwrap_or_default());
    let line_password = match (line.password, line.id) {
        (Some(text), _) => Secret::new(text),
        // Who asked has checked that it goes to where it is kept for.
        (None, Some(id)) => passwords.of_line(&file, id),
        (None, None) => Secret::default(),
    };
    // Who asks without a line registers nothing, and a PBX that is to answer is asked at once.
    if !own {
        line_group.kind = GroupKind::TrunkFixed;
    }
    line_group.options_refresh = line_group.options_refresh.max(1);
    let body = LineBody {
        user_name: line.user_name,
        auth_name: line.auth_name,
        active: true,
        pilot: true,
        ..LineBody::default()
    };
    let alone = Config {
        groups: Vec::new(),
        routes: Vec::new(),
        users: Vec::new(),
        administrators: Vec::new(),
        // The listeners of the running server are in use; their address counts.
        ..file
    };
    let mut alone = Config { listen: listen(&alone, &line_group.listener), listeners: Vec::new(), ..alone };
    alone.media.workers = Some(1);
    line_group.listener.clear();
    alone.joined(vec![MadeGroup { body: line_group, password, lines: vec![(body, line_password)] }])
}

/// The address of a listener, at a port of its own.
fn listen(config: &Config, name: &str) -> crate::config::Listen {
    let named = config.listeners.iter().find(|listener| listener.name == name);
    let (address, public_address) =
        named.map_or((config.listen.sip, config.listen.public_address), |found| (found.address, found.public_address));
    crate::config::Listen { sip: SocketAddr::new(address.ip(), 0), public_address, ..config.listen.clone() }
}

fn listener(config: &Config) -> ListenerSettings {
    let public = |ip: IpAddr| PublicAddress { ip, port: None };
    ListenerSettings {
        name: "main".into(),
        address: config.listen.sip,
        kind: ListenerKind::UdpTcp,
        public_address: config.listen.public_address.map(public),
    }
}

/// What has come of it.
struct Observed {
    targets: Vec<TargetReport>,
    answered: bool,
    /// Seconds that the line is registered for, where it was to be.
    registered: Option<Option<u64>>,
    verdict: Option<Verdict>,
}

/// Waits until it is known what comes of it.
async fn observe(core: &Running, names: &Names, registers: bool) -> Observed {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut observed = look(core, names, registers).await.0;
    let waiting = async {
        loop {
            looks.tick().await;
            let (now, settled) = look(core, names, registers).await;
            observed = now;
            if settled {
                return;
            }
        }
    };
    let _ = timeout(WITHIN, waiting).await;
    observed
}

async fn look(core: &Running, names: &Names, registers: bool) -> (Observed, bool) {
    let line = LineId(0);
    let trace = core.handle.line_trace(line).await.map(|recording| recording.trace(names));
    let verdict = trace.as_ref().map(diagnose);
    let report = core.handle.report().await;
    let group: Option<GroupReport> = report.and_then(|report| report.groups.into_iter().next());
    let Some(GroupReport { targets, cause, lines, .. }) = group else {
        return (Observed { targets: Vec::new(), answered: false, registered: None, verdict }, true);
    };
    let answered = trace.as_ref().is_some_and(has_answer);
    let status = lines.into_iter().next().map(|(_, status)| status);
    let failed = cause.is_some() || status.as_ref().is_some_and(|status| status.state == LineState::Failed);
    let now = std::time::Instant::now();
    let registered = status.filter(|status| status.state == LineState::Registered).map(|status| {
        status.until.map_or(0, |until| until.saturating_duration_since(now).as_secs_f64().round() as u64)
    });
    // What is known of why may come a moment later.
    let judges = |verdict: &Verdict| verdict.severity == Severity::Failed && verdict.code != Code::Unknown.code();
    let judged = verdict.as_ref().is_some_and(judges);
    let settled = (failed && judged) || if registers { registered.is_some() } else { answered };
    (Observed { targets, answered, registered: registers.then_some(registered), verdict }, settled)
}

/// Whether a SIP message has come from the other side.
fn has_answer(trace: &Trace) -> bool {
    let is_ours = |party: u32| trace.parties.get(party as usize).is_some_and(|party| party.kind == PartyKind::Server);
    trace.events.iter().any(|event| matches!(event.what, TraceWhat::Sip { .. }) && !is_ours(event.from))
}

fn report(host: &str, observed: Observed) -> TrialReport {
    let Observed { targets, answered, registered, verdict } = observed;
    let targets: Vec<String> =
        targets.iter().map(|target| format!("{} {}", target.transport, target.address)).collect();
    let places = targets.join(", ");
    let why = || match &verdict {
        Some(verdict) => (verdict.english.clone(), verdict.german.clone()),
        None => ("The server is stopping.".to_owned(), "Der Server wird beendet.".to_owned()),
    };
    let done = |step, english: String, german: String| Step { step, outcome: Outcome::Done, english, german };
    let failed = |step| {
        let (english, german) = why();
        Step { step, outcome: Outcome::Failed, english, german }
    };
    let skipped = |step| Step { step, outcome: Outcome::Skipped, english: String::new(), german: String::new() };
    let mut steps = vec![match targets.is_empty() {
        true => failed(StepKind::Resolve),
        false => done(StepKind::Resolve, format!("{host} leads to {places}."), format!("{host} führt zu {places}.")),
    }];
    steps.push(match (targets.is_empty(), answered) {
        (true, _) => skipped(StepKind::Answer),
        (false, false) => failed(StepKind::Answer),
        (false, true) => done(StepKind::Answer, "The PBX answers.".to_owned(), "Die Anlage antwortet.".to_owned()),
    });
    if let Some(registered) = registered {
        steps.push(match (answered, registered) {
            (false, _) => skipped(StepKind::Register),
            (true, None) => failed(StepKind::Register),
            (true, Some(seconds)) => done(
                StepKind::Register,
                format!("The PBX has registered the line, for {seconds} seconds."),
                format!("Die Anlage hat die Leitung registriert, für {seconds} Sekunden."),
            ),
        });
    }
    let ok = steps.iter().all(|step| step.outcome == Outcome::Done);
    TrialReport { ok, steps, targets, verdict: verdict.filter(|_| !ok) }
}
