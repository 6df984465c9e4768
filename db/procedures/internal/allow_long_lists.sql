-- Makes room for the lists that JSON_ARRAYAGG makes.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS allow_long_lists;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE allow_long_lists ()
    COMMENT 'Raises group_concat_max_len of the session to 1 MiB, unless it is as high already. MariaDB cuts the result of JSON_ARRAYAGG off at this length, and some hosts set it low.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    IF @@SESSION.group_concat_max_len < 1048576 THEN
        SET SESSION group_concat_max_len = 1048576;
    END IF;
END //
DELIMITER ;
