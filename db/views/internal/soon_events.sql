-- The events that start within 24 hours.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW soon_events (id, title, venue, speaker, event_date) AS
SELECT e.id, e.title, e.venue, e.speaker, e.event_date
FROM events AS e
WHERE e.cancelled_at IS NULL
    AND e.event_date > UTC_TIMESTAMP()
    AND e.event_date <= UTC_TIMESTAMP() + INTERVAL 24 HOUR;
