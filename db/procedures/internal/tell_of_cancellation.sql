-- What the notifier is asked for when an event is called off.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS tell_of_cancellation;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE tell_of_cancellation (
    IN  p_event_id   BIGINT UNSIGNED,
    IN  p_event_date DATETIME,
    OUT p_notified   BOOLEAN
)
    COMMENT 'Puts an event that was called off into the outbox of cancellations if it has not begun and somebody holds a seat of it; p_notified says whether it has. Idempotent. Runs in the statement of its caller.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6) DEFAULT utc_clock();
    DECLARE v_registrations BIGINT;

    -- At most one is counted, however many there are.
    SELECT COUNT(*) INTO v_registrations
    FROM (SELECT id FROM registrations WHERE event_id = p_event_id LIMIT 1) AS any_of_them;
    SET p_notified = p_event_date > v_now AND v_registrations > 0;
    IF p_notified THEN
        INSERT INTO cancellations (event_id, cancelled_at)
        VALUES (p_event_id, v_now - INTERVAL MICROSECOND(v_now) MICROSECOND)
        ON DUPLICATE KEY UPDATE event_id = p_event_id;
    END IF;
END //
DELIMITER ;
