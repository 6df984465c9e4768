-- Finds out whose link in a mail it is, by the token in it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS read_link_token;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE read_link_token (
    IN  p_token   TEXT,
    OUT p_user_id BIGINT UNSIGNED
)
    COMMENT 'Sets p_user_id to the user for whom unsubscribe_token has made p_token; that user may have been deleted since. Neither its refusals nor the time they take tell whether somebody is a user.

Errors: 45404 unknown_link, 45503 not_migrated (there is no secret to compare with).'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_secret CHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_user_id BIGINT UNSIGNED DEFAULT 0;

    SELECT value INTO v_secret FROM secrets WHERE name = 'unsubscribe';
    IF v_secret IS NULL THEN
        SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = 'not_migrated: The secret of the links in mails is missing, run migrate';
    END IF;
    -- Every number of 19 digits fits into the variable.
    IF p_token COLLATE utf8mb4_bin REGEXP '^[1-9][0-9]{0,18}-[0-9a-f]{64}\\z' THEN
        SET v_user_id = CAST(SUBSTRING_INDEX(p_token, '-', 1) AS UNSIGNED);
    END IF;
    -- Digests are compared, so that the time it takes does not tell how much of a guess was right.
    IF p_token IS NULL
        OR SHA2(CONCAT(v_secret, p_token), 256) <> SHA2(CONCAT(v_secret, unsubscribe_token(v_secret, v_user_id)), 256) THEN
        SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = 'unknown_link: This link is not known, please use the one in your latest mail';
    END IF;
    SET p_user_id = v_user_id;
END //
DELIMITER ;
