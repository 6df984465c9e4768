-- Gives claimed mails back that have not been sent.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS release_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE release_deliveries (
    IN p_claim_id     BIGINT,
    IN p_delivery_ids LONGTEXT,
    IN p_seconds      BIGINT
)
    COMMENT 'Gives back the mails of a claim whose ids the JSON array p_delivery_ids lists: they have certainly not been sent, and no failure is counted. They can be claimed again in p_seconds (0 to 86400; NULL means 0). Returns one row (released). Doing it twice is doing it once.

One transaction of its own: what the session has open and not committed is rolled back.

Errors: 45422 invalid_input.'
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

    -- What the session has open is undone and not kept: it may be half of a call that was killed.
    ROLLBACK AND NO CHAIN NO RELEASE;
    -- MariaDB cuts a JSON_ARRAYAGG off at this length, and hosts set it low.
    IF @@SESSION.group_concat_max_len < 1048576 THEN
        SET SESSION group_concat_max_len = 1048576;
    END IF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;

    CALL check_delivery_ids(p_delivery_ids);
    SET p_seconds = COALESCE(p_seconds, 0);
    IF p_seconds NOT BETWEEN 0 AND 86400 THEN
        CALL refuse_input('seconds', 'must be from 0 to 86400');
    END IF;

    -- The claim before its mails, as whoever recovers them does.
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
