-- The seventh migration of SQLite; what the columns mean stands there.
CREATE TABLE known_address (
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (kind, account, address)
);

CREATE TABLE sign_in (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    success BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);

CREATE INDEX sign_in_by_object ON sign_in (object);
CREATE INDEX sign_in_by_success ON sign_in (success);

CREATE TABLE token_use (
    token TEXT PRIMARY KEY,
    used_at BIGINT NOT NULL,
    address TEXT NOT NULL
);
