-- The days (yymmdd, in Jakarta) of which the CRM was told what it should have: how many events, and their sum.
CREATE TABLE reconciled (day INTEGER PRIMARY KEY, at INTEGER NOT NULL, events INTEGER NOT NULL, sha256 TEXT NOT NULL);
