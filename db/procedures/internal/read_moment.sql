-- Reads a date and time that a caller gives.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS read_moment;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE read_moment (
    IN  p_field  VARCHAR(30),
    IN  p_text   TEXT,
    OUT p_moment DATETIME
)
    COMMENT 'Reads p_text, the date of the parameter p_field, as note_moment does, and refuses it if it is none.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_faults LONGTEXT;

    CALL note_moment(v_faults, p_field, p_text, p_moment);
    CALL refuse_faults(v_faults);
END //
DELIMITER ;
