-- Plans the mails of one notice, part by part.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS plan_notice;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE plan_notice (
    IN  p_kind     VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin,
    IN  p_event_id BIGINT UNSIGNED,
    IN  p_occasion DATETIME(6),
    IN  p_limit    BIGINT,
    OUT p_passed   BIGINT,
    OUT p_planned  BIGINT
)
    COMMENT 'Goes through the next p_limit registrations that a notice is for, and writes a row into deliveries for everybody to whom it is news. p_passed is how many registrations it went through: fewer than p_limit if there are no more. p_planned is how many rows it has written. Runs in the transaction of plan_deliveries, its only caller.

An update is for participants who know another date, venue or speaker than the event has, a cancellation for those who do not know of it, unless a mail of the same kind waits for them already. A reminder is for everybody who wants reminders; it waits until its reader has neither booked nor been written to for the setting reminder_quiet_minutes.

What a registration knows of its event is the edition at which it was made, or the latest edition that a mail to it has told.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_through BIGINT UNSIGNED;
    DECLARE v_last BIGINT UNSIGNED;
    DECLARE v_superseded BIGINT;
    DECLARE v_edition BIGINT;
    DECLARE v_ends DATETIME;
    DECLARE v_is_live BOOLEAN;
    -- The rules of the kind (delivery_kinds): is its occasion a date, is its event cancelled, can participants turn it off?
    DECLARE v_has_date, v_is_off, v_is_optional BOOLEAN;
    -- The kinds that tell news.
    DECLARE v_news TEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_quiet_minutes BIGINT;
    DECLARE v_left LONGTEXT;

    SET p_passed = 0, p_planned = 0;
    SELECT occasion = 'date', event_state = 'cancelled', is_optional INTO v_has_date, v_is_off, v_is_optional
    FROM delivery_kinds
    WHERE kind = p_kind;
    SELECT GROUP_CONCAT(kind) INTO v_news FROM delivery_kinds WHERE occasion = 'news';
    -- Locked, because withdraw_notice changes planned_through, too.
    SELECT planned_through, COALESCE(last_registration_id, 18446744073709551615) INTO v_through, v_last
    FROM notices
    WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion
    FOR UPDATE;
    SELECT COUNT(*) INTO v_superseded
    FROM notices
    WHERE event_id = p_event_id AND kind = p_kind AND NOT v_has_date AND NOT v_is_off AND occasion > p_occasion
        AND planned_at IS NULL;
    SELECT reminder_quiet_minutes INTO v_quiet_minutes FROM mail_settings;
    SELECT
        e.event_date,
        k.event_state = IF(e.cancelled_at IS NOT NULL, 'cancelled', IF(e.event_date > v_now, 'upcoming', 'over'))
            AND (k.occasion = 'news' OR e.event_date - INTERVAL SECOND(e.event_date) SECOND = p_occasion),
        1 + COALESCE((SELECT MAX(o.edition) FROM event_editions AS o WHERE o.event_id = e.id), 0)
    INTO v_ends, v_is_live, v_edition
    FROM events AS e
    JOIN delivery_kinds AS k ON k.kind = p_kind
    WHERE e.id = p_event_id;

    IF v_superseded > 0 THEN
        -- The later notice is for everybody whom this one was for, and tells what is true now.
        DELETE FROM notices WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion;
        SET v_is_live = FALSE;
    ELSEIF v_is_live THEN
        SELECT COUNT(*), MAX(id) INTO p_passed, v_last
        FROM (
            SELECT id
            FROM registrations FORCE INDEX (registrations_in_order)
            WHERE event_id = p_event_id AND id > v_through AND id <= v_last
            ORDER BY id
            LIMIT p_limit
        ) AS part;
    END IF;

    IF p_passed > 0 THEN
        -- Participants who unregistered and registered again may have a mail from before, which would be taken out later:
        -- this one takes its place. A plain SELECT finds them, because a DELETE that joins locks what it joins.
        SELECT JSON_ARRAYAGG(d.id) INTO v_left
        FROM registrations AS r FORCE INDEX (registrations_in_order)
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (deliveries_once)
            ON d.event_id = r.event_id AND d.user_id = r.user_id AND d.kind = p_kind AND d.occasion = p_occasion
        WHERE r.event_id = p_event_id AND r.id > v_through AND r.id <= v_last
            AND d.registration_id <> r.id AND d.state IN ('scheduled', 'due') AND d.uncertain_sends = 0;
        IF v_left IS NOT NULL THEN
            DELETE d
            FROM JSON_TABLE(v_left, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS gone
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = gone.id
            WHERE d.state IN ('scheduled', 'due');
        END IF;

        INSERT INTO deliveries (
            registration_id, kind, occasion, event_id, user_id, known_edition, state, claimable_at
        )
        SELECT
            w.id, p_kind, p_occasion, p_event_id, w.user_id,
            -- 0 means uncertain: a mail that may have arrived told something later than what they know for certain.
            CASE
                WHEN v_is_off AND k.cancelled = 1 THEN w.may_know
                WHEN NOT v_has_date AND NOT v_is_off AND w.may_know > w.known_edition THEN 0
                ELSE w.known_edition
            END,
            IF(w.ready_at > v_now, 'scheduled', 'due'), GREATEST(w.ready_at, v_now)
        FROM (
            SELECT
                r.id, r.user_id, u.wants_reminders,
                -- The known edition. deliveries_due spells it as well: MySQL merges no view with subqueries in its list, but
                -- would make a common one for all registrations of all events.
                GREATEST(
                    COALESCE((
                        SELECT MIN(o.edition)
                        FROM event_editions AS o FORCE INDEX (event_editions_by_registration)
                        WHERE o.event_id = r.event_id AND o.last_registration_id >= r.id
                    -- Registered after the cancellation, or before editions were kept.
                    ), IF(v_is_off, 4294967295, v_edition)),
                    COALESCE((
                        SELECT MAX(m.edition)
                        FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
                        WHERE m.registration_id = r.id AND m.state = 'sent'
                    ), 0)
                ) AS known_edition,
                COALESCE((
                    SELECT MAX(m.uncertain_edition)
                    FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
                    WHERE m.registration_id = r.id AND FIND_IN_SET(m.kind, v_news)
                ), 0) AS may_know,
                CASE
                    WHEN NOT v_has_date THEN v_now
                    ELSE GREATEST(
                        IF(r.registered_at > v_now, '1000-01-01', r.registered_at),
                        COALESCE((
                            SELECT MAX(m.finished_at)
                            FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
                            WHERE m.registration_id = r.id AND m.state = 'sent'
                        ), '1000-01-01')
                    ) + INTERVAL v_quiet_minutes MINUTE
                END AS ready_at
            FROM registrations AS r FORCE INDEX (registrations_in_order)
            STRAIGHT_JOIN users AS u FORCE INDEX (PRIMARY) ON u.id = r.user_id
            WHERE r.event_id = p_event_id AND r.id > v_through AND r.id <= v_last
        ) AS w
        LEFT JOIN edition_changes AS k ON k.event_id = p_event_id AND k.edition = w.known_edition
        LEFT JOIN deliveries AS d FORCE INDEX (deliveries_once)
            ON d.event_id = p_event_id AND d.user_id = w.user_id AND d.kind = p_kind AND d.occasion = p_occasion
        WHERE d.id IS NULL
            AND CASE
                WHEN v_has_date THEN w.ready_at < v_ends AND (w.wants_reminders OR NOT v_is_optional)
                WHEN v_is_off THEN COALESCE(k.cancelled, 0) = 0 OR w.may_know > w.known_edition
                ELSE COALESCE(k.differs, 0) OR w.may_know > w.known_edition
            END
            -- A mail that has not left yet will tell the same.
            AND (v_has_date OR NOT EXISTS (
                SELECT 1
                FROM deliveries AS m FORCE INDEX (deliveries_of_registration)
                WHERE m.registration_id = w.id AND m.kind = p_kind AND m.state IN ('due', 'in_flight')
            ));
        SET p_planned = ROW_COUNT();
        UPDATE notices
        SET planned_through = v_last
        WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion;
    END IF;
    -- More people may register for the event until it starts, to whom its date is an occasion as well.
    IF p_passed < p_limit AND NOT v_has_date THEN
        UPDATE notices
        SET planned_at = v_now
        WHERE event_id = p_event_id AND kind = p_kind AND occasion = p_occasion;
    END IF;
END //
DELIMITER ;
