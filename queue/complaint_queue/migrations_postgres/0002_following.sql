-- Whoever follows the journal asks which complaints the CRM spoke of since: `change` grows with every status.
ALTER TABLE progress ADD COLUMN change bigint NOT NULL DEFAULT 0;
UPDATE progress SET change = complaint_id;
CREATE UNIQUE INDEX progress_change ON progress (change);
