-- What calls came to that failed or were bad. Times are milliseconds since 1970-01-01 UTC.
CREATE TABLE call_verdict (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The name the call had while it ran.
    call TEXT NOT NULL,
    caller TEXT,
    called TEXT,
    line TEXT,
    line_group TEXT,
    started_at REAL NOT NULL,
    ended_at REAL NOT NULL,
    -- Code, how bad it is, and the sentences, as the administrator's interface names them.
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    english TEXT NOT NULL,
    german TEXT NOT NULL
) STRICT;

CREATE INDEX call_verdict_by_end ON call_verdict (ended_at);
