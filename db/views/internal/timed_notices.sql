-- The notices that come with an event's date: mails that nobody's action makes due, but the time.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- One SELECT per kind whose occasion is a date in delivery_kinds. The occasion is the date as mails give it, to the minute.
CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW timed_notices (kind, event_id, occasion) AS
SELECT _ascii'reminder' COLLATE ascii_bin, e.id, e.event_date - INTERVAL SECOND(e.event_date) SECOND
FROM soon_events AS e;
