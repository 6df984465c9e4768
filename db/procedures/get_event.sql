-- One event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS get_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE get_event (
    IN p_event_id BIGINT
)
    COMMENT 'Returns the row (id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status) of an event that is not cancelled. event_date is UTC; status is completed, soon (starts within 24 hours) or upcoming.

Errors: 45404 event_not_found.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    IF NOT EXISTS (SELECT 1 FROM listed_events WHERE id = p_event_id) THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found';
    END IF;
    SELECT id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status
    FROM listed_events
    WHERE id = p_event_id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE get_event TO eventhub_api;
