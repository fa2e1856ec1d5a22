-- What is remembered of recent complaints, to know those that tell of the same: keyed hashes, sealed. `position` grows
-- with every commit, whichever gateway's; one row for each complaint; those of more than some days are removed.
CREATE TABLE fingerprints (position bigint PRIMARY KEY, complaint_id bigint NOT NULL UNIQUE, body bytea NOT NULL);
