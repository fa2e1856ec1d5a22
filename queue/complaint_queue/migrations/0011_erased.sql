-- Complaints whose reporter had their data erased: events up to `sequence` say nothing any more; `change` grows. What an
-- erasure has still to see to (files, traces on the disk) is in `erasing` until it is done, sealed.
CREATE TABLE erased (
    change       INTEGER PRIMARY KEY,
    complaint_id INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    at           INTEGER NOT NULL
);
CREATE INDEX erased_of ON erased (complaint_id);
CREATE TABLE erasing (erasure_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
