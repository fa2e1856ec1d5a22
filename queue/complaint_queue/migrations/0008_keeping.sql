-- Pruning asks what was read from a raw event; `pruned` says up to which raw event some are gone on purpose.
CREATE INDEX messages_raw ON messages (raw_id);
CREATE INDEX quarantine_raw ON quarantine (raw_id) WHERE raw_id IS NOT NULL;
CREATE INDEX quarantine_of ON quarantine (complaint_id) WHERE complaint_id IS NOT NULL;
CREATE TABLE pruned (one INTEGER PRIMARY KEY CHECK (one = 1), through INTEGER NOT NULL);
-- Each time the journal was put back from a backup: the first id that can have been given since.
CREATE TABLE restored (epoch INTEGER PRIMARY KEY, first_id INTEGER NOT NULL, at INTEGER NOT NULL);
