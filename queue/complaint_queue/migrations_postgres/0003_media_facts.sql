-- `step` 0: the file is to be fetched, 1: it is stored and to be read. What was read of a content, by 16 bytes that
-- stand for its SHA-256: once for all who send the same file, and kept when a gateway starts anew.
ALTER TABLE media ADD COLUMN step smallint NOT NULL DEFAULT 0;
DROP INDEX media_due;
CREATE INDEX media_due ON media (step, due_at);
CREATE TABLE media_facts (name bytea PRIMARY KEY, body bytea NOT NULL);
