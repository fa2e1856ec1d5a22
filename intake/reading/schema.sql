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
CREATE INDEX complaints_undecided ON complaints (state, complaint_id) WHERE state IN (0, 3);
CREATE INDEX complaints_reporter ON complaints (reporter, complaint_id) WHERE reporter <> '';
CREATE INDEX complaints_office ON complaints (office, complaint_id) WHERE office <> '';
-- What the map asks, answered from the index alone.
CREATE INDEX complaints_map ON complaints (opened_at, kelurahan, category, channel, state, against);
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
-- From the complaint's last message to the broker's confirm, per minute of the confirm: how many took up to `upto` ms.
CREATE TABLE delays (slot INTEGER, upto INTEGER, events INTEGER NOT NULL, PRIMARY KEY (slot, upto)) WITHOUT ROWID;
