-- Makes the token in the link by which somebody turns reminders off.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS unsubscribe_token;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION unsubscribe_token (
    p_secret  CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    p_user_id BIGINT UNSIGNED
)
    RETURNS VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin
    COMMENT 'Returns the token in the links by which the user p_user_id turns reminders off: p_user_id, "-" and 64 hexadecimal digits, which nobody can make without p_secret. NULL if p_secret is NULL. p_secret is the value of the row unsubscribe of secrets; it is a parameter so that a caller with many users reads it once.'
    LANGUAGE SQL
    DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- A digest of a digest, as in HMAC: a single digest could be extended to that of a longer text without the secret.
    RETURN CONCAT(p_user_id, '-', SHA2(CONCAT(p_secret, SHA2(CONCAT(p_secret, 'unsubscribe ', p_user_id), 256)), 256));
END //
DELIMITER ;
