//! Files for administrators: downloads, ZIP archives, deletions. Captures and the log have some.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::HttpFailure;
use super::session::By;
use crate::call::cause::CauseCode;
use crate::shelf::ShelfFile;
use crate::web::protocol::captures::CaptureFile;

/// Pieces of a file that wait for a slow reader.
const BACKLOG: usize = 4;
/// Octets of a piece.
const PIECE: usize = 64 * 1024;

/// A file and where it is. Its size is one of whole blocks: nobody writes while files are looked at.
pub(super) type Placed = (ShelfFile, PathBuf);

/// What has files.
pub(super) trait HasFiles {
    /// The files, the oldest first.
    fn files(&self) -> Vec<ShelfFile>;
    /// Where a file is, if there is one of this name.
    fn path(&self, name: &str) -> Option<PathBuf>;
    /// Deletes a file that is not being written; false where there is none.
    fn delete(&self, name: &str) -> io::Result<bool>;
}

/// All files with their places.
pub(super) fn placed(of: &impl HasFiles) -> Vec<Placed> {
    of.files().into_iter().filter_map(|file| of.path(&file.name).map(|path| (file, path))).collect()
}

/// A file as it is now.
pub(super) async fn download<T>(of: Option<T>, name: String, kind: &'static str) -> Result<Response, HttpFailure>
where
    T: HasFiles + Send + 'static,
{
    let wanted = name.clone();
    let found = on_disk(of, move |of| Ok(placed(of).into_iter().find(|(file, _)| file.name == wanted))).await?;
    let (file, path) = found.ok_or(CauseCode::NotFound)?;
    Ok(attachment(&name, kind, streamed(move |out| copy(&path, file.size, out))))
}

/// Deletes a file.
pub(super) async fn delete<T>(of: Option<T>, name: String, By(user): By) -> Result<StatusCode, HttpFailure>
where
    T: HasFiles + Send + 'static,
{
    let wanted = name.clone();
    match on_disk(of, move |of| of.delete(&wanted).map(|deleted| (deleted, of.path(&wanted)))).await? {
        (true, _) => {
            tracing::info!(user, name, "file deleted by an administrator");
            Ok(StatusCode::NO_CONTENT)
        }
        // It is being written.
        (false, Some(_)) => Err(CauseCode::NotPossibleNow.into()),
        (false, None) => Err(CauseCode::NotFound.into()),
    }
}

/// Files in a ZIP.
pub(super) fn zip(name: &str, files: Vec<Placed>) -> Response {
    let body = streamed(move |out| {
        let mut zip = ZipWriter::new_stream(out);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        for (file, path) in files {
            zip.start_file(file.name, options)?;
            copy(&path, file.size, &mut zip)?;
        }
        zip.finish()?;
        Ok(())
    });
    attachment(name, "application/zip", body)
}

/// Asks for something that may wait for the disk.
pub(super) async fn on_disk<T: Send + 'static, A: Send + 'static>(
    of: Option<T>,
    ask: impl FnOnce(&T) -> io::Result<A> + Send + 'static,
) -> Result<A, HttpFailure> {
    let of = of.ok_or(CauseCode::NotFound)?;
    match tokio::task::spawn_blocking(move || ask(&of)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::error!(%error, "files for administrators");
            Err(CauseCode::Internal.into())
        }
        Err(_) => Err(CauseCode::Internal.into()),
    }
}

/// A file as it is shown.
pub(super) fn shown(file: &ShelfFile) -> CaptureFile {
    CaptureFile {
        name: file.name.clone(),
        size: file.size,
        modified_at: file.modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64,
        open: file.open,
    }
}

/// As many octets of a file. One that went meanwhile gives nothing.
fn copy(path: &Path, size: u64, out: &mut impl Write) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => io::copy(&mut file.take(size), out).map(drop),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a thread writes, as it writes it. An error ends the answer early, which its reader notices.
pub(super) fn streamed(write: impl FnOnce(&mut Pieces) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(BACKLOG);
    tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces { gathered: Vec::with_capacity(PIECE), sender };
        if let Err(error) = write(&mut pieces).and_then(|()| pieces.flush()) {
            // Whoever reads may have gone; that is the most usual error.
            let _ = pieces.sender.blocking_send(Err(error));
        }
    });
    let stream = futures_util::stream::unfold(receiver, async |mut receiver: mpsc::Receiver<_>| {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    Body::from_stream(stream)
}

/// Gathers what is written into pieces and sends them.
pub(super) struct Pieces {
    gathered: Vec<u8>,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Write for Pieces {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(octets);
        if self.gathered.len() >= PIECE {
            self.flush()?;
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.gathered).into();
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A file to save. Its name has nothing that would have to be escaped.
pub(super) fn attachment(name: &str, kind: &'static str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}
