-- The limits of an event's fields, for creating and updating alike.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_event (
    IN p_title       TEXT,
    IN p_description TEXT,
    IN p_venue       TEXT,
    IN p_speaker     TEXT,
    IN p_event_date  DATETIME,
    IN p_total_seats BIGINT
)
    COMMENT 'Refuses the fields of an event that are not NULL and not valid: a blank or too long text (title and venue 200 characters, speaker 120, description 2000), a date that is not in the future (UTC), a number of seats outside 1 to 1000000. NULL means: not given.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    IF p_title IS NOT NULL THEN
        CALL check_text('title', p_title, 200, FALSE);
    END IF;
    IF p_description IS NOT NULL THEN
        CALL check_text('description', p_description, 2000, TRUE);
    END IF;
    IF p_venue IS NOT NULL THEN
        CALL check_text('venue', p_venue, 200, FALSE);
    END IF;
    IF p_speaker IS NOT NULL THEN
        CALL check_text('speaker', p_speaker, 120, FALSE);
    END IF;
    IF p_event_date <= utc_clock() THEN
        CALL refuse_input('event_date', 'must be in the future');
    END IF;
    IF p_total_seats NOT BETWEEN 1 AND 1000000 THEN
        CALL refuse_input('total_seats', 'must be from 1 to 1000000');
    END IF;
END //
DELIMITER ;
