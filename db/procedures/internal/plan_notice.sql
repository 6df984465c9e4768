-- Mails for the next registrations that a notice is for.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS plan_notice;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE plan_notice (
    IN  p_kind     VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin,
    IN  p_event_id BIGINT UNSIGNED,
    IN  p_occasion DATETIME(6),
    IN  p_limit    BIGINT,
    OUT p_planned  BIGINT
)
    COMMENT 'Gives the next p_limit registrations that a notice is for their row in deliveries; p_planned is how many it went through, less than p_limit when there are no more. Of several updates of an event that somebody was not told of yet it makes one for them. Runs in the transaction of plan_deliveries, which is the only one to call it.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_through BIGINT UNSIGNED;
    DECLARE v_last BIGINT UNSIGNED;
    DECLARE v_newest DATETIME(6);
    DECLARE v_begun BIGINT;

    SET p_planned = 0;
    -- Locked, because whoever withdraws its mails moves planned_through, too.
    SELECT planned_through, COALESCE(last_registration_id, 18446744073709551615) INTO v_through, v_last
    FROM notices
    WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion
    FOR UPDATE;

    IF p_kind = 'update' AND v_through IS NOT NULL THEN
        SELECT COUNT(*) INTO v_begun
        FROM (
            SELECT id
            FROM deliveries
            WHERE event_id = p_event_id AND kind = 'update' AND occasion = p_occasion
            LIMIT 1
        ) AS any_of_them;
        IF v_begun = 0 THEN
            -- Whoever this one is for gets one mail, of all that has changed since; later changes are left with those who
            -- registered in between. Changes of one event are committed in the order of their occasions, since each holds
            -- the event's lock: none can turn up later between those that are seen here.
            SELECT MAX(occasion) INTO v_newest
            FROM notices
            WHERE event_id = p_event_id AND kind = 'update' AND occasion > p_occasion AND planned_at IS NULL;
            DELETE FROM notices
            WHERE event_id = p_event_id AND kind = 'update' AND occasion > p_occasion AND occasion <= v_newest
                AND planned_at IS NULL AND last_registration_id <= v_last;
            UPDATE notices
            SET planned_through = GREATEST(planned_through, v_last)
            WHERE event_id = p_event_id AND kind = 'update' AND occasion > p_occasion AND occasion <= v_newest
                AND planned_at IS NULL;
        END IF;
    END IF;

    -- Not live is what was absorbed above by an earlier one, too.
    SELECT COUNT(*), MAX(id) INTO p_planned, v_last
    FROM (
        SELECT r.id
        FROM live_notices AS n
        JOIN registrations AS r FORCE INDEX (registrations_in_order)
        WHERE n.event_id = p_event_id AND n.kind = p_kind AND n.occasion = p_occasion
            AND r.event_id = p_event_id AND r.id > v_through AND r.id <= v_last
        ORDER BY r.id
        LIMIT p_limit
    ) AS part;
    IF p_planned > 0 THEN
        -- One that has its row keeps it: a reminder's notice is gone through again when the event moves away and back.
        INSERT INTO deliveries (registration_id, kind, occasion, event_id, user_id, claimable_at)
        SELECT r.id, p_kind, p_occasion, r.event_id, r.user_id, v_now
        FROM registrations AS r FORCE INDEX (registrations_in_order)
        LEFT JOIN deliveries AS d ON d.registration_id = r.id AND d.kind = p_kind AND d.occasion = p_occasion
        WHERE r.event_id = p_event_id AND r.id > v_through AND r.id <= v_last AND d.id IS NULL;
        UPDATE notices
        SET planned_through = v_last
        WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion;
    END IF;
    -- To a reminder more may come until the event starts.
    IF p_planned < p_limit AND p_kind <> 'reminder' THEN
        UPDATE notices
        SET planned_at = v_now
        WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion;
    END IF;
END //
DELIMITER ;
