-- The days (yymmdd, in Jakarta) of which the CRM was told what it should have: how many events, and their sum.
CREATE TABLE reconciled (day integer PRIMARY KEY, at bigint NOT NULL, events integer NOT NULL, sha256 text NOT NULL);
