//! How things stand at this moment, as metrics.

use std::array;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::Party;
use super::process::Process;
use crate::call::cause::CauseCode;
use crate::call::record::CallState;
use crate::line::LineState;
use crate::net::figures::QueueLength;
use crate::net::media::WorkerLoad;
use crate::quality::{CallReport, LegParty, LegReport};
use crate::web::protocol::status::Certificate;

/// How things stand.
#[derive(Debug, Default)]
pub(super) struct Now {
    /// When the server was started, in ms since 1970, and how long ago that is.
    pub(super) started_at: f64,
    pub(super) uptime: f64,
    /// The calls that run, and where each stands.
    pub(super) calls: Vec<CallReport>,
    pub(super) states: Vec<CallState>,
    /// Those that ended, by why and by whether they had been answered.
    pub(super) ended: Vec<((CauseCode, bool), u64)>,
    /// How often a browser and a PBX fell silent.
    pub(super) silences: [u64; 2],
    pub(super) groups: Vec<Group>,
    /// Requests from addresses that no line group names.
    pub(super) strangers: u64,
    /// Listeners that listen, and those that cannot.
    pub(super) listeners: [i64; 2],
    pub(super) clients: usize,
    pub(super) users: usize,
    pub(super) workers: Vec<WorkerLoad>,
    pub(super) queues: Vec<QueueLength>,
    pub(super) captures: Option<Captured>,
    /// Octets of the database; None where it cannot be read.
    pub(super) database: Option<u64>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) process: Option<Process>,
}

/// A line group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) lines: Vec<LineState>,
    /// Places where its PBX may be that answer, and that do not.
    pub(super) targets: [i64; 2],
    pub(super) wrong_passwords: u64,
    pub(super) capturing: bool,
}

/// Where captures stand.
#[derive(Debug, Default)]
pub(super) struct Captured {
    pub(super) lost: u64,
    pub(super) lost_packets: u64,
    pub(super) stopped: bool,
    pub(super) queued: usize,
}

/// What legs are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Leg {
    party: LegParty,
    /// Received from it.
    codec: String,
    path: &'static str,
    encrypted: &'static str,
}

/// Labels of a sample.
type Labels<'a, const N: usize> = [(&'static str, &'a str); N];
type Owned<const N: usize> = [(&'static str, String); N];

impl EncodeLabelValue for LegParty {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            LegParty::Browser => "browser",
            LegParty::Pbx => "pbx",
        }
        .encode(encoder)
    }
}

impl Now {
    /// Makes metrics of all, `offhook` for our own, `root` for those that every process has.
    pub(super) fn register(&self, root: &mut Registry) {
        self.process(root);
        let offhook = root.sub_registry_with_prefix("offhook");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        offhook.register("build", "Version of the program", Info::new(version));
        let uptime = ConstGauge::new(self.uptime / 1_000.0);
        offhook.register("uptime_seconds", "How long the server has been running", uptime);
        self.calls(offhook);
        self.legs(offhook);
        self.lines(offhook);
        self.workers(offhook);
        self.queues(offhook);
        self.captures(offhook);
        self.files(offhook);
    }

    /// Under the names that other programs' have, too.
    fn process(&self, root: &mut Registry) {
        let started = ConstGauge::new(self.started_at / 1_000.0);
        root.register("process_start_time_seconds", "When the process was started, since 1970", started);
        let Some(process) = &self.process else { return };
        root.register("process_cpu_seconds", "CPU time of the process", ConstCounter::new(process.cpu));
        let memory = ConstGauge::new(process.memory as i64);
        root.register("process_resident_memory_bytes", "Memory that the process has", memory);
        let files = ConstGauge::new(process.files as i64);
        root.register("process_open_fds", "Open files of the process, sockets among them", files);
        if let Some(max) = process.max_files {
            root.register("process_max_fds", "Files that the process may open", ConstGauge::new(max as f64));
        }
        let sockets = ConstGauge::new(process.sockets as i64);
        root.register("offhook_open_sockets", "Open sockets of the process", sockets);
    }

