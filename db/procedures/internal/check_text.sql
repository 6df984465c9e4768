-- Checks one text that a caller gives.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_text;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_text (
    IN p_field        VARCHAR(30),
    IN p_value        TEXT,
    IN p_max_length   INT,
    IN p_may_be_blank BOOLEAN
)
    COMMENT 'Refuses p_value, the text of the parameter p_field, if text_fault finds a fault in it. It is checked as a text if p_may_be_blank, and as a line if not.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_faults LONGTEXT;

    CALL note_fault(v_faults, p_field, text_fault(p_value, p_max_length, IF(p_may_be_blank, 'text', 'line')));
    CALL refuse_faults(v_faults);
END //
DELIMITER ;
