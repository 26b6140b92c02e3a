-- The eighth migration of SQLite; what the columns mean stands there.
CREATE TABLE past_number (
    location TEXT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    result TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (location, kind, number)
);

CREATE INDEX past_number_by_time ON past_number (at);
