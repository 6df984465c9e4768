-- Drops the blanks around an e-mail address.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS trim_email;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE trim_email (
    INOUT p_email TEXT
)
    COMMENT 'Drops the blanks (space, tab, line ends) before and after p_email.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- Not by a regular expression, which takes quadratic time on a long run of blanks. A tab or line end inside becomes a
    -- space, with which the address is refused all the same.
    SET p_email = TRIM(REPLACE(REPLACE(REPLACE(p_email, '\t', ' '), '\r', ' '), '\n', ' '));
END //
DELIMITER ;
