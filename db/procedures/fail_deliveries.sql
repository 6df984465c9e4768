-- Records that mails could not be sent, and decides what becomes of them.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS fail_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE fail_deliveries (
    IN p_claim_id     BIGINT,
    IN p_delivery_ids LONGTEXT,
    IN p_outcome      TEXT,
    IN p_error        TEXT
)
    COMMENT 'Records that mails of a claim could not be sent.

p_claim_id      the claim, as claim_deliveries returned it.
p_delivery_ids  the ids of the mails: a JSON array.
p_outcome       one of those below.
p_error         what happened, for people; 255 characters of it are kept.

not_sent  The mails have certainly not been sent. They are due again after a pause, and dead after the setting max_delivery_attempts. The pause is the setting delivery_retry_seconds, doubles with each failure, and has jitter.
refused   The mail service does not accept the mails. They are dead.
unknown   The whole request left and no answer came: the mails may have been sent. A reminder is not sent again, because the service most likely has it and a second one is a nuisance: its state becomes unconfirmed. An update or a cancellation is due again as if it were not_sent, because to miss one is worse than to get two; uncertain_sends counts it.

Returns one row (waiting, dead, unconfirmed): how many of these mails are in which state now.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL fail_deliveries(17, ''[1203]'', ''refused'', ''400: Does not contain a valid address.'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_jitter DOUBLE DEFAULT 0.5 + RAND() / 2;
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_in_flight BIGINT;
    DECLARE v_max_attempts BIGINT;
    DECLARE v_retry_seconds BIGINT;
    DECLARE v_waiting BIGINT;
    DECLARE v_dead BIGINT;
    DECLARE v_unconfirmed BIGINT;
    DECLARE v_not_again TEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    -- What the session has not committed may be half of a call that was killed.
    ROLLBACK AND NO CHAIN NO RELEASE;
    CALL allow_long_lists();

    CALL check_delivery_ids(p_delivery_ids);
    IF p_outcome IS NULL OR CAST(p_outcome AS BINARY) NOT IN ('not_sent', 'refused', 'unknown') THEN
        CALL refuse_input('outcome', 'must be not_sent, refused or unknown');
    END IF;

    CALL lock_claim(p_claim_id, v_locked);
    SELECT GROUP_CONCAT(kind) INTO v_not_again FROM delivery_kinds WHERE after_unknown = 'unconfirmed';
    SELECT max_delivery_attempts, delivery_retry_seconds INTO v_max_attempts, v_retry_seconds FROM mail_settings;
    -- The mails that the claim still counts: not those that were given back or recovered.
    SELECT COUNT(DISTINCT d.id) INTO v_in_flight
    FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
    WHERE d.claim_id = p_claim_id AND d.state = 'in_flight';
    -- The new state of each mail is worked out first, because in an UPDATE of several tables the assignments have no order.
    UPDATE (
        SELECT
            d.id, d.attempts + 1 AS attempts, d.uncertain_sends + (p_outcome = 'unknown') AS uncertain_sends,
            CASE
                WHEN p_outcome = 'unknown' AND FIND_IN_SET(d.kind, v_not_again) THEN 'unconfirmed'
                WHEN p_outcome = 'refused' OR d.attempts + 1 >= v_max_attempts THEN 'dead'
                ELSE 'due'
            END AS state
        FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
        WHERE d.claim_id = p_claim_id
            -- A mail that is not to be sent twice may be due again, because its lease has ended meanwhile.
            AND (d.state = 'in_flight'
                OR (d.state = 'due' AND p_outcome = 'unknown' AND FIND_IN_SET(d.kind, v_not_again)))
    ) AS failed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = failed.id
    SET d.state = failed.state,
        d.attempts = failed.attempts,
        d.uncertain_sends = failed.uncertain_sends,
        d.uncertain_edition = IF(p_outcome = 'unknown', d.edition, d.uncertain_edition),
        d.claimable_at = v_now + INTERVAL
            CEILING(LEAST(v_retry_seconds * POW(2, LEAST(failed.attempts - 1, 30)), 21600) * v_jitter) SECOND,
        d.finished_at = IF(failed.state = 'due', NULL, v_now),
        d.last_error = LEFT(p_error, 255);
    CALL renew_known_editions(p_delivery_ids);
    UPDATE claims SET mails = mails - LEAST(mails, v_in_flight) WHERE id = v_locked;
    DELETE FROM claims WHERE id = v_locked AND mails = 0;

    SELECT COALESCE(SUM(d.state = 'due'), 0), COALESCE(SUM(d.state = 'dead'), 0), COALESCE(SUM(d.state = 'unconfirmed'), 0)
    INTO v_waiting, v_dead, v_unconfirmed
    FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
    STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id
    WHERE d.claim_id = p_claim_id;
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT v_waiting AS waiting, v_dead AS dead, v_unconfirmed AS unconfirmed;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE fail_deliveries TO eventhub_mailer;
