-- Books seats.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS register_for_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE register_for_event (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT,
    IN p_seats    BIGINT
)
    COMMENT 'Books p_seats seats (NULL means 1) of an event for the participant p_actor_id and returns one row (msg, event_id, seats_booked, seats_available, status).

p_seats is at least 1 and at most the setting max_seats_per_booking (UPDATE settings; 10 at first).

One transaction of its own: what the session has open and not committed is rolled back. The event row is locked before anything about it is believed, so however many call at once, no seat is sold twice.

Errors: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_seats_available BIGINT;
    DECLARE v_status VARCHAR(16);
    DECLARE EXIT HANDLER FOR 1062
    BEGIN
        ROLLBACK;
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'already_registered: Already registered for this event';
    END;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;

    SET p_seats = COALESCE(p_seats, 1);
    -- The lock first and everything else after it, by the clock of then: the wait may have been long. What was not locked,
    -- be it because the statement was killed, is not found.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SELECT title, seats_available, status INTO v_title, v_seats_available, v_status
    FROM open_registrations
    WHERE user_id = p_actor_id AND event_id = v_locked
        AND p_seats BETWEEN 1 AND max_seats AND p_seats <= seats_available;
    IF v_title IS NULL THEN
        CALL refuse_registration(p_actor_id, p_event_id, p_seats);
    END IF;

    INSERT INTO registrations (event_id, user_id, seats) VALUES (p_event_id, p_actor_id, p_seats);
    -- A statement that is killed may end as if it had found nothing to do.
    IF ROW_COUNT() <> 1 THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
    END IF;
    UPDATE events SET seats_available = seats_available - p_seats WHERE id = p_event_id;
    IF ROW_COUNT() <> 1 THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
    END IF;
    COMMIT;
    SELECT
        CONCAT('Registered successfully for ', v_title) AS msg, p_event_id AS event_id, p_seats AS seats_booked,
        v_seats_available - p_seats AS seats_available, v_status AS status;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE register_for_event TO eventhub_api;
