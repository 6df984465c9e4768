-- The events that clients see, with their status: the one place that says what "completed" and "soon" mean.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW listed_events (
    id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status
) AS
SELECT
    e.id, e.title, e.description, e.venue, e.speaker, e.event_date, e.total_seats, e.seats_available, e.organizer_id,
    CASE
        WHEN e.event_date <= UTC_TIMESTAMP() THEN 'completed'
        WHEN e.event_date <= UTC_TIMESTAMP() + INTERVAL 24 HOUR THEN 'soon'
        ELSE 'upcoming'
    END
FROM events AS e
WHERE e.cancelled_at IS NULL;
