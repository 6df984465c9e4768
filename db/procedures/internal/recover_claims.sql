-- Makes the mails of expired claims due again.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS recover_claims;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE recover_claims (
    OUT p_recovered BIGINT
)
    COMMENT 'Ends the claims whose lease is over, because their holder has died or lost the database, and makes their mails due again. p_recovered is the number of those mails. Mails in flight whose claim is missing are made due again as well, at most 5000 at a time.

Where sending had begun, or nobody knows whether it had, the mails may have been sent already. They are sent again all the same, whatever their kind, because nobody knows that they arrived; uncertain_sends counts it. Runs in the transaction of its caller.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_claim_id BIGINT UNSIGNED;
    DECLARE v_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_event_id BIGINT UNSIGNED;
    DECLARE v_occasion DATETIME(6);
    DECLARE v_known_edition INT UNSIGNED;
    DECLARE v_sending BOOLEAN;
    DECLARE v_ids LONGTEXT;
    DECLARE v_max_attempts BIGINT;
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    DECLARE v_expired CURSOR FOR
        SELECT id, kind, event_id, occasion, known_edition, sending_at IS NOT NULL
        FROM claims
        WHERE lease_until <= v_now
        ORDER BY id
        -- A claim that is being reported on at this moment is locked, and not over.
        FOR UPDATE SKIP LOCKED;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;

    SET p_recovered = 0;
    SELECT max_delivery_attempts INTO v_max_attempts FROM mail_settings;
    OPEN v_expired;
    FETCH v_expired INTO v_claim_id, v_kind, v_event_id, v_occasion, v_known_edition, v_sending;
    WHILE NOT v_done DO
        SELECT JSON_ARRAYAGG(id) INTO v_ids
        FROM deliveries FORCE INDEX (deliveries_of_event)
        WHERE event_id = v_event_id AND kind = v_kind AND occasion = v_occasion
            AND known_edition = v_known_edition AND state = 'in_flight' AND claim_id = v_claim_id;
        -- This counts as an attempt, so that a mail that kills its notifier each time comes to an end. The index leads to
        -- these mails alone; by another one the mails of other claims would be locked on the way.
        UPDATE deliveries FORCE INDEX (deliveries_of_event)
        SET state = IF(attempts + 1 >= v_max_attempts, 'dead', 'due'),
            finished_at = IF(attempts + 1 >= v_max_attempts, v_now, NULL),
            claimable_at = v_now,
            uncertain_sends = uncertain_sends + v_sending,
            uncertain_edition = IF(v_sending, edition, uncertain_edition),
            last_error = IF(v_sending, 'the notifier ended while sending', 'the notifier ended before sending'),
            -- Last, because assignments take effect from left to right.
            attempts = attempts + 1
        WHERE event_id = v_event_id AND kind = v_kind AND occasion = v_occasion
            AND known_edition = v_known_edition AND state = 'in_flight' AND claim_id = v_claim_id;
        SET p_recovered = p_recovered + ROW_COUNT();
        CALL renew_known_editions(v_ids);
        DELETE FROM claims WHERE id = v_claim_id;
        FETCH v_expired INTO v_claim_id, v_kind, v_event_id, v_occasion, v_known_edition, v_sending;
    END WHILE;
    CLOSE v_expired;

    -- Mails that no claim leads to: they were in flight when the tables were migrated, or somebody has deleted the claim.
    -- One read, in which a mail and its claim are seen together or not at all.
    SELECT JSON_ARRAYAGG(id) INTO v_ids
    FROM (
        SELECT d.id
        FROM deliveries AS d FORCE INDEX (deliveries_queue)
        LEFT JOIN claims AS c ON c.id = d.claim_id
        WHERE d.state = 'in_flight' AND c.id IS NULL
        ORDER BY d.id
        LIMIT 5000
    ) AS part;
    IF v_ids IS NOT NULL THEN
        UPDATE (
            SELECT
                d.id, d.claim_id, d.attempts + 1 AS attempts, d.attempts + 1 >= v_max_attempts AS is_dead,
                COALESCE(d.edition, d.uncertain_edition) AS uncertain_edition
            FROM JSON_TABLE(v_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
            WHERE d.state = 'in_flight'
        ) AS lost
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = lost.id
        SET d.state = IF(lost.is_dead, 'dead', 'due'),
            d.finished_at = IF(lost.is_dead, v_now, NULL),
            d.claimable_at = v_now,
            d.uncertain_sends = d.uncertain_sends + 1,
            d.uncertain_edition = lost.uncertain_edition,
            d.last_error = 'the notifier ended, perhaps while sending',
            d.attempts = lost.attempts
        WHERE d.state = 'in_flight' AND d.claim_id = lost.claim_id;
        SET p_recovered = p_recovered + ROW_COUNT();
        CALL renew_known_editions(v_ids);
    END IF;
END //
DELIMITER ;
