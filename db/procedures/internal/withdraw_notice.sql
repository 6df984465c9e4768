-- Takes mails that no longer make sense out of the ledger.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS withdraw_notice;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE withdraw_notice (
    IN p_kind          VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin,
    IN p_event_id      BIGINT UNSIGNED,
    IN p_occasion      DATETIME(6),
    IN p_known_edition INT UNSIGNED
)
    COMMENT 'Takes mails of a notice that are due, for readers who know the edition p_known_edition, back out of the ledger if they make no sense any more: the event has begun, was moved or called off, or is again what the readers know. Mails that may have been sent already stay on record as unconfirmed. At most 5000 at a time. Runs as a transaction of its own.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_locked BIGINT UNSIGNED;
    DECLARE v_ids LONGTEXT;

    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;
    -- The turn of sessions that claim, because they lock the same mails in another order.
    INSERT INTO turns (name, taken_at) VALUES ('claim', UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE taken_at = UTC_TIMESTAMP();
    -- The notice is locked before its mails, as in plan_notice, so that the two cannot deadlock.
    SELECT event_id INTO v_locked
    FROM notices
    WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion
    FOR UPDATE;
    -- The mails are changed by their ids, so that nothing else is locked on the way.
    SELECT JSON_ARRAYAGG(id) INTO v_ids
    FROM (
        SELECT d.id
        FROM deliveries AS d FORCE INDEX (deliveries_of_event)
        LEFT JOIN live_deliveries AS l ON l.delivery_id = d.id
        WHERE d.event_id = p_event_id AND d.kind = p_kind AND d.occasion = p_occasion
            AND d.known_edition = p_known_edition AND d.state = 'due' AND l.delivery_id IS NULL
        LIMIT 5000
    ) AS part;
    IF v_ids IS NOT NULL THEN
        UPDATE JSON_TABLE(v_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS part
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = part.id
        SET d.state = 'unconfirmed', d.finished_at = UTC_TIMESTAMP()
        WHERE d.state = 'due' AND d.uncertain_sends > 0;
        DELETE d
        FROM JSON_TABLE(v_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS part
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = part.id
        WHERE d.state = 'due' AND d.uncertain_sends = 0;
        IF EXISTS (SELECT 1 FROM delivery_kinds WHERE kind = p_kind AND occasion = 'date') THEN
            -- Should the event move back to this date, everybody without a row is planned for once more.
            UPDATE notices
            SET planned_through = 0, planned_at = NULL
            WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion;
        END IF;
    END IF;
    COMMIT AND NO CHAIN NO RELEASE;
END //
DELIMITER ;
