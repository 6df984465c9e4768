-- Makes mails due again that were given up.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS requeue_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE requeue_deliveries (
    IN p_state       TEXT,
    IN p_event_id    BIGINT UNSIGNED,
    IN p_delivery_id BIGINT UNSIGNED
)
    COMMENT 'Makes mails due again that were given up, with all their attempts before them. Mails that no longer make sense are left alone: the event has begun, moved or been called off since, the participant has unregistered, or there is a later mail of the same kind for them.

p_state        which mails: dead or unconfirmed.
p_event_id     only mails of this event; NULL means of all.
p_delivery_id  only this mail; NULL means all.

Returns one row (requeued): how many mails are due again.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL requeue_deliveries(''dead'', NULL, NULL);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_requeued BIGINT DEFAULT 0;
    DECLARE v_ids LONGTEXT;
    -- In the collation of the column: with another one no index could be used.
    DECLARE v_state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_last BIGINT UNSIGNED DEFAULT 0;
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

    IF p_state IS NULL OR CAST(p_state AS BINARY) NOT IN ('dead', 'unconfirmed') THEN
        CALL refuse_input('state', 'must be dead or unconfirmed');
    END IF;
    SET v_state = p_state;
    -- Part by part. A plain SELECT finds the mails: an UPDATE that joins locks what it joins, and bookings would wait.
    REPEAT
        SELECT JSON_ARRAYAGG(id), MAX(id) INTO v_ids, v_last
        FROM (
            SELECT l.delivery_id AS id
            FROM deliveries AS d
            STRAIGHT_JOIN live_deliveries AS l ON l.delivery_id = d.id
            WHERE d.state = v_state AND d.id > v_last
                AND (p_event_id IS NULL OR l.event_id = p_event_id)
                AND (p_delivery_id IS NULL OR l.delivery_id = p_delivery_id)
                AND NOT EXISTS (
                    SELECT 1
                    FROM deliveries AS m
                    WHERE m.registration_id = l.registration_id AND m.kind = l.kind AND m.id > l.delivery_id
                )
            ORDER BY l.delivery_id
            LIMIT 5000
        ) AS part;
        IF v_ids IS NOT NULL THEN
            UPDATE JSON_TABLE(v_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS part
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = part.id
            SET d.state = 'due', d.attempts = 0, d.claimable_at = UTC_TIMESTAMP(), d.finished_at = NULL
            WHERE d.state = v_state;
            SET v_requeued = v_requeued + ROW_COUNT();
        END IF;
    UNTIL v_ids IS NULL END REPEAT;
    COMMIT AND NO CHAIN NO RELEASE;
    SELECT v_requeued AS requeued;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE requeue_deliveries TO eventhub_dba;
