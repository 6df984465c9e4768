-- Checks the fields of an event that is to be created.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_event (
    IN p_title       TEXT,
    IN p_description TEXT,
    IN p_venue       TEXT,
    IN p_speaker     TEXT,
    IN p_event_date  TEXT,
    IN p_total_seats DECIMAL(65, 30)
)
    COMMENT 'Refuses everything that create_event would refuse in the fields of an event, all of it at once. Changes nothing.

The parameters are those of create_event.

Returns nothing, or rows (invalid_field, message) before the error.

Errors: 45422 invalid_input.

Example: CALL check_event(''Compilers'', NULL, ''Hall 1'', ''Grace Hopper'', ''2035-05-01 18:00:00'', 30);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_faults LONGTEXT;

    CALL note_event(v_faults, 'is required', p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);
    CALL refuse_faults(v_faults);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_event TO eventhub_api;
