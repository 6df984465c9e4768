-- The notices that still make sense, with what the event is now: a mail of any other is not sent.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- A reminder is for the date that the event has, an update for something that is not what it was; after the start both
-- come too late. Whoever held a seat of a cancelled event is told in any case.
CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW live_notices (
    kind, event_id, occasion, planned_through, last_registration_id, planned_at, title, venue, speaker, event_date,
    old_event_date, old_venue, old_speaker
) AS
SELECT
    n.kind, n.event_id, n.occasion, n.planned_through, n.last_registration_id, n.planned_at, e.title, e.venue, e.speaker,
    e.event_date, n.old_event_date, n.old_venue, n.old_speaker
FROM notices AS n
JOIN events AS e ON e.id = n.event_id
WHERE (n.kind = 'cancellation' AND e.cancelled_at IS NOT NULL)
    OR (e.cancelled_at IS NULL AND e.event_date > UTC_TIMESTAMP()
        AND ((n.kind = 'reminder' AND n.occasion = e.event_date)
            OR (n.kind = 'update' AND (n.old_event_date <> e.event_date
                OR CAST(n.old_venue AS BINARY) <> CAST(e.venue AS BINARY)
                OR CAST(n.old_speaker AS BINARY) <> CAST(e.speaker AS BINARY)))));
