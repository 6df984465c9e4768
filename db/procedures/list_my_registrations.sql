-- Lists the registrations of a participant.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS list_my_registrations;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE list_my_registrations (
    IN p_actor_id BIGINT UNSIGNED
)
    COMMENT 'Lists the registrations of a participant, by the date of the event. Cancelled events are left out.

p_actor_id  the participant: a user''s id.

Returns two result sets: one row (user), the name; and a row per registration (event_id, title, venue, date, speaker, seats_booked, registered_at, status). Times are UTC; the status is that of get_event.

Errors: 45401 invalid_token, 45403 participant_required.

Example: CALL list_my_registrations(2);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    CALL require_role(p_actor_id, 'participant');
    SELECT name AS user FROM users WHERE id = p_actor_id;
    SELECT
        e.id AS event_id, e.title, e.venue, e.event_date AS date, e.speaker, r.seats AS seats_booked, r.registered_at,
        e.status
    FROM registrations AS r
    JOIN listed_events AS e ON e.id = r.event_id
    WHERE r.user_id = p_actor_id
    ORDER BY e.event_date, e.id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE list_my_registrations TO eventhub_api;
