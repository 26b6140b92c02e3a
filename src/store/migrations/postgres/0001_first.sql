-- All that SQLite has after its sixth migration; what the columns mean stands there.
CREATE TABLE account (
    kind TEXT NOT NULL CHECK (kind IN ('user', 'administrator')),
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE session (
    token_hash BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);

CREATE INDEX session_by_account ON session (kind, account);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE call_quality (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call TEXT NOT NULL,
    caller TEXT,
    called TEXT,
    started_at DOUBLE PRECISION NOT NULL,
    connected_at DOUBLE PRECISION,
    ended_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX call_quality_by_end ON call_quality (ended_at);

CREATE TABLE leg_quality (
    call_quality BIGINT NOT NULL REFERENCES call_quality (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    mos DOUBLE PRECISION,
    figures TEXT NOT NULL,
    PRIMARY KEY (call_quality, place)
);

CREATE TABLE line_settings (
    line_group TEXT NOT NULL,
    number TEXT NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (line_group, number)
);

CREATE TABLE call_verdict (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call TEXT NOT NULL,
    caller TEXT,
    called TEXT,
    line TEXT,
    line_group TEXT,
    started_at DOUBLE PRECISION NOT NULL,
    ended_at DOUBLE PRECISION NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    english TEXT NOT NULL,
    german TEXT NOT NULL
);

CREATE INDEX call_verdict_by_end ON call_verdict (ended_at);

CREATE TABLE object (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE object_secret (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    field TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (kind, id, field)
);

CREATE TABLE picture (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    size TEXT NOT NULL,
    media_type TEXT NOT NULL,
    image BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (kind, id, size)
);

CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    title TEXT NOT NULL,
    before TEXT,
    after TEXT
);

CREATE INDEX audit_by_object ON audit (object);
CREATE INDEX audit_by_actor ON audit (actor);

CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    route TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    headers TEXT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);

CREATE INDEX idempotency_by_time ON idempotency (at);
