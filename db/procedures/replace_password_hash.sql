-- Replaces a password hash of the first implementation by one of ours.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS replace_password_hash;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE replace_password_hash (
    IN p_user_id  BIGINT UNSIGNED,
    IN p_old_hash TEXT,
    IN p_new_hash TEXT
)
    COMMENT 'Puts a password hash of ours in the place of one that the first implementation has made. The shim calls it when the owner has logged in.

p_user_id   the user.
p_old_hash  the hash that is to be replaced: nothing changes if the user has another one by now.
p_new_hash  an Argon2id hash as crypto_pwhash_str makes it.

Returns one row (replaced): 1 or 0.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL replace_password_hash(2, ''$pbkdf2-sha256$29000$...'', ''$argon2id$v=19$m=65536,t=2,p=1$...'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_replaced BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    -- The rule of register_user.
    IF p_new_hash IS NULL OR CHAR_LENGTH(p_new_hash) > 255
        OR p_new_hash COLLATE utf8mb4_bin NOT REGEXP '^[$]argon2id[$][!-~]+\\z' THEN
        CALL refuse_input('new_hash', 'must be an Argon2id hash');
    END IF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    -- As bytes, because capital and small letters make different hashes. Only a hash of the first implementation is
    -- replaced: to change one of ours takes its owner, and not only somebody who has read it.
    UPDATE users
    SET password_hash = p_new_hash
    WHERE id = p_user_id AND CAST(password_hash AS BINARY) = CAST(p_old_hash AS BINARY)
        AND password_hash LIKE '$pbkdf2-sha256$%';
    SET v_replaced = ROW_COUNT();
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT v_replaced AS replaced;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE replace_password_hash TO eventhub_api;
