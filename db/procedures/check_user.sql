-- Checks the fields of a user who is to be signed up.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_user;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_user (
    IN p_name  TEXT,
    IN p_email TEXT,
    IN p_role  TEXT
)
    COMMENT 'Refuses everything that register_user would refuse in a name, an e-mail address and a role, all of it at once. Whether the address is taken is not looked at. Changes nothing.

The parameters are those of register_user.

Returns nothing, or rows (invalid_field, message) before the error.

Errors: 45422 invalid_input.

Example: CALL check_user(''Ann'', ''ann@example.org'', ''participant'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_faults LONGTEXT;

    CALL note_user(v_faults, p_name, p_email, p_role);
    CALL refuse_faults(v_faults);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_user TO eventhub_api;
