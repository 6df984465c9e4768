-- Counts seats of an event that are taken or given back by hand.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS count_seats;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE count_seats (
    IN p_event_id BIGINT UNSIGNED,
    IN p_seats    BIGINT
)
    COMMENT 'Takes p_seats seats of an event, or gives seats back if it is below zero. The triggers of registrations call it where somebody changes them by hand.

Errors: 45409 seats_exhausted, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_seats_available BIGINT;

    UPDATE events
    SET seats_available = CAST(seats_available AS SIGNED) - p_seats
    WHERE id = p_event_id AND CAST(seats_available AS SIGNED) >= p_seats;
    -- Not left to the limits of the column: under INSERT IGNORE it is no error to exceed them.
    IF ROW_COUNT() <> 1 THEN
        SELECT seats_available INTO v_seats_available FROM events WHERE id = p_event_id;
        -- An event that does not exist is refused by the foreign key.
        IF v_seats_available >= p_seats THEN
            CALL refuse_interrupted();
        ELSEIF v_seats_available IS NOT NULL THEN
            SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'seats_exhausted: Not enough seats available';
        END IF;
    END IF;
END //
DELIMITER ;
