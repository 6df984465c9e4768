-- The list of events: ordered, filtered, paged.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS browse_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE browse_events (
    IN p_limit        BIGINT,
    IN p_cursor       TEXT,
    IN p_sort         TEXT,
    IN p_status       TEXT,
    IN p_q            TEXT,
    IN p_from         TEXT,
    IN p_to           TEXT,
    IN p_organizer_id BIGINT UNSIGNED
)
    COMMENT 'Returns events that are not cancelled: (id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status, next_cursor). Dates are UTC. Every parameter may be NULL.

p_limit         how many at most: 1 to 1000, 100 if NULL.
p_cursor        the next_cursor of the last row of the page before; NULL for the first page.
p_sort          NULL: what is still to come, soonest first, and then what is over, latest first. event_date: from the earliest on; -event_date: from the latest on.
p_status        completed (started), soon (starts within 24 hours), upcoming (later), or several of them, separated by commas.
p_q             a text, at most 200 characters, that the title, description, venue or speaker contains, without regard to case and accents.
p_from, p_to    from <= event_date < to.
p_organizer_id  whose events.

Without p_sort the pages go by what was still to come when the first of them was read: its moment is part of the cursor, so an event that begins meanwhile is listed once. The status is that of now.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE c_begin DATETIME DEFAULT '1000-01-01';
    DECLARE c_end DATETIME DEFAULT '9999-12-31 23:59:59';
    DECLARE c_last_id BIGINT UNSIGNED DEFAULT 18446744073709551615;
    -- The first moments at which an event is soon, and upcoming: one clock for the order, the filter and the status.
    DECLARE v_soon DATETIME DEFAULT UTC_TIMESTAMP() + INTERVAL 1 SECOND;
    DECLARE v_upcoming DATETIME DEFAULT v_soon + INTERVAL 24 HOUR;
    DECLARE v_first DATETIME DEFAULT c_begin;
    DECLARE v_last DATETIME DEFAULT c_end;
    DECLARE v_to DATETIME;
    DECLARE v_soon_too BOOLEAN DEFAULT TRUE;
    DECLARE v_pattern TEXT;
    -- From this moment on events come first, by date; those before it follow, in the opposite order.
    DECLARE v_divide DATETIME DEFAULT v_soon;
    DECLARE v_divide_seconds, v_cursor_seconds BIGINT;
    DECLARE v_after_date DATETIME DEFAULT c_begin;
    DECLARE v_after_id BIGINT UNSIGNED DEFAULT 0;
    DECLARE v_before_date DATETIME DEFAULT c_end;
    DECLARE v_before_id BIGINT UNSIGNED DEFAULT c_last_id;

    CALL check_listing(p_limit, p_cursor, p_sort, p_status, p_q, p_from, p_to, p_organizer_id);
    SET p_limit = COALESCE(p_limit, 100);
    IF p_from IS NOT NULL THEN
        CALL read_moment('from', p_from, v_first);
    END IF;
    IF p_to IS NOT NULL THEN
        CALL read_moment('to', p_to, v_to);
        -- Dates before the year 1 cannot be reckoned with.
        SET v_last = GREATEST(v_to, c_begin) - INTERVAL 1 SECOND;
    END IF;
    -- Nothing in the text is a wildcard. Not LOCATE, which finds accents and emoji by another rule on each server.
    SET v_pattern = CONCAT('%', REPLACE(REPLACE(REPLACE(p_q, '|', '||'), '%', '|%'), '_', '|_'), '%');

    -- A status is a range of dates, which is what the index can follow; completed and upcoming alone leave a gap in it.
    IF CHAR_LENGTH(p_status) > 0 THEN
        SET v_soon_too = p_status LIKE '%soon%';
        IF p_status NOT LIKE '%completed%' THEN
            SET v_first = GREATEST(v_first, IF(v_soon_too, v_soon, v_upcoming));
        END IF;
        IF p_status NOT LIKE '%upcoming%' THEN
            SET v_last = LEAST(v_last, IF(v_soon_too, v_upcoming, v_soon) - INTERVAL 1 SECOND);
        END IF;
    END IF;

    -- The moment that divides, and the date of the last event, in seconds since 1970, and that event's id.
    IF p_cursor IS NOT NULL THEN
        SET v_divide_seconds = CAST(SUBSTRING_INDEX(p_cursor, '_', 1) AS SIGNED);
        SET v_cursor_seconds = CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(p_cursor, '_', 2), '_', -1) AS SIGNED);
        SET v_divide = '1970-01-01' + INTERVAL v_divide_seconds SECOND;
    END IF;

    IF p_sort = 'event_date' THEN
        SET v_divide = c_begin;
    ELSEIF p_sort = '-event_date' THEN
        SET v_divide = c_end;
    END IF;
    SET v_divide_seconds = TIMESTAMPDIFF(SECOND, '1970-01-01', v_divide);

    IF v_cursor_seconds >= v_divide_seconds THEN
        SET v_after_date = '1970-01-01' + INTERVAL v_cursor_seconds SECOND;
        SET v_after_id = CAST(SUBSTRING_INDEX(p_cursor, '_', -1) AS UNSIGNED);
    ELSEIF v_cursor_seconds < v_divide_seconds THEN
        SET v_before_date = '1970-01-01' + INTERVAL v_cursor_seconds SECOND;
        SET v_before_id = CAST(SUBSTRING_INDEX(p_cursor, '_', -1) AS UNSIGNED);
        SET v_last = LEAST(v_last, v_before_date);
    END IF;

    -- A part that is empty is not worth asking for: with nothing over yet the rest takes little more than half the time.
    IF v_first < v_divide AND v_last >= v_divide THEN
        SET v_first = GREATEST(v_first, COALESCE((SELECT MIN(event_date) FROM events), v_divide));
    END IF;

    IF v_first >= v_divide THEN
        SELECT
            id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id,
            CASE WHEN event_date < v_soon THEN 'completed' WHEN event_date < v_upcoming THEN 'soon' ELSE 'upcoming' END AS status,
            CONCAT(v_divide_seconds, '_', TIMESTAMPDIFF(SECOND, '1970-01-01', event_date), '_', id) AS next_cursor
        FROM events
        WHERE cancelled_at IS NULL AND event_date BETWEEN v_first AND v_last
            AND event_date >= v_divide
            AND event_date >= v_after_date AND (event_date > v_after_date OR id > v_after_id)
            AND (v_soon_too OR event_date < v_soon OR event_date >= v_upcoming)
            AND (p_organizer_id IS NULL OR organizer_id = p_organizer_id)
            AND (v_pattern IS NULL OR title LIKE v_pattern ESCAPE '|' OR description LIKE v_pattern ESCAPE '|'
                OR venue LIKE v_pattern ESCAPE '|' OR speaker LIKE v_pattern ESCAPE '|')
        ORDER BY event_date, id
        LIMIT p_limit;
    ELSEIF v_last < v_divide THEN
        SELECT
            id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id,
            CASE WHEN event_date < v_soon THEN 'completed' WHEN event_date < v_upcoming THEN 'soon' ELSE 'upcoming' END AS status,
            CONCAT(v_divide_seconds, '_', TIMESTAMPDIFF(SECOND, '1970-01-01', event_date), '_', id) AS next_cursor
        FROM events
        WHERE cancelled_at IS NULL AND event_date BETWEEN v_first AND v_last
            AND event_date < v_divide
            AND event_date <= v_before_date AND (event_date < v_before_date OR id < v_before_id)
            AND (v_soon_too OR event_date < v_soon OR event_date >= v_upcoming)
            AND (p_organizer_id IS NULL OR organizer_id = p_organizer_id)
            AND (v_pattern IS NULL OR title LIKE v_pattern ESCAPE '|' OR description LIKE v_pattern ESCAPE '|'
                OR venue LIKE v_pattern ESCAPE '|' OR speaker LIKE v_pattern ESCAPE '|')
        ORDER BY event_date DESC, id DESC
        LIMIT p_limit;
    ELSE
        -- Both servers answer with one part after the other, read from the index no more than that takes, and need no table
        -- in memory for it, as they would to sort the two together.
        (SELECT
            id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id,
            CASE WHEN event_date < v_soon THEN 'completed' WHEN event_date < v_upcoming THEN 'soon' ELSE 'upcoming' END AS status,
            CONCAT(v_divide_seconds, '_', TIMESTAMPDIFF(SECOND, '1970-01-01', event_date), '_', id) AS next_cursor
        FROM events
        WHERE cancelled_at IS NULL AND event_date BETWEEN v_first AND v_last
            AND event_date >= v_divide
            AND event_date >= v_after_date AND (event_date > v_after_date OR id > v_after_id)
            AND (v_soon_too OR event_date < v_soon OR event_date >= v_upcoming)
            AND (p_organizer_id IS NULL OR organizer_id = p_organizer_id)
            AND (v_pattern IS NULL OR title LIKE v_pattern ESCAPE '|' OR description LIKE v_pattern ESCAPE '|'
                OR venue LIKE v_pattern ESCAPE '|' OR speaker LIKE v_pattern ESCAPE '|')
        ORDER BY event_date, id
        LIMIT p_limit)
        UNION ALL
        (SELECT
            id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id,
            CASE WHEN event_date < v_soon THEN 'completed' WHEN event_date < v_upcoming THEN 'soon' ELSE 'upcoming' END AS status,
            CONCAT(v_divide_seconds, '_', TIMESTAMPDIFF(SECOND, '1970-01-01', event_date), '_', id) AS next_cursor
        FROM events
        WHERE cancelled_at IS NULL AND event_date BETWEEN v_first AND v_last
            AND event_date < v_divide
            AND event_date <= v_before_date AND (event_date < v_before_date OR id < v_before_id)
            AND (v_soon_too OR event_date < v_soon OR event_date >= v_upcoming)
            AND (p_organizer_id IS NULL OR organizer_id = p_organizer_id)
            AND (v_pattern IS NULL OR title LIKE v_pattern ESCAPE '|' OR description LIKE v_pattern ESCAPE '|'
                OR venue LIKE v_pattern ESCAPE '|' OR speaker LIKE v_pattern ESCAPE '|')
        ORDER BY event_date DESC, id DESC
        LIMIT p_limit)
        LIMIT p_limit;
    END IF;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE browse_events TO eventhub_api;
