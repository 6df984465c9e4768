-- Records that claimed mails are about to be sent.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS start_sending;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE start_sending (
    IN p_claim_id      BIGINT,
    IN p_lease_seconds BIGINT
)
    COMMENT 'Records that mails of a claim are about to be sent, and extends the lease. To be called before each request to the mail service. Should the lease end without a report, these mails count as uncertain: they may have been sent.

p_claim_id       the claim, as claim_deliveries returned it.
p_lease_seconds  how long the lease lasts from now, in seconds: 1 to 86400.

Returns one row (claim_id, lease_until), the time in UTC.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input, 45409 claim_lost (the lease is over: send nothing), 45409 claim_outdated (the event has changed since the claim: send nothing, give the mails back by release_deliveries, and claim them again with what is true now).

Example: CALL start_sending(17, 60);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_is_true BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;

    IF p_lease_seconds IS NULL OR p_lease_seconds NOT BETWEEN 1 AND 86400 THEN
        CALL refuse_input('lease_seconds', 'must be from 1 to 86400');
    END IF;
    SELECT id INTO v_locked FROM claims WHERE id = p_claim_id AND lease_until > UTC_TIMESTAMP() FOR UPDATE;
    IF v_locked IS NULL THEN
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'claim_lost: The lease of this claim is over';
    END IF;
    -- As late as possible: from here on a change of the event finds these mails being sent.
    SELECT COUNT(*) INTO v_is_true
    FROM claims AS c
    JOIN events AS e ON e.id = c.event_id
    JOIN delivery_kinds AS k ON k.kind = c.kind
    WHERE c.id = v_locked
        AND k.event_state
            = IF(e.cancelled_at IS NOT NULL, 'cancelled', IF(e.event_date > UTC_TIMESTAMP(), 'upcoming', 'over'))
        AND c.edition = 1 + COALESCE((SELECT MAX(o.edition) FROM event_editions AS o WHERE o.event_id = c.event_id), 0);
    IF v_is_true = 0 THEN
        SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'claim_outdated: The event has changed since these mails were claimed';
    END IF;
    UPDATE claims
    SET sending_at = COALESCE(sending_at, UTC_TIMESTAMP()), lease_until = UTC_TIMESTAMP() + INTERVAL p_lease_seconds SECOND
    WHERE id = v_locked;
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT id AS claim_id, lease_until FROM claims WHERE id = v_locked;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE start_sending TO eventhub_mailer;