    fn calls(&self, offhook: &mut Registry) {
        let states = CallState::ALL.map(|state| (state, 0)).into_iter();
        let states = states.chain(self.states.iter().map(|&state| (state, 1)));
        let states = states.map(|(state, count)| ([("state", state.name())], count));
        gauges(offhook, "calls", "Calls at this moment", states);
        let ended = self.ended.iter().map(|&((cause, answered), count)| {
            ([("cause", cause.code()), ("answered", if answered { "yes" } else { "no" })], count)
        });
        counters(offhook, "calls_ended", "Calls that have ended, by why", ended);
        let clients = ConstGauge::new(self.clients as i64);
        offhook.register("clients", "Clients that are connected", clients);
        let users = ConstGauge::new(self.users as i64);
        offhook.register("users", "Users who are signed in at a connected client", users);
    }

    fn legs(&self, offhook: &mut Registry) {
        let legs = Family::<Leg, Gauge>::default();
        let silent = Family::<Party, Gauge>::default();
        let worst = Family::<Party, Gauge<f64, AtomicU64>>::default();
        for party in [LegParty::Browser, LegParty::Pbx] {
            drop(silent.get_or_create(&Party { party }));
        }
        for leg in self.calls.iter().flat_map(|call| &call.legs) {
            legs.get_or_create(&labels(leg)).inc();
            let party = Party { party: leg.party };
            silent.get_or_create(&party).inc_by(i64::from(leg.silent));
            if let Some(mos) = leg.mos {
                let worst = worst.get_or_create(&party);
                worst.set(if worst.get() == 0.0 { mos } else { worst.get().min(mos) });
            }
        }
        offhook.register("legs", "Legs of calls at this moment", legs);
        offhook.register("silent_legs", "Legs at this moment that should send audio and do not", silent);
        offhook.register("lowest_mos", "Lowest mean opinion score of the legs at this moment", worst);
        let [browser, pbx] = self.silences;
        let silences = [("browser", browser), ("pbx", pbx)].map(|(party, count)| ([("party", party)], count));
        let help = "How often a leg that should send audio fell silent for two seconds";
        counters(offhook, "silences", help, silences);
    }

    fn lines(&self, offhook: &mut Registry) {
        let lines = self.groups.iter().flat_map(|group| {
            let states = LineState::ALL.map(|state| (state, 0)).into_iter();
            let states = states.chain(group.lines.iter().map(|&state| (state, 1)));
            states.map(|(state, count)| ([("group", group.name.as_str()), ("state", state.name())], count))
        });
        gauges(offhook, "lines", "Lines, by where their registration stands", lines);
        let targets = self.groups.iter().flat_map(|group| {
            let [answering, silent] = group.targets;
            let name = group.name.as_str();
            [("answering", answering), ("silent", silent)]
                .map(|(state, count)| ([("group", name), ("state", state)], count))
        });
        gauges(offhook, "pbx_targets", "Places where a PBX may be, by whether they answer", targets);
        let wrong = self.groups.iter().map(|group| ([("group", group.name.as_str())], group.wrong_passwords));
        counters(offhook, "wrong_passwords", "Wrong passwords that came for a line group", wrong);
        let help = "Requests from addresses that no line group names";
        offhook.register("unexpected_requests", help, ConstCounter::new(self.strangers));
        let [listening, failed] = self.listeners;
        let listeners =
            [("listening", listening), ("failed", failed)].map(|(state, count)| ([("state", state)], count));
        gauges(offhook, "listeners", "Addresses that SIP is received at", listeners);
    }

    fn workers(&self, offhook: &mut Registry) {
        let each = |figure: fn(&WorkerLoad) -> f64| {
            self.workers.iter().enumerate().map(move |(number, load)| ([("worker", number.to_string())], figure(load)))
        };
        let help = "Share of the last second in which a media thread had something to do";
        floats(offhook, "media_worker_busy_ratio", help, each(|load| load.busy.into()));
        let help = "Share of what a media thread served in the last second that came more than 20 ms late";
        floats(offhook, "media_worker_late_ratio", help, each(|load| load.late.into()));
        let help = "Whether a media thread takes no further call";
        floats(offhook, "media_worker_overloaded", help, each(|load| if load.overloaded { 1.0 } else { 0.0 }));
        let times = Family::<Owned<1>, Counter<f64, AtomicU64>>::default();
        for (number, seconds) in self.process.iter().flat_map(|process| &process.workers) {
            times.get_or_create(&[("worker", number.to_string())]).inc_by(*seconds);
        }
        offhook.register("media_worker_cpu_seconds", "CPU time of a media thread", times);
    }

