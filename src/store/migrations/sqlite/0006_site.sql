-- What administrators set of the site. The body is JSON, as the administrator's interface names it.
CREATE TABLE object (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    -- From 1, higher with every change.
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;

-- Passwords, tokens and the like, sealed with the key file. Objects of the configuration file may have some, too, so
-- nothing refers to the objects; those of a deleted one go with it.
CREATE TABLE object_secret (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    field TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (kind, id, field)
) STRICT;

CREATE TABLE picture (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    size TEXT NOT NULL,
    media_type TEXT NOT NULL,
    image BLOB NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, id, size)
) STRICT;

-- Who changed what. Times are milliseconds since 1970-01-01 UTC.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    title TEXT NOT NULL,
    -- JSON without secrets; nothing before the first and after the last change.
    before TEXT,
    after TEXT
) STRICT;

CREATE INDEX audit_by_object ON audit (object);
CREATE INDEX audit_by_actor ON audit (actor);

-- Answers to requests that may be repeated. Times are seconds since 1970-01-01 UTC.
CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    -- As the client has chosen it.
    key TEXT NOT NULL,
    route TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    -- JSON.
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT;

CREATE INDEX idempotency_by_time ON idempotency (at);

-- Sessions of accounts wherever those are kept. Times are seconds since 1970-01-01 UTC.
CREATE TABLE session (
    -- SHA-256 of the token in the browser's cookie.
    token_hash BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Where it began and with what; empty where that is not known.
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;

CREATE INDEX session_by_account ON session (kind, account);
CREATE INDEX session_by_expiry ON session (expires_at);

-- Users' sessions lasted 30 days, administrators' 12 hours.
INSERT INTO session (token_hash, kind, account, created_at, used_at, expires_at, address, user_agent)
SELECT token_hash, kind, name, begun, begun, expires_at, '', ''
FROM (
    SELECT token_hash, kind, name, expires_at,
           expires_at - CASE kind WHEN 'user' THEN 2592000 ELSE 43200 END AS begun
    FROM account_session
);

DROP TABLE account_session;
