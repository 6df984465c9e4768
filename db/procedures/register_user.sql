-- Signs a user up.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS register_user;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE register_user (
    IN p_name          TEXT,
    IN p_email         TEXT,
    IN p_password_hash TEXT,
    IN p_role          TEXT
)
    COMMENT 'Signs a user up.

p_name           one line of 1 to 120 characters, all of them visible.
p_email          an address that email_fault accepts, unique without regard to case; blanks around it are dropped.
p_password_hash  an Argon2id hash as crypto_pwhash_str makes it; "eventhub-shim --hash-password" prints one.
p_role           organizer or participant; NULL means participant.

Returns one row (message, user_id).

Runs as a transaction of its own: whatever the session has not committed is rolled back first. All that is wrong with the input is told at once, by rows (invalid_field, message) before the error; check_user does the same without signing anybody up.

Errors: 45422 invalid_input, 45409 email_taken.

Example: CALL register_user(''Ann'', ''ann@example.org'', ''$argon2id$v=19$m=65536,t=2,p=1$...'', ''participant'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6);
    DECLARE v_user_id BIGINT UNSIGNED;
    DECLARE v_faults LONGTEXT;
    DECLARE EXIT HANDLER FOR 1062
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'email_taken: Email already registered';
    END;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;

    CALL note_user(v_faults, p_name, p_email, p_role);
    IF p_password_hash IS NULL OR CHAR_LENGTH(p_password_hash) > 255
        OR p_password_hash COLLATE utf8mb4_bin NOT REGEXP '^[$]argon2id[$][!-~]+\\z' THEN
        CALL note_fault(v_faults, 'password_hash', 'must be an Argon2id hash');
    END IF;
    CALL refuse_faults(v_faults);
    CALL trim_email(p_email);
    SET p_role = COALESCE(LOWER(p_role COLLATE utf8mb4_bin), 'participant');

    -- The reads above may have begun a transaction, in which SET TRANSACTION is refused. In a session that commits by itself
    -- the INSERT is a transaction of its own, so that a killed CALL leaves none open.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET v_now = utc_clock();
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    INSERT INTO users (name, email, role, password_hash, created_at)
    VALUES (p_name, p_email, p_role, p_password_hash, v_now - INTERVAL MICROSECOND(v_now) MICROSECOND);
    SET v_user_id = LAST_INSERT_ID();
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT 'User created successfully' AS message, v_user_id AS user_id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE register_user TO eventhub_api;
