-- Refuses all that is wrong with what a procedure was called with.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS refuse_faults;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE refuse_faults (
    IN p_faults LONGTEXT
)
    COMMENT 'Returns a row (invalid_field, message) for each fault that note_fault has added to p_faults, and refuses the first one. Does nothing if p_faults is NULL.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    IF p_faults IS NOT NULL THEN
        SELECT f.field AS invalid_field, CONCAT(f.field, ' ', f.problem) AS message
        FROM JSON_TABLE(p_faults, '$[*]' COLUMNS (
            number FOR ORDINALITY, field VARCHAR(30) PATH '$[0]', problem VARCHAR(90) PATH '$[1]'
        )) AS f
        ORDER BY f.number;
        CALL refuse_input(
            JSON_UNQUOTE(JSON_EXTRACT(p_faults, '$[0][0]')), JSON_UNQUOTE(JSON_EXTRACT(p_faults, '$[0][1]'))
        );
    END IF;
END //
DELIMITER ;
