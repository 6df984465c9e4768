-- Checks the new fields of an event that is to be changed.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_event_changes;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_event_changes (
    IN p_title       TEXT,
    IN p_description TEXT,
    IN p_venue       TEXT,
    IN p_speaker     TEXT,
    IN p_event_date  TEXT,
    IN p_total_seats DECIMAL(65, 30)
)
    COMMENT 'Refuses everything that update_event would refuse in the fields of any event, all of it at once. Changes nothing.

The parameters are those of update_event; NULL is a field that stays as it is.

Returns nothing, or rows (invalid_field, message) before the error.

Errors: 45422 invalid_input.

Example: CALL check_event_changes(NULL, NULL, ''Hall 2'', NULL, NULL, 50);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_faults LONGTEXT;

    CALL note_event(v_faults, NULL, p_title, p_description, p_venue, p_speaker, p_event_date, p_total_seats);
    CALL refuse_faults(v_faults);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_event_changes TO eventhub_api;
