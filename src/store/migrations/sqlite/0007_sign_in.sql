-- Where accounts have signed in from: there a person gets in while somebody elsewhere guesses the password.
CREATE TABLE known_address (
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    -- An IPv4 address, or the network of an IPv6 one.
    address TEXT NOT NULL,
    -- Seconds since 1970-01-01 UTC.
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (kind, account, address)
) STRICT;

-- Who signed in, or tried to. Times are milliseconds since 1970-01-01 UTC.
CREATE TABLE sign_in (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- Empty where nobody has the login that was typed, which may have been a password.
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    -- As the administrator's interface names it.
    outcome TEXT NOT NULL,
    -- 1 where a session began.
    success INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;

CREATE INDEX sign_in_by_object ON sign_in (object);
CREATE INDEX sign_in_by_success ON sign_in (success);

-- When programs used their tokens last, in seconds since 1970-01-01 UTC.
CREATE TABLE token_use (
    token TEXT PRIMARY KEY NOT NULL,
    used_at INTEGER NOT NULL,
    address TEXT NOT NULL
) STRICT;
