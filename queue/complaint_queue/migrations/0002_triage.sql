-- `state` 3: a complaint that waits for a person to decide whether it becomes a case.
CREATE INDEX complaints_triage ON complaints (state, opened_at) WHERE state = 3;
