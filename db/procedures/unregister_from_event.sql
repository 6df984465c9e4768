-- Gives booked seats back.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS unregister_from_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE unregister_from_event (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT
)
    COMMENT 'Ends the registration of the participant p_actor_id for an event, gives its seats back and returns one row (msg, seats_available).

One transaction of its own: what the session has open and not committed is rolled back.

Errors: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_seats_available BIGINT;
    DECLARE v_status VARCHAR(16);
    DECLARE v_registration_id BIGINT UNSIGNED;
    DECLARE v_seats BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;

    CALL require_role(p_actor_id, 'participant');

    -- The lock first and the event after it, by the clock of then: the wait may have been long. What was not locked, be it
    -- because the statement was killed, is not found.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SELECT title, seats_available, status INTO v_title, v_seats_available, v_status
    FROM listed_events
    WHERE id = v_locked;
    IF v_title IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found';
    END IF;

    SELECT id, seats INTO v_registration_id, v_seats
    FROM registrations
    WHERE event_id = p_event_id AND user_id = p_actor_id;
    IF v_registration_id IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'not_registered: You are not registered for this event';
    ELSEIF v_status = 'completed' THEN
        SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT = 'event_completed: Cannot cancel registration for completed events';
    END IF;

    DELETE FROM registrations WHERE id = v_registration_id;
    -- A statement that is killed may end as if it had found nothing to do.
    IF ROW_COUNT() <> 1 THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
    END IF;
    UPDATE events SET seats_available = seats_available + v_seats WHERE id = p_event_id;
    IF ROW_COUNT() <> 1 THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
    END IF;
    COMMIT;
    SELECT
        CONCAT('Your registration for ''', v_title, ''' has been cancelled') AS msg,
        v_seats_available + v_seats AS seats_available;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE unregister_from_event TO eventhub_api;
