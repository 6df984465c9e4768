-- Has the participants of an event told that it is called off.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS tell_of_cancellation;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE tell_of_cancellation (
    IN  p_event_id   BIGINT UNSIGNED,
    IN  p_title      VARCHAR(200),
    IN  p_venue      VARCHAR(200),
    IN  p_speaker    VARCHAR(120),
    IN  p_event_date DATETIME,
    OUT p_notified   BOOLEAN
)
    COMMENT 'Keeps the last edition of an event that is called off, and puts the event into the outbox, the table cancellations, if it has not begun and somebody holds a seat. p_notified says whether it did. Runs in the statement of its caller, who holds the lock of the event.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6) DEFAULT utc_clock();
    DECLARE v_last_registration_id BIGINT UNSIGNED;
    DECLARE v_last_cancellation DATETIME(6);

    CALL keep_edition(p_event_id, p_title, p_venue, p_speaker, p_event_date, FALSE, v_last_registration_id);
    SET p_notified = p_event_date > v_now AND v_last_registration_id IS NOT NULL;
    IF p_notified THEN
        -- Later than a cancellation that was undone within the same second: each is an occasion of its own.
        SELECT MAX(occasion) INTO v_last_cancellation FROM notices WHERE event_id = p_event_id AND kind = 'cancellation';
        SET v_now = v_now - INTERVAL MICROSECOND(v_now) MICROSECOND;
        INSERT INTO cancellations (event_id, cancelled_at)
        VALUES (p_event_id, GREATEST(v_now, COALESCE(v_last_cancellation + INTERVAL 1 SECOND, v_now)))
        ON DUPLICATE KEY UPDATE event_id = p_event_id;
    END IF;
END //
DELIMITER ;
