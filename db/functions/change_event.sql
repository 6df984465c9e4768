-- The one statement that changes an event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS change_event;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION change_event (
    p_actor_id    BIGINT UNSIGNED,
    p_event_id    BIGINT,
    p_title       TEXT,
    p_description TEXT,
    p_venue       TEXT,
    p_speaker     TEXT,
    p_event_date  DATETIME,
    p_total_seats BIGINT
)
    RETURNS BOOLEAN
    COMMENT 'The part of update_event that changes data. One statement of its caller, so that a call that is killed has done all of it or nothing. Returns TRUE.

Errors: 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 capacity_below_booked.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_now DATETIME(6);
    DECLARE v_booked BIGINT;
    DECLARE v_event_date DATETIME;
    DECLARE v_title VARCHAR(200);
    DECLARE v_venue VARCHAR(200);
    DECLARE v_speaker VARCHAR(120);
    DECLARE v_description VARCHAR(2000);
    DECLARE v_message VARCHAR(128);

    -- The lock comes first, because the wait for it may be long: the time and all else are read after it. If the statement
    -- was killed and has not got the lock, v_locked is NULL and nothing is found below.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SET v_now = utc_clock();
    -- update_event has checked this before the wait for the lock.
    IF p_event_date <= v_now THEN
        CALL refuse_input('event_date', 'must be in the future');
    END IF;
    SELECT total_seats - seats_available, event_date, title, description, venue, speaker
    INTO v_booked, v_event_date, v_title, v_description, v_venue, v_speaker
    FROM listed_events
    WHERE id = v_locked AND organizer_id = p_actor_id;

    IF v_event_date IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found or unauthorized';
    ELSEIF v_event_date <= v_now THEN
        SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT = 'event_completed: Cannot update an event that is already completed';
    ELSEIF p_total_seats < v_booked THEN
        SET v_message = CONCAT('capacity_below_booked: total_seats cannot be below the ', v_booked, ' seats already booked');
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = v_message;
    END IF;

    -- Tells the triggers that this statement sees to seats, mails and searches itself.
    SET @eventhub_statement = NOW(6);
    UPDATE events
    SET title = COALESCE(p_title, title),
        description = COALESCE(p_description, description),
        venue = COALESCE(p_venue, venue),
        speaker = COALESCE(p_speaker, speaker),
        event_date = COALESCE(p_event_date, event_date),
        -- Before total_seats: assignments take effect from left to right.
        seats_available = COALESCE(p_total_seats, total_seats) - v_booked,
        total_seats = COALESCE(p_total_seats, total_seats)
    WHERE id = p_event_id;
    CALL tell_of_change(
        p_event_id, FALSE, v_title, v_venue, v_speaker, v_event_date, COALESCE(p_title, v_title),
        COALESCE(p_venue, v_venue), COALESCE(p_speaker, v_speaker), COALESCE(p_event_date, v_event_date)
    );
    IF COALESCE(p_event_date <> v_event_date, FALSE) OR p_title IS NOT NULL OR p_description IS NOT NULL OR p_venue IS NOT NULL
        OR p_speaker IS NOT NULL THEN
        CALL unindex_event(p_event_id, p_actor_id, v_event_date, v_title, v_description, v_venue, v_speaker);
        CALL index_events(p_event_id, p_event_id);
    END IF;
    SET @eventhub_statement = NULL;
    RETURN TRUE;
END //
DELIMITER ;
