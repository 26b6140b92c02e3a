//! The control socket: an administrator's routes for programs on this machine, `offhook status` for example. Nobody
//! signs in there: who may open the file may ask.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use axum::routing::{any, get};
use axum::{Extension, Router};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use super::routes::HttpFailure;
use super::routes::table::Identity;
use super::{WebState, administrators_routes, metrics};
use crate::call::cause::CauseCode;

/// Why there is no control socket. One sentence with the place.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Somebody answers at it.
    #[error("{0}: another Offhook server is running with this data directory. Stop it, or choose another data_dir.")]
    Taken(PathBuf),
    /// The file cannot be made.
    #[error("{path}: the control socket cannot be made: {source}.")]
    Unusable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A control socket. Its file goes when it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    listener: Option<UnixListener>,
    task: Option<JoinHandle<()>>,
}

/// Where the control socket of a data directory is.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

impl ControlSocket {
    /// Takes the control socket of a data directory; one that a server left behind is replaced. Questions wait until
    /// [`ControlSocket::serve`].
    pub fn bind(data_dir: &Path) -> Result<ControlSocket, ControlError> {
        let path = path(data_dir);
        if UnixStream::connect(&path).is_ok() {
            return Err(ControlError::Taken(path));
        }
        let draft = path.with_extension("new");
        let bind = || {
            let _ = fs::remove_file(&draft);
            let listener = UnixListener::bind(&draft)?;
            // Nobody can have connected yet under the name that programs know.
            fs::set_permissions(&draft, fs::Permissions::from_mode(0o600))?;
            fs::rename(&draft, &path)?;
            Ok(listener)
        };
        match bind() {
            Ok(listener) => Ok(ControlSocket { path, listener: Some(listener), task: None }),
            Err(source) => Err(ControlError::Unusable { path, source }),
        }
    }

    /// Answers from now on.
    pub fn serve(&mut self, state: WebState) {
        let Some(listener) = self.listener.take() else { return };
        let app: Router = administrators_routes()
            .into_router()
            .layer(Extension(Ok::<_, CauseCode>(Identity::of_control_socket())))
            .route("/metrics", get(metrics::show))
            .fallback(any(async || HttpFailure::from(CauseCode::NotFound)))
            .with_state(state);
        self.task = Some(tokio::spawn(async move {
            // Accepting goes on after errors; this ends when the task is aborted.
            let _ = axum::serve(listener, app).await;
        }));
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
        let folder = std::env::temp_dir().join(format!("offhook-control-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = path(&folder);
        drop(std::os::unix::net::UnixListener::bind(&file).unwrap());
        let socket = ControlSocket::bind(&folder).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(ControlSocket::bind(&folder), Err(ControlError::Taken(_))));
        assert!(file.exists(), "the one in use stays");
        drop(socket);
        assert!(!file.exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