    fn queues(&self, offhook: &mut Registry) {
        let lengths = self.queues.iter().map(|queue| ([("queue", queue.name)], queue.length as i64));
        gauges(offhook, "queue_length", "How much waits at this moment", lengths);
        let limits = self.queues.iter().map(|queue| ([("queue", queue.name)], queue.limit as i64));
        gauges(offhook, "queue_limit", "How much can wait", limits);
    }

    fn captures(&self, offhook: &mut Registry) {
        let Some(captured) = &self.captures else { return };
        let capturing = self.groups.iter().map(|group| ([("group", group.name.as_str())], group.capturing.into()));
        gauges(offhook, "capturing", "Whether signalling of a line group is captured", capturing);
        let help = "Messages that are missing in capture files";
        offhook.register("capture_lost_messages", help, ConstCounter::new(captured.lost));
        let help = "Packets of audio that are missing in captures";
        offhook.register("capture_lost_packets", help, ConstCounter::new(captured.lost_packets));
        let help = "Whether capturing has ended by itself";
        offhook.register("capture_stopped", help, ConstGauge::new(i64::from(captured.stopped)));
        let help = "Octets that wait to be written to capture files";
        offhook.register("capture_queue_bytes", help, ConstGauge::new(captured.queued as i64));
    }

    fn files(&self, offhook: &mut Registry) {
        let up = ConstGauge::new(i64::from(self.database.is_some()));
        offhook.register("database_up", "Whether the database can be read", up);
        if let Some(octets) = self.database {
            offhook.register("database_size_bytes", "Size of the database", ConstGauge::new(octets as i64));
        }
        let readable = self.certificates.iter().map(|certificate| {
            ([("used_by", certificate.used_by.clone())], if certificate.problem.is_none() { 1.0 } else { 0.0 })
        });
        floats(offhook, "certificate_readable", "Whether a certificate of the server can be read", readable);
        let ends = self.certificates.iter().filter_map(|certificate| {
            Some(([("used_by", certificate.used_by.clone())], certificate.expires_at? / 1_000.0))
        });
        let help = "When a certificate of the server expires, since 1970";
        floats(offhook, "certificate_expiry_timestamp_seconds", help, ends);
    }
}

fn labels(leg: &LegReport) -> Leg {
    Leg {
        party: leg.party,
        codec: leg.codec_in.clone().unwrap_or_default(),
        path: if leg.transcoded { "transcoded" } else { "relayed" },
        encrypted: if leg.encrypted { "yes" } else { "no" },
    }
}

/// Samples of one metric; those with the same labels are added up.
fn summed<'a, const N: usize, V: std::ops::AddAssign + Default>(
    samples: impl IntoIterator<Item = (Labels<'a, N>, V)>,
) -> impl Iterator<Item = (Owned<N>, V)> {
    let mut sums = BTreeMap::<Labels<'a, N>, V>::new();
    for (labels, value) in samples {
        *sums.entry(labels).or_default() += value;
    }
    let owned = |labels: Labels<'a, N>| array::from_fn(|at| (labels[at].0, labels[at].1.to_owned()));
    sums.into_iter().map(move |(labels, value)| (owned(labels), value))
}

fn gauges<'a, const N: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (Labels<'a, N>, i64)>,
) {
    let family = Family::<Owned<N>, Gauge>::default();
    for (labels, value) in summed(samples) {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

fn counters<'a, const N: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (Labels<'a, N>, u64)>,
) {
    let family = Family::<Owned<N>, Counter>::default();
    for (labels, value) in summed(samples) {
        family.get_or_create(&labels).inc_by(value);
    }
    registry.register(name, help, family);
}

fn floats(registry: &mut Registry, name: &str, help: &str, samples: impl IntoIterator<Item = (Owned<1>, f64)>) {
    let family = Family::<Owned<1>, Gauge<f64, AtomicU64>>::default();
    for (labels, value) in samples {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}
