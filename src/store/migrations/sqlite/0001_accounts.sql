CREATE TABLE user (
    -- Lower case: names are compared without case.
    name TEXT PRIMARY KEY NOT NULL,
    -- argon2id in PHC form.
    password_hash TEXT NOT NULL
) STRICT;

CREATE TABLE session (
    -- SHA-256 of the token in the browser's cookie.
    token_hash BLOB PRIMARY KEY NOT NULL,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    -- Seconds since 1970-01-01 UTC.
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX session_by_expiry ON session (expires_at);
CREATE INDEX session_by_user ON session (user);
