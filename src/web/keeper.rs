//! Calls that ended are kept with how they sounded, and counted; those that failed with why. So are numbers
//! that were formatted or dialled.

use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tracing::{info, warn};

use super::{WebState, convert};
use crate::capture::diagnosis::diagnose;
use crate::capture::failures::{CallVerdict, VerdictStore};
use crate::capture::recorder::Recording;
use crate::capture::verdict::Severity;
use crate::net::figures::CallFigures;
use crate::net::past::Noted;
use crate::numbers::past::PastNumbers;
use crate::quality::QualityStore;

/// Keeps what comes until the core has stopped.
pub async fn keep(state: WebState, mut ended: Receiver<CallFigures>) {
    loop {
        let call = match ended.recv().await {
            Ok(call) => call,
            Err(RecvError::Lagged(missed)) => {
                warn!(missed, "calls end faster than their figures can be kept");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let report = convert::call_report(&state, call);
        state.metrics.ended(&report);
        if let Err(error) = state.quality.keep(&report, convert::unix_ms()).await {
            warn!(error = &error as &dyn std::error::Error, "the figures of a call are not kept");
        }
    }
}

/// Finds out why calls failed, and keeps that, until the core has stopped.
pub async fn judge(state: WebState, mut finished: Receiver<Arc<Recording>>) {
    loop {
        let recording = match finished.recv().await {
            Ok(recording) => recording,
            Err(RecvError::Lagged(missed)) => {
                warn!(missed, "calls fail faster than it can be found out why");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let trace = convert::trace(&state, &recording);
        let verdict = diagnose(&trace);
        if verdict.severity == Severity::Fine {
            continue;
        }
        state.metrics.judged(&verdict.code);
        info!(call = %trace.id, code = verdict.code, "{}", verdict.english);
        let kept = state.verdicts.keep(&CallVerdict::of(&trace, verdict), convert::unix_ms()).await;
        if let Err(error) = kept {
            warn!(error = &error as &dyn std::error::Error, "a verdict is not kept");
        }
    }
}

/// Keeps numbers of calls until the core has stopped.
pub async fn keep_numbers(table: impl PastNumbers, mut noted: Noted) {
    while let Some(numbers) = noted.next().await {
        let lost = noted.lost();
        if lost > 0 {
            warn!(lost, "numbers of calls come faster than they can be kept");
        }
        if let Err(error) = table.keep(&numbers, convert::unix_ms()).await {
            warn!(error = &error as &dyn std::error::Error, "numbers of calls are not kept");
        }
    }
}
