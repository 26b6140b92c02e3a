-- Calls that ended, and how their legs sounded. Times are milliseconds since 1970-01-01 UTC.
CREATE TABLE call_quality (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The number the call had while it ran.
    call TEXT NOT NULL,
    caller TEXT,
    called TEXT,
    started_at REAL NOT NULL,
    connected_at REAL,
    ended_at REAL NOT NULL
) STRICT;

CREATE INDEX call_quality_by_end ON call_quality (ended_at);

CREATE TABLE leg_quality (
    call_quality INTEGER NOT NULL REFERENCES call_quality (id) ON DELETE CASCADE,
    -- 0 who called, 1 who was called.
    place INTEGER NOT NULL,
    -- For looking bad legs up.
    mos REAL,
    -- All figures, as the administrator's interface names them.
    figures TEXT NOT NULL,
    PRIMARY KEY (call_quality, place)
) STRICT;
