-- The journal's first shape. Times are microseconds since 1970 in UTC; ids are time-ordered 63-bit integers, so that
-- every table but `claims` grows at its end; columns named body, record or details are sealed (complaint_queue.codec).

CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- What arrived, exactly. Never changed.
CREATE TABLE raws (
    raw_id  INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    body    BLOB NOT NULL
);

-- Raw events that wait to be parsed, and what became of those that gave no message.
CREATE TABLE kept (raw_id INTEGER PRIMARY KEY, tries INTEGER NOT NULL);
CREATE TABLE fates (raw_id INTEGER PRIMARY KEY, fate TEXT NOT NULL);

-- Who has been claimed: the first and the last 8 bytes of the 16. Two claims with equal first halves are told apart
-- by the last; the later one goes to `more_claims`.
CREATE TABLE claims (
    key          INTEGER PRIMARY KEY,
    rest         INTEGER NOT NULL,
    message_id   INTEGER NOT NULL,
    complaint_id INTEGER NOT NULL
);
CREATE TABLE more_claims (
    claim        BLOB PRIMARY KEY,
    message_id   INTEGER NOT NULL,
    complaint_id INTEGER NOT NULL
) WITHOUT ROWID;

-- A complaint has the id of the message that opened it; those that came later are in `joined`.
CREATE TABLE messages (
    message_id     INTEGER PRIMARY KEY,
    complaint_id   INTEGER NOT NULL,
    raw_id         INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
    third_party    INTEGER NOT NULL,
    event_sequence INTEGER,
    sender         BLOB NOT NULL,
    body           BLOB NOT NULL
);
CREATE TABLE joined (
    complaint_id INTEGER NOT NULL,
    message_id   INTEGER NOT NULL,
    PRIMARY KEY (complaint_id, message_id)
) WITHOUT ROWID;

-- `ticket` is yymmdd * 10^9 + the day's number. `state`: 0 open, 1 filed, 2 set aside. A complaint with something that
-- no event speaks of has a task: `due_at`. `quiet_until` is the end of the silence that an open group waits for.
CREATE TABLE complaints (
    complaint_id  INTEGER PRIMARY KEY,
    ticket        INTEGER NOT NULL,
    account       TEXT NOT NULL,
    channel       TEXT NOT NULL,
    office        TEXT NOT NULL,
    opened_at     INTEGER NOT NULL,
    state         INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    due_at        INTEGER,
    quiet_until   INTEGER NOT NULL
);
CREATE UNIQUE INDEX complaints_ticket ON complaints (ticket);
CREATE INDEX complaints_due ON complaints (due_at, state) WHERE due_at IS NOT NULL;
CREATE INDEX complaints_office ON complaints (office, complaint_id) WHERE office <> '';

CREATE TABLE records (complaint_id INTEGER PRIMARY KEY, record BLOB NOT NULL);

-- The last ticket number of each day (yymmdd).
CREATE TABLE days (day INTEGER PRIMARY KEY, last INTEGER NOT NULL);

-- Which complaint a group of messages belongs to, also after it was settled.
CREATE TABLE groups (
    name         BLOB PRIMARY KEY,
    complaint_id INTEGER NOT NULL,
    seen         INTEGER NOT NULL,
    parts        INTEGER
) WITHOUT ROWID;

CREATE TABLE events (
    position     INTEGER PRIMARY KEY,
    complaint_id INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    occurred_at  INTEGER NOT NULL,
    routing_key  TEXT NOT NULL,
    body         BLOB NOT NULL
);
CREATE UNIQUE INDEX events_of ON events (complaint_id, sequence, revision);
-- Events that the broker has not confirmed, and when it confirmed the others.
CREATE TABLE outbox (position INTEGER PRIMARY KEY, complaint_id INTEGER NOT NULL);
CREATE TABLE confirmed (position INTEGER PRIMARY KEY, at INTEGER NOT NULL);

-- Files that are still at the provider: `place` is the attachment's index in its message.
CREATE TABLE media (
    job_id       INTEGER PRIMARY KEY,
    message_id   INTEGER NOT NULL,
    complaint_id INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    tries        INTEGER NOT NULL
);
CREATE INDEX media_due ON media (due_at);
CREATE INDEX media_of ON media (complaint_id);

CREATE TABLE quarantine (
    entry_id     INTEGER PRIMARY KEY,
    account      TEXT NOT NULL,
    stage        TEXT NOT NULL,
    state        TEXT NOT NULL,
    since        INTEGER NOT NULL,
    raw_id       INTEGER,
    complaint_id INTEGER,
    details      BLOB NOT NULL
);
CREATE INDEX quarantine_state ON quarantine (state, entry_id);
CREATE INDEX quarantine_held ON quarantine (complaint_id, stage) WHERE state = 'held';

CREATE TABLE cursors (
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (account, name)
) WITHOUT ROWID;
