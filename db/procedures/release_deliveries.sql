-- Gives claimed mails back that were not sent.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS release_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE release_deliveries (
    IN p_claim_id     BIGINT,
    IN p_delivery_ids LONGTEXT,
    IN p_seconds      BIGINT
)
    COMMENT 'Gives mails of a claim back, which have certainly not been sent. No failure is counted. Idempotent.

p_claim_id      the claim, as claim_deliveries returned it.
p_delivery_ids  the ids of the mails: a JSON array.
p_seconds       when they can be claimed again, in seconds from now: 0 to 86400; NULL means 0.

Returns one row (released): how many mails were given back.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL release_deliveries(17, ''[1201, 1202]'', 60);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_released BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    CALL allow_long_lists();
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;

    CALL check_delivery_ids(p_delivery_ids);
    SET p_seconds = COALESCE(p_seconds, 0);
    IF p_seconds NOT BETWEEN 0 AND 86400 THEN
        CALL refuse_input('seconds', 'must be from 0 to 86400');
    END IF;

    -- The claim is locked before its mails, as in recover_claims, so that the two cannot deadlock.
    SELECT id INTO v_locked FROM claims WHERE id = p_claim_id FOR UPDATE;
    UPDATE JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
    SET d.state = 'due', d.claimable_at = UTC_TIMESTAMP() + INTERVAL p_seconds SECOND
    WHERE d.claim_id = p_claim_id AND d.state = 'in_flight';
    SET v_released = ROW_COUNT();
    CALL renew_known_editions(p_delivery_ids);
    UPDATE claims SET mails = mails - LEAST(mails, v_released) WHERE id = v_locked;
    DELETE FROM claims WHERE id = v_locked AND mails = 0;
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT v_released AS released;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE release_deliveries TO eventhub_mailer;
