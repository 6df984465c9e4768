-- The one statement that gives booked seats back.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS return_seats;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION return_seats (
    p_actor_id BIGINT UNSIGNED,
    p_event_id BIGINT
)
    RETURNS LONGTEXT
    COMMENT 'The part of unregister_from_event that changes data. One statement of its caller, so that a call that is killed has done all of it or nothing. Returns a JSON array [title, seats_available].

Errors: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_now DATETIME(6);
    DECLARE v_title VARCHAR(200);
    DECLARE v_seats_available BIGINT;
    DECLARE v_registration_id BIGINT UNSIGNED;
    DECLARE v_seats BIGINT;

    -- The lock comes first, because the wait for it may be long: the time and all else are read after it. If the statement
    -- was killed and has not got the lock, v_locked is NULL and nothing is found below.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SET v_now = utc_clock();
    SELECT e.title, e.seats_available, r.id, r.seats INTO v_title, v_seats_available, v_registration_id, v_seats
    FROM users AS u
    JOIN listed_events AS e
    JOIN registrations AS r ON r.event_id = e.id AND r.user_id = u.id
    WHERE u.id = p_actor_id AND u.role = 'participant' AND e.id = v_locked AND e.event_date > v_now;
    IF v_registration_id IS NULL THEN
        CALL refuse_cancellation(p_actor_id, p_event_id);
    END IF;

    -- Tells the triggers that this statement changes the seats itself.
    SET @eventhub_statement = NOW(6);
    DELETE FROM registrations WHERE id = v_registration_id;
    IF ROW_COUNT() <> 1 THEN
        CALL refuse_interrupted();
    END IF;
    UPDATE events SET seats_available = seats_available + v_seats WHERE id = p_event_id;
    IF ROW_COUNT() <> 1 THEN
        CALL refuse_interrupted();
    END IF;
    SET @eventhub_statement = NULL;
    RETURN JSON_ARRAY(v_title, v_seats_available + v_seats);
END //
DELIMITER ;
