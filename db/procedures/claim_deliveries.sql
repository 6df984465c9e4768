-- Hands out mails to be sent, to one notifier each.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS claim_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE claim_deliveries (
    IN p_worker        TEXT,
    IN p_limit         BIGINT,
    IN p_lease_seconds BIGINT
)
    COMMENT 'Claims at most p_limit (1 to 1000) mails that are due and share a text, for p_lease_seconds (1 to 86400); p_worker (64 characters) says who. Returns two result sets: first one row (claim_id, kind, event_id, title, venue, speaker, event_date, known_title, known_venue, known_speaker, known_event_date, uncertain, revived, organizer, organizer_email), then a row per mail (delivery_id, participant, email, seats_booked, unsubscribe_token); the token is that of show_reminders, for a reminder only. If nothing can be claimed, or somebody holds locks on all of what has waited longest, it returns one result set without a row. Dates are UTC. What is known is what the readers of these mails were last told, when they booked or by mail; uncertain says that a mail of which nobody knows whether it arrived may have told them something else, revived that they were told of a cancellation.

Several may claim at once: they take turns, and none is handed what another has. Mails of participants who have unregistered, reminders of those who want none, and mails of an event that has moved, begun or been called off since, or is again what they know, are taken out of the ledger instead. A reminder waits until its reader has been told what has changed, and all mails of an event while others that tell of an earlier state are being sent. A claim is a lease: what is not reported on by complete_deliveries, fail_deliveries or release_deliveries before it ends becomes due again. CALL start_sending before anything leaves.

