-- Shows the manuals of procedures to everybody who may call them.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS read_manual;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE read_manual (
    IN p_name VARCHAR(64)
)
    COMMENT 'Shows manuals such as this one. A server shows the comments of procedures only to accounts that may do more than call them.

p_name  a procedure or function; NULL means all.

Returns a row per manual (name, parameters, manual), by name.

Example: CALL read_manual(''register_for_event'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- group_concat_max_len cuts a list off, but no list of parameters is as long as its default.
    SELECT r.routine_name AS name,
        (
            SELECT CAST(COALESCE(GROUP_CONCAT(p.parameter_name ORDER BY p.ordinal_position SEPARATOR ', '), '') AS CHAR(255))
            FROM information_schema.parameters AS p
            WHERE p.specific_schema = DATABASE() AND p.specific_name = r.specific_name
                AND p.routine_type = r.routine_type AND p.ordinal_position > 0
        ) AS parameters,
        r.routine_comment AS manual
    FROM information_schema.routines AS r
    WHERE r.routine_schema = DATABASE() AND (p_name IS NULL OR r.routine_name = p_name)
    ORDER BY r.routine_name;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE read_manual TO eventhub_api, eventhub_mailer, eventhub_dba;
