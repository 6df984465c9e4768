-- Shows one event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS get_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE get_event (
    IN p_event_id BIGINT
)
    COMMENT 'Shows an event that is not cancelled.

p_event_id  the event.

Returns one row (id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status). event_date is UTC; status is completed (has started), soon (starts within 24 hours) or upcoming.

Errors: 45404 event_not_found.

Example: CALL get_event(1);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_id, v_organizer_id BIGINT UNSIGNED;
    DECLARE v_title, v_venue VARCHAR(200);
    DECLARE v_description VARCHAR(2000);
    DECLARE v_speaker VARCHAR(120);
    DECLARE v_event_date DATETIME;
    DECLARE v_total_seats, v_seats_available INT UNSIGNED;
    DECLARE v_status VARCHAR(16);

    -- One read: between two of them the event could be cancelled.
    SELECT id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status
    INTO
        v_id, v_title, v_description, v_venue, v_speaker, v_event_date, v_total_seats, v_seats_available,
        v_organizer_id, v_status
    FROM listed_events
    WHERE id = p_event_id;

    IF v_id IS NULL THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'event_not_found: Event not found';
    END IF;
    SELECT
        v_id AS id, v_title AS title, v_description AS description, v_venue AS venue, v_speaker AS speaker,
        v_event_date AS event_date, v_total_seats AS total_seats, v_seats_available AS seats_available,
        v_organizer_id AS organizer_id, v_status AS status;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE get_event TO eventhub_api;
