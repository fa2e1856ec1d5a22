-- A corrected copy of a raw event that waited in quarantine: the original stays as it came.
CREATE TABLE edited (raw_id bigint PRIMARY KEY, entry_id bigint NOT NULL);
CREATE INDEX edited_of ON edited (entry_id);
