-- Locks a claim whose mails are reported on.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS lock_claim;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE lock_claim (
    IN  p_claim_id BIGINT,
    OUT p_locked   BIGINT UNSIGNED
)
    COMMENT 'Begins the transaction of a report on mails of the claim p_claim_id, and keeps other sessions off these mails until it ends. p_locked is the claim, or NULL if it is over: its mails may still be reported on, unless somebody else has claimed them. Whatever the session has not committed is rolled back.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;
    -- The claim is locked before its mails, as in recover_claims, so that the two cannot deadlock.
    SELECT id INTO p_locked FROM claims WHERE id = p_claim_id FOR UPDATE;
    IF p_locked IS NULL THEN
        -- Anybody may claim these mails now, and only the turn of sessions that claim keeps them off. The turn is locked
        -- before anything else, hence a new transaction.
        ROLLBACK AND NO CHAIN NO RELEASE;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        START TRANSACTION;
        INSERT INTO turns (name, taken_at) VALUES ('claim', UTC_TIMESTAMP())
        ON DUPLICATE KEY UPDATE taken_at = UTC_TIMESTAMP();
    END IF;
END //
DELIMITER ;
