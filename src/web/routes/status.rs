//! How the program itself stands: `/api/v1/admin/status`.

use axum::Json;
use axum::extract::State;

use super::HttpFailure;
use crate::call::cause::CauseCode;
use crate::ids::LineGroupId;
use crate::net::capture::{Captures, Selection};
use crate::web::protocol::status::{CaptureState, Database, MediaWorker, Process, Queue, Status};
use crate::web::{Files, Labels, WebState, convert};

/// Everything that is no line and no call.
pub(super) async fn show(State(state): State<WebState>) -> Result<Json<Status>, HttpFailure> {
    let report = state.core.calls().await.ok_or(CauseCode::ShuttingDown)?;
    let Files { certificates, process, disk } = state.files().await;
    let (size, problem) = match state.store.size().await {
        Ok(size) => (Some(size), None),
        Err(problem) => (None, Some(problem.to_string())),
    };
    let percent = |share: f32| 100.0 * f64::from(share);
    let workers = report.loads.into_iter().map(|load| MediaWorker {
        load: percent(load.busy),
        late: percent(load.late),
        overloaded: load.overloaded,
    });
    let queues = report.queues.into_iter();
    Ok(Json(Status {
        now: convert::unix_ms(),
        version: env!("CARGO_PKG_VERSION").into(),
        started_at: state.clock.started_at(),
        clients: report.clients,
        users: report.users,
        workers: workers.collect(),
        queues: queues
            .map(|queue| Queue { name: queue.name.into(), length: queue.length, limit: queue.limit })
            .collect(),
        capture: state.captures.as_ref().map(|captures| capture(&state.labels(), captures)).unwrap_or_default(),
        process: process.map(|process| Process {
            memory: process.memory,
            cpu: process.cpu,
            files: process.files,
            max_files: process.max_files,
            sockets: process.sockets,
        }),
        disk,
        database: Database { kind: state.store.kind().into(), size, problem },
        certificates,
    }))
}

fn capture(labels: &Labels, captures: &Captures) -> CaptureState {
    let places = (0..).map(LineGroupId).zip(&labels.groups);
    let groups = places.filter(|(group, _)| captures.selected(*group).selection != Selection::Off);
    CaptureState {
        groups: groups.map(|(_, label)| label.name.clone()).collect(),
        lost: captures.lost().messages,
        lost_packets: captures.lost().packets,
        queued: captures.queued().0,
        stopped: captures.stopped(),
    }
}
