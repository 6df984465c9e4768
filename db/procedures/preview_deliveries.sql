-- Shows which mails would be sent now, without sending them.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS preview_deliveries;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE preview_deliveries (
    IN p_limit BIGINT
)
    COMMENT 'Shows which mails would be sent now, and changes nothing.

p_limit  how many mails to return at most: 1 to 100000; NULL means 1000.

Returns two result sets: one row (due), how many mails can be sent now; and the mails (kind, event_id, title, event_date, participant, email, attempts), the date in UTC.

Errors: 45422 invalid_input.

Example: CALL preview_deliveries(20);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    SET p_limit = COALESCE(p_limit, 1000);
    IF p_limit NOT BETWEEN 1 AND 100000 THEN
        CALL refuse_input('limit', 'must be from 1 to 100000');
    END IF;

    SELECT COUNT(*) AS due FROM deliveries_due WHERE claimable_at <= UTC_TIMESTAMP();
    SELECT kind, event_id, title, event_date, participant, email, attempts
    FROM deliveries_due
    WHERE claimable_at <= UTC_TIMESTAMP()
    ORDER BY kind, event_date, event_id, participant, registration_id
    LIMIT p_limit;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE preview_deliveries TO eventhub_mailer;
