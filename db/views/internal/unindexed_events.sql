-- Events that a search does not find.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- Of its words the empty one stands for all.
CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW unindexed_events (id) AS
SELECT e.id
FROM events AS e
LEFT JOIN event_texts AS t ON t.event_id = e.id
LEFT JOIN event_words AS w ON w.word = '' AND w.starts = e.event_date AND w.event_id = e.id
WHERE e.cancelled_at IS NULL AND (t.event_id IS NULL OR w.event_id IS NULL);
