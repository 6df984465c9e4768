-- How many mails of each kind are in which state: those that were sent, in the last 7 days only.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW deliveries_overview (kind, state, mails, oldest, newest) AS
SELECT
    d.kind, IF(d.claimable_at > UTC_TIMESTAMP(), 'waiting', 'due'), COUNT(*), MIN(d.claimable_at), MAX(d.claimable_at)
FROM deliveries_due AS d
GROUP BY d.kind, IF(d.claimable_at > UTC_TIMESTAMP(), 'waiting', 'due')
UNION ALL
SELECT d.kind, d.state, COUNT(*), MIN(d.claimable_at), MAX(d.claimable_at)
FROM deliveries AS d
WHERE d.state = 'scheduled'
GROUP BY d.kind, d.state
UNION ALL
SELECT c.kind, 'in_flight', CAST(SUM(c.mails) AS SIGNED), MIN(c.claimed_at), MAX(c.claimed_at)
FROM claims AS c
GROUP BY c.kind
UNION ALL
SELECT d.kind, d.state, COUNT(*), MIN(d.finished_at), MAX(d.finished_at)
FROM deliveries AS d
WHERE d.state IN ('unconfirmed', 'dead')
GROUP BY d.kind, d.state
UNION ALL
-- Of the mails that were sent only those that became due lately: there is no end to the others, and nothing to be done.
SELECT d.kind, d.state, COUNT(*), MIN(d.finished_at), MAX(d.finished_at)
FROM deliveries AS d
WHERE d.state = 'sent' AND d.claimable_at > UTC_TIMESTAMP() - INTERVAL 7 DAY
GROUP BY d.kind, d.state;
