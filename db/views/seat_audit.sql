-- The events whose free seats are not the total seats less the booked ones. Always empty: a row here is a bug.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW seat_audit (event_id, total_seats, seats_available, seats_booked) AS
SELECT e.id, e.total_seats, e.seats_available, COALESCE(SUM(r.seats), 0)
FROM events AS e
LEFT JOIN registrations AS r ON r.event_id = e.id
GROUP BY e.id, e.total_seats, e.seats_available
HAVING e.seats_available + COALESCE(SUM(r.seats), 0) <> e.total_seats;
