-- Raises a refusal that was handed on as a text.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS raise_refusal;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE raise_refusal (
    IN p_refusal VARCHAR(128)
)
    COMMENT 'Raises p_refusal, "45nnn code: sentence". NULL, which is no reason, becomes 45503 interrupted.

Errors: the one that p_refusal is; 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_message VARCHAR(128) DEFAULT SUBSTRING(p_refusal, 7);

    -- SIGNAL takes no variable for the state.
    CASE LEFT(p_refusal, 5)
        WHEN '45400' THEN SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT = v_message;
        WHEN '45401' THEN SIGNAL SQLSTATE '45401' SET MESSAGE_TEXT = v_message;
        WHEN '45403' THEN SIGNAL SQLSTATE '45403' SET MESSAGE_TEXT = v_message;
        WHEN '45404' THEN SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = v_message;
        WHEN '45409' THEN SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = v_message;
        WHEN '45422' THEN SIGNAL SQLSTATE '45422' SET MESSAGE_TEXT = v_message;
        WHEN '45503' THEN SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_message;
        ELSE CALL refuse_interrupted();
    END CASE;
END //
DELIMITER ;
