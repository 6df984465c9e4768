-- What a listed event offers each participant who is not registered for it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- Every participant is joined with every event: ask it about one user and one event, never as a whole.
CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW seat_offers (user_id, event_id, title, event_date, seats_available, max_seats) AS
SELECT
    u.id, e.id, e.title, e.event_date, e.seats_available,
    -- The default of read_max_seats, spelt again because a view cannot call a procedure.
    COALESCE(CAST(s.value AS SIGNED), 10)
FROM users AS u
JOIN listed_events AS e
LEFT JOIN registrations AS r ON r.event_id = e.id AND r.user_id = u.id
LEFT JOIN settings AS s ON s.name = 'max_seats_per_booking'
WHERE u.role = 'participant'
    AND r.id IS NULL;
