-- Changes an event, its capacity included.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS update_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE update_event (
    IN p_actor_id    BIGINT UNSIGNED,
    IN p_event_id    BIGINT,
    IN p_title       TEXT,
    IN p_description TEXT,
    IN p_venue       TEXT,
    IN p_speaker     TEXT,
    IN p_event_date  DATETIME(6),
    IN p_total_seats BIGINT
)
    COMMENT 'Changes an event of the organizer p_actor_id and returns one row (msg). A NULL leaves its field as it is; the limits are those of create_event. A new p_total_seats moves the free seats by the same amount and cannot go below what is booked. If the date, the venue or the speaker becomes another one and somebody holds a seat, a row in notices asks the notifier to tell them.

One transaction of its own: what the session has open and not committed is rolled back.

Errors: 45401 invalid_token, 45403 organizer_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 capacity_below_booked.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_status VARCHAR(16);
    DECLARE v_booked BIGINT;
    DECLARE v_event_date DATETIME;
    DECLARE v_venue VARCHAR(200);
    DECLARE v_speaker VARCHAR(120);
    DECLARE v_last_registration_id BIGINT UNSIGNED;
    DECLARE v_last_update DATETIME(6);
    DECLARE v_message VARCHAR(128);
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;

    CALL require_role(p_actor_id, 'organizer');
    -- Fractions of a second are dropped; MySQL would round a parameter that has no room for them.
    IF MICROSECOND(p_event_date) > 0 THEN
        SET p_event_date = p_event_date - INTERVAL MICROSECOND(p_event_date) MICROSECOND;
    END IF;
    CALL check_event(p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);

    -- The lock first and the event after it, by the clock of then: the wait may have been long. What was not locked, be it
    -- because the statement was killed, is not found.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SELECT status, total_seats - seats_available, event_date, venue, speaker
    INTO v_status, v_booked, v_event_date, v_venue, v_speaker
    FROM listed_events
    WHERE id = v_locked AND organizer_id = p_actor_id;

    IF v_status IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found or unauthorized';
    ELSEIF v_status = 'completed' THEN
        SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT = 'event_completed: Cannot update an event that is already completed';
    ELSEIF p_event_date <= UTC_TIMESTAMP() THEN
        CALL refuse_input('event_date', 'must be in the future');
    ELSEIF p_total_seats < v_booked THEN
        SET v_message = CONCAT('capacity_below_booked: total_seats cannot be below the ', v_booked, ' seats already booked');
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = v_message;
    END IF;

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

    -- One row however many there are to tell, so that a change costs the same for ten as for a hundred thousand. Compared
    -- as bytes: for the collation an accent more or less is no change.
    SELECT MAX(id) INTO v_last_registration_id FROM registrations WHERE event_id = p_event_id;
    IF v_last_registration_id IS NOT NULL AND (p_event_date <> v_event_date
        OR CAST(p_venue AS BINARY) <> CAST(v_venue AS BINARY) OR CAST(p_speaker AS BINARY) <> CAST(v_speaker AS BINARY)) THEN
        SELECT MAX(occasion) INTO v_last_update FROM notices WHERE event_id = p_event_id AND kind = 'update';
        -- Later than the one before, whatever the clock says.
        INSERT INTO notices (kind, event_id, occasion, last_registration_id, old_event_date, old_venue, old_speaker)
        VALUES ('update', p_event_id,
            GREATEST(UTC_TIMESTAMP(6), COALESCE(v_last_update + INTERVAL 1 MICROSECOND, UTC_TIMESTAMP(6))),
            v_last_registration_id, v_event_date, v_venue, v_speaker);
    END IF;
    COMMIT;
    SELECT 'Event updated successfully!' AS msg;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE update_event TO eventhub_api;
