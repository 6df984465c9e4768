-- Calls an event off.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS cancel_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE cancel_event (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT
)
    COMMENT 'Calls off an event of the organizer p_actor_id and returns one row (msg, notified). From then on it is in no list; the event and its registrations stay on record. notified says whether participants will be told: they are if the event had not begun and somebody held a seat, and one row in cancellations asks the notifier for it.

One transaction of its own: what the session has open and not committed is rolled back.

Errors: 45401 invalid_token, 45403 organizer_required, 45404 event_not_found, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_title VARCHAR(200);
    DECLARE v_status VARCHAR(16);
    DECLARE v_notified BOOLEAN;
    DECLARE v_registrations BIGINT;
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

    -- The lock first and the event after it, by the clock of then: the wait may have been long. What was not locked, be it
    -- because the statement was killed, is not found.
    SELECT id INTO v_locked FROM events WHERE id = p_event_id FOR UPDATE;
    SELECT title, status INTO v_title, v_status
    FROM listed_events
    WHERE id = v_locked AND organizer_id = p_actor_id;

    IF v_title IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found or unauthorized';
    END IF;

    UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = p_event_id;
    -- A statement that is killed may end as if it had found nothing to do.
    IF ROW_COUNT() <> 1 THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'interrupted: The call was interrupted, nothing has changed';
    END IF;
    -- At most one is counted, however many there are.
    SELECT COUNT(*) INTO v_registrations
    FROM (SELECT id FROM registrations WHERE event_id = p_event_id LIMIT 1) AS any_of_them;
    SET v_notified = v_status <> 'completed' AND v_registrations > 0;
    IF v_notified THEN
        INSERT INTO cancellations (event_id) VALUES (p_event_id);
    END IF;
    COMMIT;
    SELECT CONCAT('Event ''', v_title, ''' deleted') AS msg, v_notified AS notified;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE cancel_event TO eventhub_api;
