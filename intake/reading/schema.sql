-- The derived store. Everything in it follows from the journal, so it may be thrown away at any time and is built anew.
-- Times are microseconds since 1970 in UTC. No words of a confidential complaint, no contacts, no names: `text` is the
-- public text, `reporter` a keyed hash.

CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- `state`: 0 open, 1 filed, 2 set aside, 3 waits for a decision.
CREATE TABLE complaints (
    complaint_id        INTEGER PRIMARY KEY,
    ticket              TEXT NOT NULL,
    account             TEXT NOT NULL,
    channel             TEXT NOT NULL,
    office              TEXT NOT NULL,
    against             TEXT NOT NULL,
    opened_at           INTEGER NOT NULL,
    state               INTEGER NOT NULL DEFAULT 0,
    sequence            INTEGER NOT NULL DEFAULT 0,
    kind                TEXT NOT NULL DEFAULT '',
    kind_confidence     REAL NOT NULL DEFAULT 0,
    language            TEXT NOT NULL DEFAULT '',
    category            TEXT NOT NULL DEFAULT '',
    category_confidence REAL NOT NULL DEFAULT 0,
    kelurahan           TEXT NOT NULL DEFAULT '',
    kecamatan           TEXT NOT NULL DEFAULT '',
    city                TEXT NOT NULL DEFAULT '',
    inside              INTEGER,
    place_method        TEXT NOT NULL DEFAULT '',
    latitude            REAL,
    longitude           REAL,
    confidential        INTEGER NOT NULL DEFAULT 0,
    anonymous           INTEGER NOT NULL DEFAULT 0,
    flags               TEXT NOT NULL DEFAULT '',
    files               INTEGER NOT NULL DEFAULT 0,
    reporter            TEXT NOT NULL DEFAULT '',
    stage               TEXT NOT NULL DEFAULT '',
    steps               BLOB,
    why                 TEXT NOT NULL DEFAULT '',
    text                TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX complaints_ticket ON complaints (ticket);
-- Two, because SQLite takes a partial index only for the very words that it was made with.
CREATE INDEX complaints_open ON complaints (complaint_id) WHERE state = 0;
CREATE INDEX complaints_undecided ON complaints (complaint_id) WHERE state = 3;
CREATE INDEX complaints_reporter ON complaints (reporter, complaint_id) WHERE reporter <> '';
CREATE INDEX complaints_office ON complaints (office, complaint_id) WHERE office <> '';
-- What the map asks of hours and of points, answered from the index alone.
CREATE INDEX complaints_map ON complaints (opened_at, kelurahan, category, channel, state, against) WHERE kelurahan <> '';
CREATE INDEX complaints_spots ON complaints (
    opened_at, state, category, channel, against, ticket, latitude, longitude
) WHERE latitude IS NOT NULL;

-- Filed complaints by Jakarta's days, so that a month on the map adds up some thousand rows, however many came. `day`
-- counts days since 1970 at UTC+7; `against`, `channel` and `category` are empty in the rows of all of them together.
-- Triggers keep them: UNION, so that a complaint without a category is not counted twice.
CREATE TABLE area_days (
    against TEXT, channel TEXT, category TEXT, day INTEGER, kelurahan TEXT, complaints INTEGER NOT NULL,
    PRIMARY KEY (against, channel, category, day, kelurahan)
) WITHOUT ROWID;
CREATE TABLE stage_days (day INTEGER, stage TEXT, complaints INTEGER NOT NULL, PRIMARY KEY (day, stage)) WITHOUT ROWID;
CREATE TRIGGER complaints_counted AFTER UPDATE OF state, category, kelurahan, against, stage ON complaints
WHEN new.state = 1
BEGIN
    INSERT INTO area_days
        SELECT a.against, h.channel, c.category, (new.opened_at + 25200000000) / 86400000000, new.kelurahan, 1
        FROM (SELECT '' AS against UNION SELECT new.against) a, (SELECT '' AS channel UNION SELECT new.channel) h,
            (SELECT '' AS category UNION SELECT new.category) c
        WHERE new.kelurahan <> ''
        ON CONFLICT DO UPDATE SET complaints = complaints + 1;
    INSERT INTO stage_days VALUES ((new.opened_at + 25200000000) / 86400000000, new.stage, 1)
        ON CONFLICT DO UPDATE SET complaints = complaints + 1;
END;
CREATE TRIGGER complaints_counted_before AFTER UPDATE OF state, category, kelurahan, against, stage ON complaints
WHEN old.state = 1
BEGIN
    UPDATE area_days SET complaints = complaints - 1
        WHERE against IN ('', old.against) AND channel IN ('', old.channel) AND category IN ('', old.category)
        AND day = (old.opened_at + 25200000000) / 86400000000 AND kelurahan = old.kelurahan;
    UPDATE stage_days SET complaints = complaints - 1
        WHERE day = (old.opened_at + 25200000000) / 86400000000 AND stage = old.stage;
END;
CREATE TRIGGER complaints_forgotten AFTER DELETE ON complaints WHEN old.state = 1
BEGIN
    UPDATE area_days SET complaints = complaints - 1
        WHERE against IN ('', old.against) AND channel IN ('', old.channel) AND category IN ('', old.category)
        AND day = (old.opened_at + 25200000000) / 86400000000 AND kelurahan = old.kelurahan;
    UPDATE stage_days SET complaints = complaints - 1
        WHERE day = (old.opened_at + 25200000000) / 86400000000 AND stage = old.stage;
END;
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = 'complaints', content_rowid = 'complaint_id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE messages (message_id INTEGER PRIMARY KEY, complaint_id INTEGER NOT NULL, received_at INTEGER NOT NULL);
CREATE INDEX messages_of ON messages (complaint_id);

CREATE TABLE events (
    position     INTEGER PRIMARY KEY,
    complaint_id INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    occurred_at  INTEGER NOT NULL,
    confirmed_at INTEGER
);
CREATE INDEX events_of ON events (complaint_id);
CREATE INDEX events_waiting ON events (position) WHERE confirmed_at IS NULL;

CREATE TABLE replies (
    reply_id     INTEGER PRIMARY KEY,
    complaint_id INTEGER NOT NULL,
    account      TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    state        TEXT NOT NULL,
    made_at      INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    ended_at     INTEGER,
    delivery     TEXT NOT NULL
);
CREATE INDEX replies_of ON replies (complaint_id) WHERE complaint_id > 0;
CREATE INDEX replies_waiting ON replies (reply_id) WHERE state IN ('waiting', 'sending');

-- Counted as they come: a chart of a month adds up some thousand rows, not a million. `slot` is the start of a minute
-- or an hour in seconds since 1970.
CREATE TABLE minutes (
    slot INTEGER, channel TEXT, account TEXT, messages INTEGER NOT NULL, complaints INTEGER NOT NULL,
    PRIMARY KEY (slot, channel, account)
) WITHOUT ROWID;
CREATE TABLE hours (
    slot INTEGER, channel TEXT, account TEXT, messages INTEGER NOT NULL, complaints INTEGER NOT NULL,
    PRIMARY KEY (slot, channel, account)
) WITHOUT ROWID;
CREATE TABLE lately (account TEXT, channel TEXT, slot INTEGER NOT NULL, PRIMARY KEY (account, channel)) WITHOUT ROWID;
-- From the complaint's last message to the broker's confirm, per minute of the confirm: how many took up to `upto` ms.
CREATE TABLE delays (slot INTEGER, upto INTEGER, events INTEGER NOT NULL, PRIMARY KEY (slot, upto)) WITHOUT ROWID;
