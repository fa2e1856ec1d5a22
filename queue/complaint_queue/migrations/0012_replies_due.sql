-- What is due is looked for without the accounts whose provider is away: the index alone tells which those are, however
-- many wait for them.
DROP INDEX replies_due;
CREATE INDEX replies_due ON replies (due_at, account, state, person) WHERE state < 2;
