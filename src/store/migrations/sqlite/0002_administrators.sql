-- Users and administrators sign in apart: the same name may be one of each, and a session is of one kind.
CREATE TABLE account (
    kind TEXT NOT NULL CHECK (kind IN ('user', 'administrator')),
    -- Lower case: names are compared without case.
    name TEXT NOT NULL,
    -- argon2id in PHC form.
    password_hash TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;

CREATE TABLE account_session (
    -- SHA-256 of the token in the browser's cookie.
    token_hash BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Seconds since 1970-01-01 UTC.
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (kind, name) REFERENCES account (kind, name) ON DELETE CASCADE
) STRICT;

INSERT INTO account (kind, name, password_hash) SELECT 'user', name, password_hash FROM user;
INSERT INTO account_session (token_hash, kind, name, expires_at)
SELECT token_hash, 'user', user, expires_at FROM session;

DROP TABLE session;
DROP TABLE user;

CREATE INDEX account_session_by_expiry ON account_session (expires_at);
CREATE INDEX account_session_by_account ON account_session (kind, name);
