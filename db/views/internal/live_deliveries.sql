-- The mails of the ledger that still make sense, with what the event is now and what their readers know of it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- A mail makes sense while its event is in the state that delivery_kinds gives for its kind. One whose occasion is a date
-- makes sense while the event has that date, unless it is optional and its reader wants none. News of a cancellation is for
-- those who do not know of it: the present edition is the cancellation. Other news is for those who know another state of
-- things, or may. Participants who have unregistered get nothing.
CREATE OR REPLACE
    ALGORITHM = MERGE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW live_deliveries (
    delivery_id, kind, state, event_id, occasion, known_edition, registration_id, user_id, claimable_at, attempts, organizer_id,
    title, venue, speaker, event_date, known_title, known_venue, known_speaker, known_event_date, revived, differs,
    event_state
) AS
SELECT
    d.id, d.kind, d.state, d.event_id, d.occasion, d.known_edition, d.registration_id, d.user_id, d.claimable_at, d.attempts,
    e.organizer_id, e.title, e.venue, e.speaker, e.event_date, COALESCE(k.title, e.title), COALESCE(k.venue, e.venue),
    COALESCE(k.speaker, e.speaker), COALESCE(k.event_date, e.event_date), COALESCE(k.cancelled, 0), COALESCE(k.differs, 0),
    rule.event_state
FROM deliveries AS d
JOIN registrations AS r ON r.id = d.registration_id
JOIN users AS u ON u.id = d.user_id
JOIN events AS e ON e.id = d.event_id
JOIN delivery_kinds AS rule ON rule.kind = d.kind
LEFT JOIN edition_changes AS k ON k.event_id = d.event_id AND k.edition = d.known_edition
WHERE rule.event_state
        = IF(e.cancelled_at IS NOT NULL, 'cancelled', IF(e.event_date > UTC_TIMESTAMP(), 'upcoming', 'over'))
    AND CASE
        WHEN rule.occasion = 'date' THEN
            d.occasion = e.event_date - INTERVAL SECOND(e.event_date) SECOND AND (u.wants_reminders OR NOT rule.is_optional)
        WHEN rule.event_state = 'cancelled' THEN
            d.known_edition IN (0, 4294967295) OR k.cancelled = 0 OR d.uncertain_edition > d.known_edition
        ELSE d.known_edition = 0 OR COALESCE(k.differs, 0) OR d.uncertain_edition > d.known_edition
    END;
