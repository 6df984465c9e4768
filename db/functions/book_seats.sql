-- The one statement that books seats.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS book_seats;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION book_seats (
    p_actor_id BIGINT UNSIGNED,
    p_event_id BIGINT,
    p_seats    BIGINT
)
    RETURNS LONGTEXT
    COMMENT 'The part of register_for_event that changes data. One statement of its caller, so that a call that is killed has done all of it or nothing. Returns a JSON array [title, seats_available, status].

Errors: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_now DATETIME(6);
    DECLARE v_title VARCHAR(200);
    DECLARE v_seats_available BIGINT;
    DECLARE v_event_date DATETIME;
    DECLARE EXIT HANDLER FOR 1062
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'already_registered: Already registered for this event';

    -- The lock comes first, because the wait for it may be long: the time and all else are read after it. If the statement
    -- was killed and has not got the lock, v_locked is NULL and nothing is found below.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SET v_now = utc_clock();
    SELECT title, seats_available, event_date INTO v_title, v_seats_available, v_event_date
    FROM seat_offers
    WHERE user_id = p_actor_id AND event_id = v_locked AND event_date > v_now
        AND p_seats BETWEEN 1 AND max_seats AND p_seats <= seats_available;
    IF v_title IS NULL THEN
        CALL refuse_registration(p_actor_id, p_event_id, p_seats);
    END IF;

    -- Tells the triggers that this statement changes the seats itself.
    SET @eventhub_statement = NOW(6);
    INSERT INTO registrations (event_id, user_id, seats, registered_at)
    VALUES (p_event_id, p_actor_id, p_seats, v_now - INTERVAL MICROSECOND(v_now) MICROSECOND);
    IF ROW_COUNT() <> 1 THEN
        CALL refuse_interrupted();
    END IF;
    UPDATE events SET seats_available = seats_available - p_seats WHERE id = p_event_id;
    IF ROW_COUNT() <> 1 THEN
        CALL refuse_interrupted();
    END IF;
    SET @eventhub_statement = NULL;
    RETURN JSON_ARRAY(v_title, v_seats_available - p_seats, IF(v_event_date <= v_now + INTERVAL 24 HOUR, 'soon', 'upcoming'));
END //
DELIMITER ;
