-- Finds out which mails are due and writes them into the ledger.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS plan_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE plan_deliveries (
    IN p_limit BIGINT
)
    COMMENT 'Writes the mails that have become due into the ledger, the table deliveries, and makes the mails of expired claims due again. One session plans at a time; others wait for it.

p_limit  about how many mails to write: 1 to 100000; NULL means 5000.

Due are:

reminder      for each registration of an event that starts within 24 hours, once per person and date of the event, if the person wants reminders; but not within the setting reminder_quiet_minutes of their booking, or of a mail that told them the date.
cancellation  for everybody who held a seat when the event was called off, if it had not begun.
update        for everybody who knows another date, venue or speaker than the event has now, be it from the page at which they booked or from the last mail to them.

While mails of an event are being sent, its updates and cancellations are not planned, because they could overtake those mails.

Returns one row (planned, recovered, due, more, waiting): how many mails it has written, how many it has made due again, how many can be claimed now, whether there is more to plan, and how many have failed and wait to be tried again.

Runs as two transactions of its own: whatever the session has not committed is rolled back first.

Errors: 45422 invalid_input.

Example: CALL plan_deliveries(NULL);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_event_id BIGINT UNSIGNED;
    DECLARE v_occasion DATETIME(6);
    DECLARE v_passed BIGINT;
    DECLARE v_part BIGINT;
    DECLARE v_through BIGINT DEFAULT 0;
    DECLARE v_planned BIGINT DEFAULT 0;
    DECLARE v_recovered BIGINT;
    DECLARE v_seen BIGINT DEFAULT 0;
    DECLARE v_due BIGINT;
    DECLARE v_more BOOLEAN;
    DECLARE v_waiting BIGINT;
    DECLARE v_ids LONGTEXT;
    DECLARE v_dated TEXT CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_done BOOLEAN DEFAULT FALSE;
    -- A date's notice stays open until the event starts, so only those are chosen for whose event somebody has registered
    -- since. The last registration of an event is one step in the index; EXISTS would go through all of them.
    DECLARE v_open CURSOR FOR
        SELECT n.kind, n.event_id, n.occasion
        FROM notices AS n
        JOIN delivery_kinds AS k ON k.kind = n.kind
        LEFT JOIN events AS e ON e.id = n.event_id
        WHERE n.planned_at IS NULL
            AND (k.occasion = 'news'
                OR (e.event_date - INTERVAL SECOND(e.event_date) SECOND = n.occasion AND e.cancelled_at IS NULL
                    AND n.planned_through < (
                    SELECT r.id
                    FROM registrations AS r FORCE INDEX (registrations_in_order)
                    WHERE r.event_id = n.event_id
                    -- By both columns of the index: MySQL would sort the rows if only the id were named.
                    ORDER BY r.event_id DESC, r.id DESC
                    LIMIT 1)))
            AND (k.occasion = 'date' OR NOT EXISTS (
                SELECT 1 FROM claims AS c WHERE c.event_id = n.event_id AND c.sending_at IS NOT NULL
            ))
        -- Changes and cancellations before reminders, so that they are sent first.
        ORDER BY k.occasion = 'date', n.event_id, n.kind, n.occasion
        LIMIT p_limit;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;
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

    SET p_limit = COALESCE(p_limit, 5000);
    IF p_limit NOT BETWEEN 1 AND 100000 THEN
        CALL refuse_input('limit', 'must be from 1 to 100000');
    END IF;

    -- In a transaction of its own, because it takes its locks in another order than what follows.
    CALL recover_claims(v_recovered);
    COMMIT AND NO CHAIN NO RELEASE;

    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;
    INSERT INTO turns (name, taken_at) VALUES ('plan', v_now) ON DUPLICATE KEY UPDATE taken_at = v_now;

    -- Reminders whose quiet time is over become due. They are changed in the order of their ids, as everywhere.
    REPEAT
        SELECT JSON_ARRAYAGG(id) INTO v_ids
        FROM (
            SELECT id
            FROM deliveries FORCE INDEX (deliveries_queue)
            WHERE state = 'scheduled' AND claimable_at <= v_now
            ORDER BY id
            LIMIT 5000
        ) AS part;
        IF v_ids IS NOT NULL THEN
            UPDATE JSON_TABLE(v_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS part
            STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = part.id
            SET d.state = 'due'
            WHERE d.state = 'scheduled' AND d.claimable_at <= v_now;
        END IF;
    UNTIL v_ids IS NULL END REPEAT;

    INSERT INTO notices (kind, event_id, occasion)
    SELECT t.kind, t.event_id, t.occasion
    FROM timed_notices AS t
    LEFT JOIN notices AS n ON n.event_id = t.event_id AND n.kind = t.kind AND n.occasion = t.occasion
    WHERE n.event_id IS NULL;

    -- Only what has its notice is taken out of the outbox: an event called off between the two statements stays in it.
    INSERT INTO notices (kind, event_id, occasion)
    SELECT 'cancellation', c.event_id, c.cancelled_at
    FROM cancellations AS c
    ON DUPLICATE KEY UPDATE planned_at = NULL;
    DELETE c
    FROM cancellations AS c
    JOIN notices AS n ON n.event_id = c.event_id AND n.kind = 'cancellation' AND n.occasion = c.cancelled_at;

    -- Nobody is written to about a date that has passed.
    SELECT GROUP_CONCAT(kind) INTO v_dated FROM delivery_kinds WHERE occasion = 'date';
    UPDATE notices SET planned_at = v_now WHERE planned_at IS NULL AND FIND_IN_SET(kind, v_dated) AND occasion <= v_now;

    SET v_done = FALSE;
    OPEN v_open;
    FETCH v_open INTO v_kind, v_event_id, v_occasion;
    WHILE NOT v_done AND v_through < p_limit DO
        SET v_seen = v_seen + 1;
        CALL plan_notice(v_kind, v_event_id, v_occasion, p_limit - v_through, v_passed, v_part);
        SET v_through = v_through + v_passed, v_planned = v_planned + v_part;
        FETCH v_open INTO v_kind, v_event_id, v_occasion;
    END WHILE;
    CLOSE v_open;
    COMMIT AND NO CHAIN NO RELEASE;

    SELECT COUNT(*) INTO v_due FROM deliveries WHERE state = 'due' AND claimable_at <= UTC_TIMESTAMP();
    SELECT COUNT(*) INTO v_waiting FROM deliveries WHERE state = 'due' AND claimable_at > UTC_TIMESTAMP();
    SET v_more = v_through >= p_limit OR v_seen >= p_limit;
    SELECT v_planned AS planned, v_recovered AS recovered, v_due AS due, v_more AS more, v_waiting AS waiting;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE plan_deliveries TO eventhub_mailer;
