-- A claim whose mails are reported on.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS lock_claim;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE lock_claim (
    IN  p_claim_id BIGINT,
    OUT p_locked   BIGINT UNSIGNED
)
    COMMENT 'Begins the transaction of a report on mails of the claim p_claim_id, and keeps everybody else off them until it ends. p_locked is the claim, or NULL if it is over: then its mails may be reported on all the same unless somebody else has claimed them. What the session has open is rolled back.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;
    -- The claim before its mails, as whoever recovers them does.
    SELECT id INTO p_locked FROM claims WHERE id = p_claim_id FOR UPDATE;
    IF p_locked IS NULL THEN
        -- The mails are anybody's to claim, so that what keeps others off them is the turn of those who claim. The turn
        -- comes before any other lock, hence a new transaction.
        ROLLBACK AND NO CHAIN NO RELEASE;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        START TRANSACTION;
        INSERT INTO turns (name, taken_at) VALUES ('claim', UTC_TIMESTAMP())
        ON DUPLICATE KEY UPDATE taken_at = UTC_TIMESTAMP();
    END IF;
END //
DELIMITER ;
