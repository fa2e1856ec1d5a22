-- Complaints whose reporter had their data erased: events up to `sequence` say nothing any more; `change` grows. What an
-- erasure has still to see to (files) is in `erasing` until it is done, sealed.
CREATE TABLE erased (
    change       bigint PRIMARY KEY,
    complaint_id bigint NOT NULL,
    sequence     integer NOT NULL,
    at           bigint NOT NULL
);
CREATE INDEX erased_of ON erased (complaint_id);
CREATE TABLE erasing (erasure_id bigint PRIMARY KEY, body bytea NOT NULL);
