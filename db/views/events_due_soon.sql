-- The registrations to be reminded: of events that start within 24 hours, by participants who want reminders.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW events_due_soon (
    event_id, title, venue, speaker, event_date, registration_id, participant_id, participant, email, seats_booked
) AS
SELECT
    e.id, e.title, e.venue, e.speaker, e.event_date, r.id, u.id, u.name, u.email, r.seats
FROM soon_events AS e
JOIN registrations AS r ON r.event_id = e.id
JOIN users AS u ON u.id = r.user_id
WHERE u.wants_reminders;
