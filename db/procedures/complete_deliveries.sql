-- Records that mails have been sent.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS complete_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE complete_deliveries (
    IN p_claim_id     BIGINT,
    IN p_delivery_ids LONGTEXT,
    IN p_message_id   TEXT
)
    COMMENT 'Records mails of a claim as sent. It may come late: mails whose lease is over count as well, unless somebody else has claimed them since. Idempotent.

p_claim_id      the claim, as claim_deliveries returned it.
p_delivery_ids  the ids of the mails: a JSON array.
p_message_id    what the mail service calls them: at most 128 characters, or NULL.

Returns one row (completed): how many of these mails are on record as sent by this claim now.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL complete_deliveries(17, ''[1201, 1202]'', ''Vf3AxgTrQCyMPGB2'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_in_flight BIGINT;
    DECLARE v_completed BIGINT;
    DECLARE v_quiet_minutes BIGINT;
    DECLARE v_others LONGTEXT;
    DECLARE v_dated TEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- What the session has not committed may be half of a call that was killed.
    ROLLBACK AND NO CHAIN NO RELEASE;

    CALL allow_long_lists();
    CALL check_delivery_ids(p_delivery_ids);
    IF CHAR_LENGTH(p_message_id) > 128 THEN
        CALL refuse_input('message_id', 'must have at most 128 characters');
    END IF;

    CALL lock_claim(p_claim_id, v_locked);
    -- The mails that the claim still counts: not those that were given back or recovered.
    SELECT COUNT(DISTINCT d.id) INTO v_in_flight
    FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
    WHERE d.claim_id = p_claim_id AND d.state = 'in_flight';
    UPDATE JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
    SET d.state = 'sent', d.finished_at = UTC_TIMESTAMP(), d.message_id = p_message_id, d.last_error = NULL
    WHERE d.claim_id = p_claim_id AND d.state <> 'sent';

    -- The readers know more now, which is noted in the other mails that wait for them; their reminders are put off.
    SELECT JSON_ARRAYAGG(id) INTO v_others
    FROM (
        SELECT o.id
        FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
        STRAIGHT_JOIN deliveries AS o FORCE INDEX (deliveries_of_registration)
            ON o.registration_id = d.registration_id AND o.state IN ('scheduled', 'due')
        WHERE d.claim_id = p_claim_id AND d.state = 'sent'
        ORDER BY o.id
        LIMIT 100000
    ) AS part;
    IF v_others IS NOT NULL THEN
        CALL renew_known_editions(v_others);
        SELECT GROUP_CONCAT(kind) INTO v_dated FROM delivery_kinds WHERE occasion = 'date';
        SELECT reminder_quiet_minutes INTO v_quiet_minutes FROM mail_settings;
        UPDATE JSON_TABLE(v_others, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS part
        STRAIGHT_JOIN deliveries AS o FORCE INDEX (PRIMARY) ON o.id = part.id
        SET o.claimable_at = UTC_TIMESTAMP() + INTERVAL v_quiet_minutes MINUTE,
            o.state = IF(v_quiet_minutes > 0, 'scheduled', 'due')
        WHERE o.state IN ('scheduled', 'due') AND FIND_IN_SET(o.kind, v_dated);
    END IF;
    UPDATE claims SET mails = mails - LEAST(mails, v_in_flight) WHERE id = v_locked;
    DELETE FROM claims WHERE id = v_locked AND mails = 0;
    SELECT COUNT(DISTINCT d.id) INTO v_completed
    FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
    WHERE d.claim_id = p_claim_id AND d.state = 'sent';
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT v_completed AS completed;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE complete_deliveries TO eventhub_mailer;
