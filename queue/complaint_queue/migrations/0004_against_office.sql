-- The office that a complaint is about: it is not shown to that office. One more at the end; empty: about none.
ALTER TABLE complaints ADD COLUMN against TEXT NOT NULL DEFAULT '';
CREATE INDEX complaints_against ON complaints (against, complaint_id) WHERE against <> '';
