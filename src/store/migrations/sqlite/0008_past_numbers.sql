-- Numbers of past calls, before and after a location's rules.
CREATE TABLE past_number (
    -- The location's id.
    location TEXT NOT NULL,
    -- Where the number came from, as the administrator's interface names it.
    kind TEXT NOT NULL,
    -- What was typed or reported.
    number TEXT NOT NULL,
    -- What became of it, the last time; empty for nothing.
    result TEXT NOT NULL,
    -- When it was seen last, in milliseconds since 1970-01-01 UTC.
    at REAL NOT NULL,
    -- How often it was seen.
    count INTEGER NOT NULL,
    PRIMARY KEY (location, kind, number)
) STRICT;

CREATE INDEX past_number_by_time ON past_number (at);
