-- A corrected copy of a raw event that waited in quarantine: the original stays as it came.
CREATE TABLE edited (raw_id INTEGER PRIMARY KEY, entry_id INTEGER NOT NULL);
CREATE INDEX edited_of ON edited (entry_id);
