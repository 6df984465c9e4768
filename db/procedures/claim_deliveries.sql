-- Claims mails for one notifier, so that it can send them.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS claim_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE claim_deliveries (
    IN p_worker        TEXT,
    IN p_limit         BIGINT,
    IN p_lease_seconds BIGINT
)
    COMMENT 'Claims mails that are due and share a text, so that the caller can send them. Several may claim at once: they take turns, and no mail is handed to two of them.

p_worker         who claims: 1 to 64 characters.
p_limit          how many mails at most: 1 to 1000.
p_lease_seconds  for how long, in seconds: 1 to 86400.

A claim is a lease: mails that are not reported on by complete_deliveries, fail_deliveries or release_deliveries before it ends become due again. CALL start_sending before anything is sent.

Returns two result sets. The first is one row (claim_id, kind, event_id, title, venue, speaker, event_date, known_title, known_venue, known_speaker, known_event_date, uncertain, revived, organizer, organizer_email). The second has a row per mail (delivery_id, participant, email, seats_booked, unsubscribe_token). Dates are UTC. The columns known_... are what the readers of these mails knew last, from their booking or from a mail. uncertain: a mail of which nobody knows whether it arrived may have told them something else. revived: they were told that the event was called off, and it is not. unsubscribe_token is what show_reminders takes; NULL unless the mail is a reminder. If nothing can be claimed, or other sessions hold locks on all of the mails that have waited longest, there is one result set without a row.

Mails that no longer make sense are taken out of the ledger instead of being claimed: those of participants who have unregistered, reminders of those who want none, and mails of an event that has begun, moved or been called off since, or is again what its readers know. A reminder waits until its reader has been told of changes, and every mail of an event waits while mails that tell an earlier state of it are being sent.

Runs as a transaction of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL claim_deliveries(''mail1:4711'', 100, 60);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_claim_id BIGINT UNSIGNED;
    -- In the collation of the column, here and wherever a kind is compared: with another one no index could be used.
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
    -- The rules of the kind (delivery_kinds): is its occasion a date, is its event cancelled, can participants turn it off?
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

    -- Whatever the session has not committed may be half of a call that was killed, so it is undone.
    ROLLBACK AND NO CHAIN NO RELEASE;
    CALL allow_long_lists();
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
        -- One session claims at a time: two would lock the same mails by different indexes and skip each other's for ever.
        INSERT INTO turns (name, taken_at) VALUES ('claim', v_now) ON DUPLICATE KEY UPDATE taken_at = v_now;
        -- The mail that has waited longest says which mails go together. It is read without a lock: a session that locks
        -- mails by this index and one that locks them by their ids would wait for each other.
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

        -- One read, so that edition and text belong together.
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
                -- A reminder tells an uncertain reader as much as an update does: one of the two is enough.
                OR (kind <> v_kind AND NOT v_differs AND NOT v_is_off));

        SET v_untold = 0;
        IF v_has_date AND v_differs THEN
            -- Mails that are dead are not counted: nobody is to wait for a mail that does not come.
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
            -- Keep what has been put off or taken out so far, so that it is not gone through again.
            COMMIT AND NO CHAIN NO RELEASE;
            CALL withdraw_notice(v_kind, v_event_id, v_occasion, v_known_edition);
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            START TRANSACTION;
        ELSEIF NOT v_none AND (v_others > 0 OR v_untold > 0) THEN
            -- Mails that tell an earlier edition are being sent and must not be overtaken; or a reminder would be the first
            -- mail to tell of a change. Once that is told, complete_deliveries gives the reminder a new time.
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
            -- If other sessions have locked them all, they are about to change them: nothing is left to claim.
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
                    -- Readers of whom it is certain what they know get news only if something is different.
                    AND (v_has_date OR v_is_off OR v_known_edition = 0 OR v_differs OR uncertain_edition > v_known_edition)
                LIMIT p_limit
                FOR UPDATE SKIP LOCKED
            ) AS picked
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = picked.id
            SET d.state = 'in_flight', d.claim_id = v_claim_id, d.edition = v_edition;
            SET v_mails = ROW_COUNT();
            -- If other sessions have locked them all, they are about to change them: nothing is left to claim.
            SET v_none = v_mails = 0;

            -- No mail for participants who have unregistered, no reminder for those who want none any more; what may have
            -- been sent to them stays on record. A plain SELECT finds them, because a DELETE that joins locks what it joins.
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
            -- All get the same text, so one reader who may have been told something else makes it uncertain. A mail that is
            -- only tried again, with nothing changed meanwhile, does not: it says what it may have said already.
            SELECT NOT v_has_date AND NOT v_is_off AND NOT v_differs OR (NOT v_has_date AND EXISTS (
                SELECT 1
                FROM deliveries AS d FORCE INDEX (deliveries_of_event)
                STRAIGHT_JOIN deliveries AS m FORCE INDEX (deliveries_of_registration)
                    ON m.registration_id = d.registration_id AND FIND_IN_SET(m.kind, v_news)
                        -- A cancellation may have taken the uncertain edition for the known one, so that equal ones count as
                        -- uncertain as well, unless the mail was sent after all.
                        AND m.uncertain_edition >= d.known_edition + (m.state = 'sent')
                        -- Of several uncertain sends only the last edition is on record.
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
        -- A participant who unregisters at this very moment still gets the mail, as if it had left a moment earlier.
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