One transaction of its own: what the session has open and not committed is rolled back.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_claim_id BIGINT UNSIGNED;
    -- Of the column's own collation, here and wherever a kind is compared: with another one no index could be used.
    DECLARE v_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_event_id BIGINT UNSIGNED;
    DECLARE v_occasion DATETIME(6);
    DECLARE v_delivery_id BIGINT UNSIGNED;
    DECLARE v_known_edition, v_edition INT UNSIGNED;
    DECLARE v_title, v_venue, v_known_title, v_known_venue VARCHAR(200);
    DECLARE v_speaker, v_known_speaker VARCHAR(120);
    DECLARE v_event_date, v_known_event_date DATETIME;
    DECLARE v_organizer VARCHAR(120);
    DECLARE v_organizer_email VARCHAR(255);
    DECLARE v_differs, v_revived, v_uncertain BOOLEAN;
    -- The rules of the kind (delivery_kinds): whether its occasion is a date, its event is off, participants can turn it off.
    DECLARE v_has_date, v_is_off, v_is_optional BOOLEAN;
    -- The kinds that tell news, and those of them that tell changes of an event that takes place.
    DECLARE v_news, v_changes TEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_others, v_untold BIGINT;
    DECLARE v_secret CHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_mails BIGINT DEFAULT 0;
    DECLARE v_left LONGTEXT;
    DECLARE v_none BOOLEAN DEFAULT FALSE;
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

    CALL check_text('worker', p_worker, 64, FALSE);
    IF p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 1000 THEN
        CALL refuse_input('limit', 'must be from 1 to 1000');
    ELSEIF p_lease_seconds IS NULL OR p_lease_seconds NOT BETWEEN 1 AND 86400 THEN
        CALL refuse_input('lease_seconds', 'must be from 1 to 86400');
    END IF;

    SELECT GROUP_CONCAT(kind), GROUP_CONCAT(IF(event_state = 'cancelled', NULL, kind)) INTO v_news, v_changes
    FROM delivery_kinds
    WHERE occasion = 'news';

    WHILE v_mails = 0 AND NOT v_none DO
        -- Two who looked for mails at once would lock the same ones by different indexes, each skipping what the other has.
        INSERT INTO turns (name, taken_at) VALUES ('claim', v_now) ON DUPLICATE KEY UPDATE taken_at = v_now;
        -- The mail that has waited longest says which of them go together. Read without a lock: of two who lock mails, one
        -- by this index and one by their ids, each would wait for the other.
        SET v_kind = NULL;
        SELECT id, kind, event_id, occasion, known_edition
        INTO v_delivery_id, v_kind, v_event_id, v_occasion, v_known_edition
        FROM deliveries FORCE INDEX (deliveries_queue)
        WHERE state = 'due' AND claimable_at <= v_now
        ORDER BY claimable_at, id
        LIMIT 1;
        SET v_none = v_kind IS NULL;
        SELECT occasion = 'date', event_state = 'cancelled', is_optional INTO v_has_date, v_is_off, v_is_optional
        FROM delivery_kinds
        WHERE kind = v_kind;

        -- One read, so that the edition is that of the text.
        SET v_title = NULL;
        SELECT
            l.title, l.venue, l.speaker, l.event_date, l.known_title, l.known_venue, l.known_speaker, l.known_event_date,
            l.differs, l.revived, u.name, u.email,
            1 + COALESCE((SELECT MAX(o.edition) FROM event_editions AS o WHERE o.event_id = l.event_id), 0)
        INTO
            v_title, v_venue, v_speaker, v_event_date, v_known_title, v_known_venue, v_known_speaker, v_known_event_date,
            v_differs, v_revived, v_organizer, v_organizer_email, v_edition
        FROM live_deliveries AS l
        JOIN users AS u ON u.id = l.organizer_id
        WHERE l.delivery_id = v_delivery_id;

        SELECT COUNT(*) INTO v_others
        FROM claims
        WHERE event_id = v_event_id
            AND ((sending_at IS NOT NULL AND edition <> v_edition)
                -- A reminder settles what somebody may not know as well as an update does: one of them is enough.
                OR (kind <> v_kind AND NOT v_differs AND NOT v_is_off));

        SET v_untold = 0;
        IF v_has_date AND v_differs THEN
            -- Somebody whom no mail will tell, because it is dead, need not wait for it.
            SELECT COUNT(*) INTO v_untold
            FROM (
                SELECT 1
                FROM notices
                WHERE event_id = v_event_id AND FIND_IN_SET(kind, v_changes) AND planned_at IS NULL
                UNION ALL
                SELECT 1
                FROM deliveries AS d FORCE INDEX (deliveries_of_event)
                STRAIGHT_JOIN deliveries AS m FORCE INDEX (deliveries_of_registration)
                    ON m.registration_id = d.registration_id AND m.state IN ('due', 'in_flight')
                        AND FIND_IN_SET(m.kind, v_changes)
                WHERE d.event_id = v_event_id AND d.kind = v_kind AND d.occasion = v_occasion
                    AND d.known_edition = v_known_edition AND d.state = 'due'
                LIMIT 1
            ) AS any_of_them;
        END IF;

        IF NOT v_none AND v_title IS NULL THEN
            -- What has been put off or taken out so far stays so, and is not gone through again.
            COMMIT AND NO CHAIN NO RELEASE;
            CALL withdraw_notice(v_kind, v_event_id, v_occasion, v_known_edition);
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            START TRANSACTION;
        ELSEIF NOT v_none AND (v_others > 0 OR v_untold > 0) THEN
            -- Mails that tell an earlier edition are on their way, and must not be overtaken. Or a reminder would be the first
            -- to tell of a change; when that is told, complete_deliveries gives the reminder a new time.
            UPDATE (
                SELECT id
                FROM deliveries FORCE INDEX (deliveries_of_event)
                WHERE event_id = v_event_id AND kind = v_kind AND occasion = v_occasion
                    AND known_edition = v_known_edition AND state = 'due' AND claimable_at <= v_now
                LIMIT 5000
                FOR UPDATE SKIP LOCKED
            ) AS early
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = early.id
            SET d.state = IF(v_others > 0, 'due', 'scheduled'),
                d.claimable_at = v_now + INTERVAL IF(v_others > 0, 10, 600) SECOND;
            -- Whoever has locked them all is about to change them.
            SET v_none = ROW_COUNT() = 0;
        ELSEIF NOT v_none THEN
            INSERT INTO claims (
                worker, kind, event_id, occasion, known_edition, edition, mails, claimed_at, lease_until
            )
            VALUES (
                p_worker, v_kind, v_event_id, v_occasion, v_known_edition, v_edition, 0, v_now,
                UTC_TIMESTAMP() + INTERVAL p_lease_seconds SECOND
            );
            SET v_claim_id = LAST_INSERT_ID();
            UPDATE (
                SELECT id
                FROM deliveries FORCE INDEX (deliveries_of_event)
                WHERE event_id = v_event_id AND kind = v_kind AND occasion = v_occasion
                    AND known_edition = v_known_edition AND state = 'due' AND claimable_at <= v_now
                    -- To the others nothing is news.
                    AND (v_has_date OR v_is_off OR v_known_edition = 0 OR v_differs OR uncertain_edition > v_known_edition)
                LIMIT p_limit
                FOR UPDATE SKIP LOCKED
            ) AS picked
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = picked.id
            SET d.state = 'in_flight', d.claim_id = v_claim_id, d.edition = v_edition;
            SET v_mails = ROW_COUNT();
            -- Whoever has locked them all is about to change them.
            SET v_none = v_mails = 0;

            -- Whoever unregistered, or wants no reminders any more, is not written to; what may have been sent to them already
            -- stays on record. Found by a plain SELECT: a DELETE that joins locks what it joins.
            SELECT JSON_ARRAYAGG(d.id) INTO v_left
            FROM deliveries AS d FORCE INDEX (deliveries_of_event)
            LEFT JOIN registrations AS r ON r.id = d.registration_id
            LEFT JOIN users AS u ON u.id = d.user_id
            WHERE d.event_id = v_event_id AND d.kind = v_kind AND d.occasion = v_occasion
                AND d.known_edition = v_known_edition AND d.state = 'in_flight' AND d.claim_id = v_claim_id
                AND (r.id IS NULL OR (v_is_optional AND NOT u.wants_reminders));
            IF v_left IS NOT NULL THEN
                UPDATE JSON_TABLE(v_left, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS gone
                STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = gone.id
                SET d.state = 'unconfirmed', d.finished_at = v_now
                WHERE d.uncertain_sends > 0;
                SET v_mails = v_mails - ROW_COUNT();
                DELETE d
                FROM JSON_TABLE(v_left, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS gone
                STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = gone.id
                WHERE d.uncertain_sends = 0;
                SET v_mails = v_mails - ROW_COUNT();
            END IF;
            UPDATE claims SET mails = v_mails WHERE id = v_claim_id;
            DELETE FROM claims WHERE id = v_claim_id AND mails = 0;
            -- One reader who may have been told something else since is enough: the text is the same for all. A mail that is
            -- only tried again, with nothing changed meanwhile, says what it may have said already.
            SELECT NOT v_has_date AND NOT v_is_off AND NOT v_differs OR (NOT v_has_date AND EXISTS (
                SELECT 1
                FROM deliveries AS d FORCE INDEX (deliveries_of_event)
                STRAIGHT_JOIN deliveries AS m FORCE INDEX (deliveries_of_registration)
                    ON m.registration_id = d.registration_id AND FIND_IN_SET(m.kind, v_news)
                        -- That a cancellation takes what they may know for what they know is no certainty.
                        AND m.uncertain_edition >= d.known_edition + (m.state = 'sent')
                        -- Of several only the last is on record.
                        AND (m.uncertain_edition <> v_edition OR m.uncertain_sends > 1)
                WHERE d.event_id = v_event_id AND d.kind = v_kind AND d.occasion = v_occasion
                    AND d.known_edition = v_known_edition AND d.state = 'in_flight' AND d.claim_id = v_claim_id
            )) INTO v_uncertain;
        END IF;
    END WHILE;
    COMMIT AND NO CHAIN NO RELEASE;

    SET v_revived = NOT v_has_date AND NOT v_is_off AND v_revived;
    SELECT
        v_claim_id AS claim_id, v_kind AS kind, v_event_id AS event_id, v_title AS title, v_venue AS venue,
        v_speaker AS speaker, v_event_date AS event_date, v_known_title AS known_title, v_known_venue AS known_venue,
        v_known_speaker AS known_speaker, v_known_event_date AS known_event_date,
        v_uncertain AS uncertain, v_revived AS revived,
        v_organizer AS organizer, v_organizer_email AS organizer_email
    FROM claims
    WHERE id = v_claim_id;
    IF v_mails > 0 THEN
        IF v_is_optional THEN
            SELECT value INTO v_secret FROM secrets WHERE name = 'unsubscribe';
        END IF;
        -- From the mails to the participants and not the other way round, whatever the statistics of the tables say.
        -- Who unregisters at this very moment is still told, as if the mail had left a moment ago.
        SELECT STRAIGHT_JOIN
            d.id AS delivery_id, u.name AS participant, u.email, CAST(COALESCE(r.seats, 1) AS SIGNED) AS seats_booked,
            unsubscribe_token(v_secret, u.id) AS unsubscribe_token
        FROM deliveries AS d FORCE INDEX (deliveries_of_event)
        JOIN users AS u ON u.id = d.user_id
        LEFT JOIN registrations AS r ON r.id = d.registration_id
        WHERE d.event_id = v_event_id AND d.kind = v_kind AND d.occasion = v_occasion AND d.known_edition = v_known_edition
            AND d.state = 'in_flight' AND d.claim_id = v_claim_id
        ORDER BY d.id;
    END IF;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE claim_deliveries TO eventhub_mailer;
