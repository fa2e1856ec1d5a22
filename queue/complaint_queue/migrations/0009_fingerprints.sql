-- What is remembered of recent complaints, to know those that tell of the same: keyed hashes, sealed. `position` grows
-- with every commit; one row for each complaint; those of more than some days are removed.
CREATE TABLE fingerprints (
    position     INTEGER PRIMARY KEY,
    complaint_id INTEGER NOT NULL,
    body         BLOB NOT NULL
);
CREATE UNIQUE INDEX fingerprints_of ON fingerprints (complaint_id);
