-- Earlier editions of events, and whether the event differs now in what participants are told of.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- Compared are date, venue and speaker as a reader sees them: to the minute, without the blanks around them, and as bytes,
-- because for the collation an accent more or less is no change. A new title alone is no news. The rule stands in
-- tell_of_change as well, which has no row of the event to compare with.
CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW edition_changes (event_id, edition, title, venue, speaker, event_date, cancelled, last_registration_id, differs) AS
SELECT
    o.event_id, o.edition, o.title, o.venue, o.speaker, o.event_date, o.cancelled, o.last_registration_id,
    o.cancelled = 1
        OR o.event_date - INTERVAL SECOND(o.event_date) SECOND <> e.event_date - INTERVAL SECOND(e.event_date) SECOND
        OR CAST(TRIM(o.venue) AS BINARY) <> CAST(TRIM(e.venue) AS BINARY)
        OR CAST(TRIM(o.speaker) AS BINARY) <> CAST(TRIM(e.speaker) AS BINARY)
FROM event_editions AS o
JOIN events AS e ON e.id = o.event_id;
