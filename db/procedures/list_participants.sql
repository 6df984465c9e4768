-- Lists the registrations for an event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS list_participants;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE list_participants (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT
)
    COMMENT 'Lists the registrations for an event of an organizer, in the order in which they were made.

p_actor_id  the organizer: a user''s id.
p_event_id  the event.

Returns a row per registration (participant, email, seats_booked, registered_at), the time in UTC.

Errors: 45401 invalid_token, 45403 organizer_required, 45404 event_not_found, 45403 not_your_event.

Example: CALL list_participants(1, 3);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_organizer_id BIGINT UNSIGNED;

    CALL require_role(p_actor_id, 'organizer');
    SELECT organizer_id INTO v_organizer_id FROM listed_events WHERE id = p_event_id;
    IF v_organizer_id IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found';
    ELSEIF v_organizer_id <> p_actor_id THEN
        SIGNAL SQLSTATE '45403' SET MESSAGE_TEXT = 'not_your_event: Not your event';
    END IF;

    SELECT u.name AS participant, u.email, r.seats AS seats_booked, r.registered_at
    FROM registrations AS r FORCE INDEX (registrations_in_order)
    STRAIGHT_JOIN users AS u ON u.id = r.user_id
    WHERE r.event_id = p_event_id
    -- By both columns of the index: MySQL would sort the rows if only the id were named.
    ORDER BY r.event_id, r.id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE list_participants TO eventhub_api;
