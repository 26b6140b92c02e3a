//! The browser app, built by Vite and carried inside the program.

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Assets;

/// A file of the app; the page itself for every path that is no file, so that its own addresses can be reloaded.
pub async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Assets::get(path) {
        // Vite puts a hash of the content into these names.
        let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        return answer(path, file, cache);
    }
    if path.starts_with("assets/") {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    }
    match Assets::get("index.html") {
        Some(page) => answer("index.html", page, "no-cache"),
        None => {
            let hint = "The browser app is not built. Run `make web`, then build the server again.";
            (StatusCode::NOT_FOUND, hint).into_response()
        }
    }
}

fn answer(path: &str, file: rust_embed::EmbeddedFile, cache: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type(path)), (header::CACHE_CONTROL, cache)];
    (headers, file.data.into_owned()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
