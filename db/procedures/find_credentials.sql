-- Finds what it takes to check a password.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS find_credentials;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE find_credentials (
    IN p_email TEXT
)
    COMMENT 'Finds what it takes to check a password.

p_email  the e-mail address of a user; case, and blanks around it, do not count.

Returns one row (user_id, role, password_hash), or none if no user has this address.

Example: CALL find_credentials(''peter@example.org'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    CALL trim_email(p_email);
    SELECT id AS user_id, role, password_hash FROM users WHERE email_key = LOWER(p_email COLLATE utf8mb4_bin);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE find_credentials TO eventhub_api;
