//! Ogg-Opus files (RFC 7845), of one or two channels.
