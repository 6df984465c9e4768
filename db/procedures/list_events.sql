-- The list of events: ordered, filtered, paged.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS list_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE list_events (
    IN p_limit        BIGINT,
    IN p_cursor       TEXT,
    IN p_status       TEXT,
    IN p_q            TEXT,
    IN p_from         TEXT,
    IN p_to           TEXT,
    IN p_organizer_id BIGINT UNSIGNED
)
    COMMENT 'Returns events that are not cancelled, by date and id: (id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status, next_cursor). Dates are UTC. Every parameter may be NULL.

p_limit         how many at most: 1 to 1000, 100 if NULL.
p_cursor        the next_cursor of the last row of the page before; NULL for the first page.
p_status        completed (started), soon (starts within 24 hours) or upcoming (later).
p_q             a text, at most 200 characters, that the title, description, venue or speaker contains, without regard to case and accents.
p_from, p_to    from <= event_date < to.
p_organizer_id  whose events.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME DEFAULT UTC_TIMESTAMP();
    DECLARE v_from DATETIME DEFAULT '1000-01-01';
    DECLARE v_last DATETIME DEFAULT '9999-12-31 23:59:59';
    DECLARE v_to DATETIME;
    DECLARE v_pattern TEXT;
    DECLARE v_after_date DATETIME DEFAULT '1000-01-01';
    DECLARE v_after_id BIGINT UNSIGNED DEFAULT 0;

    IF p_from IS NOT NULL THEN
        CALL read_moment('from', p_from, v_from);
    END IF;
    IF p_to IS NOT NULL THEN
        CALL read_moment('to', p_to, v_to);
        -- Dates before the year 1 cannot be reckoned with.
        SET v_last = GREATEST(v_to, CAST('1000-01-01' AS DATETIME)) - INTERVAL 1 SECOND;
    END IF;

    SET p_limit = COALESCE(p_limit, 100);
    IF p_limit NOT BETWEEN 1 AND 1000 THEN
        CALL refuse_input('limit', 'must be from 1 to 1000');
    END IF;

    IF CHAR_LENGTH(p_q) > 200 THEN
        CALL refuse_input('q', 'must have at most 200 characters');
    END IF;
    -- Nothing in the text is a wildcard. Not LOCATE, which finds accents and emoji by another rule on each server.
    SET v_pattern = CONCAT('%', REPLACE(REPLACE(REPLACE(p_q, '|', '||'), '%', '|%'), '_', '|_'), '%');

    -- Twelve digits of seconds reach beyond the year 9999, hence the second condition.
    IF p_cursor IS NOT NULL THEN
        IF p_cursor NOT REGEXP '^[0-9]{1,12}_[0-9]{1,19}\\z' OR CAST(SUBSTRING_INDEX(p_cursor, '_', 1) AS SIGNED) > 253402300799 THEN
            CALL refuse_input('cursor', 'must be one that an earlier page gave');
        END IF;
        SET v_after_date = '1970-01-01' + INTERVAL CAST(SUBSTRING_INDEX(p_cursor, '_', 1) AS SIGNED) SECOND;
        SET v_after_id = CAST(SUBSTRING_INDEX(p_cursor, '_', -1) AS UNSIGNED);
        SET v_from = GREATEST(v_from, v_after_date);
    END IF;

    -- A status is a range of dates, which is what the index can follow.
    CASE CAST(COALESCE(p_status, '') AS BINARY)
        WHEN '' THEN BEGIN END;
        WHEN 'completed' THEN SET v_last = LEAST(v_last, v_now);
        WHEN 'soon' THEN
            SET v_from = GREATEST(v_from, v_now + INTERVAL 1 SECOND);
            SET v_last = LEAST(v_last, v_now + INTERVAL 24 HOUR);
        WHEN 'upcoming' THEN SET v_from = GREATEST(v_from, v_now + INTERVAL 86401 SECOND);
        ELSE CALL refuse_input('status', 'must be completed, soon or upcoming');
    END CASE;

    SELECT
        id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status,
        CONCAT(TIMESTAMPDIFF(SECOND, '1970-01-01', event_date), '_', id) AS next_cursor
    FROM listed_events
    WHERE event_date BETWEEN v_from AND v_last
        AND (event_date > v_after_date OR id > v_after_id)
        AND (p_organizer_id IS NULL OR organizer_id = p_organizer_id)
        AND (v_pattern IS NULL OR title LIKE v_pattern ESCAPE '|' OR description LIKE v_pattern ESCAPE '|'
            OR venue LIKE v_pattern ESCAPE '|' OR speaker LIKE v_pattern ESCAPE '|')
    ORDER BY event_date, id
    LIMIT p_limit;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE list_events TO eventhub_api;
