-- The one statement that calls an event off.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS call_off_event;

-- DETERMINISTIC although it is not: with a binary log MySQL accepts no other function that changes data.
DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION call_off_event (
    p_actor_id BIGINT UNSIGNED,
    p_event_id BIGINT
)
    RETURNS LONGTEXT
    COMMENT 'The part of cancel_event that changes data. One statement of its caller, so that a call that is killed has done all of it or nothing. Returns a JSON array [title, notified].

Errors: 45401 invalid_token, 45403 organizer_required, 45404 event_not_found, 45503 interrupted.'
    LANGUAGE SQL
    DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_now DATETIME(6);
    DECLARE v_title VARCHAR(200);
    DECLARE v_venue VARCHAR(200);
    DECLARE v_speaker VARCHAR(120);
    DECLARE v_description VARCHAR(2000);
    DECLARE v_event_date DATETIME;
    DECLARE v_notified BOOLEAN;

    -- The lock comes first, because the wait for it may be long: the time and all else are read after it. If the statement
    -- was killed and has not got the lock, v_locked is NULL and nothing is found below.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    CALL require_role(p_actor_id, 'organizer');
    SELECT title, description, venue, speaker, event_date INTO v_title, v_description, v_venue, v_speaker, v_event_date
    FROM listed_events
    WHERE id = v_locked AND organizer_id = p_actor_id;
    IF v_title IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found or unauthorized';
    END IF;

    SET v_now = utc_clock();
    SET v_now = v_now - INTERVAL MICROSECOND(v_now) MICROSECOND;
    -- Tells the triggers that this statement sees to mails and searches itself.
    SET @eventhub_statement = NOW(6);
    UPDATE events SET cancelled_at = v_now WHERE id = p_event_id;
    IF ROW_COUNT() <> 1 THEN
        CALL refuse_interrupted();
    END IF;
    CALL tell_of_cancellation(p_event_id, v_title, v_venue, v_speaker, v_event_date, v_notified);
    CALL unindex_event(p_event_id, p_actor_id, v_event_date, v_title, v_description, v_venue, v_speaker);
    SET @eventhub_statement = NULL;
    RETURN JSON_ARRAY(v_title, v_notified);
END //
DELIMITER ;
