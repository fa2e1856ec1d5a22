-- The journal in PostgreSQL: the tables of `migrations`, and what several gateways need to share them. Times are
-- microseconds since 1970 in UTC; columns named body, record, value of `meta` or details are sealed
-- (complaint_queue.codec). `holder` is the gateway that works on a row; when that one is gone, any other takes it.

CREATE TABLE meta (name text PRIMARY KEY, value bytea NOT NULL);

-- Whoever writes locks this row until the commit: ids and tickets grow in the order of the commits, whichever gateway
-- made them. `last` is the greatest id given.
CREATE TABLE turn (one boolean PRIMARY KEY DEFAULT true CHECK (one), last bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO turn VALUES (true, 0);

-- A gateway is alive until then, by this database's clock.
CREATE TABLE gateways (
    gateway bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    until   timestamptz NOT NULL,
    words   text NOT NULL
);

CREATE TABLE raws (raw_id bigint PRIMARY KEY, account text NOT NULL, body bytea NOT NULL);
CREATE TABLE kept (raw_id bigint PRIMARY KEY, tries integer NOT NULL, holder bigint NOT NULL);
CREATE TABLE fates (raw_id bigint PRIMARY KEY, fate text NOT NULL);

CREATE TABLE claims (claim bytea PRIMARY KEY, message_id bigint NOT NULL, complaint_id bigint NOT NULL);

CREATE TABLE messages (
    message_id     bigint PRIMARY KEY,
    complaint_id   bigint NOT NULL,
    raw_id         bigint NOT NULL,
    received_at    bigint NOT NULL,
    third_party    boolean NOT NULL,
    event_sequence integer,
    sender         bytea NOT NULL,
    body           bytea NOT NULL
);
CREATE TABLE joined (complaint_id bigint, message_id bigint, PRIMARY KEY (complaint_id, message_id));

CREATE TABLE complaints (
    complaint_id  bigint PRIMARY KEY,
    ticket        bigint NOT NULL,
    account       text NOT NULL,
    channel       text NOT NULL,
    office        text NOT NULL,
    opened_at     bigint NOT NULL,
    state         smallint NOT NULL,
    last_sequence integer NOT NULL,
    version       integer NOT NULL,
    due_at        bigint,
    quiet_until   bigint NOT NULL,
    against       text NOT NULL,
    holder        bigint NOT NULL
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX complaints_ticket ON complaints (ticket);
CREATE INDEX complaints_due ON complaints (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX complaints_office ON complaints (office, complaint_id) WHERE office <> '';
CREATE INDEX complaints_triage ON complaints (complaint_id) WHERE state = 3;
CREATE INDEX complaints_against ON complaints (against, complaint_id) WHERE against <> '';

CREATE TABLE records (complaint_id bigint PRIMARY KEY, record bytea NOT NULL);
CREATE TABLE days (day integer PRIMARY KEY, last bigint NOT NULL) WITH (fillfactor = 10);
CREATE TABLE groups (name bytea PRIMARY KEY, complaint_id bigint NOT NULL, seen integer NOT NULL, parts integer);

CREATE TABLE events (
    position     bigint PRIMARY KEY,
    complaint_id bigint NOT NULL,
    sequence     integer NOT NULL,
    revision     integer NOT NULL,
    kind         text NOT NULL,
    occurred_at  bigint NOT NULL,
    routing_key  text NOT NULL,
    body         bytea NOT NULL
);
CREATE UNIQUE INDEX events_of ON events (complaint_id, sequence, revision);
CREATE TABLE outbox (position bigint PRIMARY KEY, complaint_id bigint NOT NULL, holder bigint NOT NULL);
CREATE TABLE confirmed (position bigint PRIMARY KEY, at bigint NOT NULL);

CREATE TABLE media (
    job_id       bigint PRIMARY KEY,
    message_id   bigint NOT NULL,
    complaint_id bigint NOT NULL,
    place        integer NOT NULL,
    due_at       bigint NOT NULL,
    tries        integer NOT NULL,
    holder       bigint NOT NULL
);
CREATE INDEX media_due ON media (due_at);
CREATE INDEX media_of ON media (complaint_id);

CREATE TABLE quarantine (
    entry_id     bigint PRIMARY KEY,
    account      text NOT NULL,
    stage        text NOT NULL,
    state        text NOT NULL,
    since        bigint NOT NULL,
    raw_id       bigint,
    complaint_id bigint,
    details      bytea NOT NULL
);
CREATE INDEX quarantine_state ON quarantine (state, entry_id);
CREATE INDEX quarantine_held ON quarantine (complaint_id, stage) WHERE state = 'held';

CREATE TABLE cursors (account text, name text, value text NOT NULL, PRIMARY KEY (account, name));

CREATE TABLE replies (
    reply_id     bigint PRIMARY KEY,
    person       bytea NOT NULL,
    account      text NOT NULL,
    complaint_id bigint NOT NULL,
    purpose      text NOT NULL,
    state        smallint NOT NULL,
    due_at       bigint NOT NULL,
    tries        integer NOT NULL,
    unsure       integer NOT NULL,
    ended_at     bigint,
    mark         bytea,
    body         bytea NOT NULL,
    holder       bigint NOT NULL
);
CREATE INDEX replies_due ON replies (due_at) WHERE state < 2;
CREATE INDEX replies_person ON replies (person, reply_id);
CREATE INDEX replies_of ON replies (complaint_id) WHERE complaint_id > 0;

CREATE TABLE deliveries (name bytea PRIMARY KEY, reply_id bigint NOT NULL, state text NOT NULL, at bigint NOT NULL);
CREATE INDEX deliveries_of ON deliveries (reply_id) WHERE reply_id > 0;
CREATE TABLE people (person bytea PRIMARY KEY, version integer NOT NULL, stopped boolean NOT NULL, body bytea NOT NULL);
CREATE TABLE statuses (name bytea PRIMARY KEY, complaint_id bigint NOT NULL, at bigint NOT NULL);
CREATE TABLE progress (complaint_id bigint PRIMARY KEY, body bytea NOT NULL);

-- Queues that fill and empty: their dead rows go soon, or looking for work would wade through them.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE kept SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE media SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
