-- The way out: what citizens are to be told, how far the CRM has come, and what providers say of our messages.

-- `state`: 0 waits, 1 is being sent, 2 sent, 3 refused, 4 nobody knows, 5 dropped. `unsure` counts the repetitions
-- whose first outcome nobody knew; `mark` stands for the words that are answered. What waits for one person leaves in the order of `reply_id`.
CREATE TABLE replies (
    reply_id     INTEGER PRIMARY KEY,
    person       BLOB NOT NULL,
    account      TEXT NOT NULL,
    complaint_id INTEGER NOT NULL,
    purpose      TEXT NOT NULL,
    state        INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    tries        INTEGER NOT NULL,
    unsure       INTEGER NOT NULL,
    ended_at     INTEGER,
    mark         BLOB,
    body         BLOB NOT NULL
);
CREATE INDEX replies_due ON replies (due_at) WHERE state < 2;
CREATE INDEX replies_person ON replies (person, reply_id);
CREATE INDEX replies_of ON replies (complaint_id) WHERE complaint_id > 0;

-- What a provider says of a message of ours, by 16 bytes of account and its id; it may say it before we have noted
-- the id (reply_id is 0 then).
CREATE TABLE deliveries (
    name     BLOB PRIMARY KEY,
    reply_id INTEGER NOT NULL,
    state    TEXT NOT NULL,
    at       INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX deliveries_of ON deliveries (reply_id) WHERE reply_id > 0;

-- The dialogue with each person who chats, as it stands; `version` guards it.
CREATE TABLE people (
    person  BLOB PRIMARY KEY,
    version INTEGER NOT NULL,
    stopped INTEGER NOT NULL,
    body    BLOB NOT NULL
) WITHOUT ROWID;

-- The CRM's status messages that were taken, by 16 bytes of their id, and how far each complaint has come.
CREATE TABLE statuses (name BLOB PRIMARY KEY, complaint_id INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE progress (complaint_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
