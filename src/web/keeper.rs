//! Calls that ended are kept with how they sounded, and counted.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tracing::warn;

use super::{WebState, convert};
use crate::net::figures::CallFigures;
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
