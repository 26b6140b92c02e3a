-- What the users of a line have set for it. Lines are known by what the configuration calls them.
CREATE TABLE line_settings (
    line_group TEXT NOT NULL,
    number TEXT NOT NULL,
    -- JSON, as the call machine names it.
    settings TEXT NOT NULL,
    PRIMARY KEY (line_group, number)
) STRICT;
