-- Lists events: ordered, filtered, in pages.
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
    COMMENT 'Lists events that are not cancelled, in pages. Every parameter may be NULL.

p_limit         how many at most: 1 to 1000; NULL means 100.
p_cursor        next_cursor of the second result of the page before, or of its last row if there is none; NULL means the first page.
p_sort          NULL: events to come first, soonest first, and then those that have started, latest first. event_date: by date, earliest first; -event_date: latest first.
p_status        completed (has started), soon (starts within 24 hours), upcoming (starts later), or several of them with commas.
p_q             up to 10 words, with blanks between them, in at most 200 characters. An event is found if each of them begins a word of its title, description, venue or speaker. Case and accents do not count. Of a word like e-mail or O''Neil the parts stand together in the event, each at the beginning of a word; each character of Chinese, Japanese and Korean and each emoji is a word; + and # belong to the word before them (C++); other punctuation is nothing.
p_from, p_to    dates, UTC: p_from <= event_date < p_to.
p_organizer_id  only events of this organizer.

Returns a row per event (id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status, next_cursor), the date in UTC. A search (p_q) whose end is not reached returns a second result, a row (next_cursor), from which it goes on. It stops as soon as it has looked at some thousands of events, so that its page can be short or empty and still not be the last.

Without p_sort all pages are divided into what is to come and what has started by the moment at which the first page was read, which is part of the cursor. So an event that begins meanwhile is listed once. Its status is always that of now.

Errors: 45422 invalid_input.

Example: CALL browse_events(20, NULL, NULL, ''soon,upcoming'', NULL, NULL, NULL, NULL);'
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
    DECLARE v_to, v_earliest DATETIME;
    DECLARE v_soon_too BOOLEAN DEFAULT TRUE;
    DECLARE v_terms TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    -- Events from this moment on come first, by date; those before it follow, in the opposite order.
    DECLARE v_divide DATETIME DEFAULT v_soon;
    DECLARE v_divide_seconds, v_cursor_seconds BIGINT;
    DECLARE v_after_date DATETIME DEFAULT c_begin;
    DECLARE v_after_id BIGINT UNSIGNED DEFAULT 0;
    DECLARE v_before_date DATETIME DEFAULT c_end;
    DECLARE v_before_id BIGINT UNSIGNED DEFAULT c_last_id;

    SET p_limit = COALESCE(p_limit, 100);
    -- The first page, without filters, is what crowds ask for: there is nothing to check, and that saves an eighth of its time.
    IF p_limit <> 100 OR COALESCE(p_cursor, p_sort, p_status, p_q, p_from, p_to) IS NOT NULL THEN
        CALL check_listing(p_limit, p_cursor, p_sort, p_status, p_q, p_from, p_to, p_organizer_id);
    END IF;
    IF p_from IS NOT NULL THEN
        CALL read_moment('from', p_from, v_first);
    END IF;
    IF p_to IS NOT NULL THEN
        CALL read_moment('to', p_to, v_to);
        -- The servers cannot subtract from dates before the year 1.
        SET v_last = GREATEST(v_to, c_begin) - INTERVAL 1 SECOND;
    END IF;

    -- A status becomes a range of dates, because the index can follow that; completed with upcoming leaves a gap in it.
    IF CHAR_LENGTH(p_status) > 0 THEN
        SET v_soon_too = p_status LIKE '%soon%';
        IF p_status NOT LIKE '%completed%' THEN
            SET v_first = GREATEST(v_first, IF(v_soon_too, v_soon, v_upcoming));
        END IF;
        IF p_status NOT LIKE '%upcoming%' THEN
            SET v_last = LEAST(v_last, IF(v_soon_too, v_upcoming, v_soon) - INTERVAL 1 SECOND);
        END IF;
    END IF;

    -- A cursor is v_divide and the date of the last event, both in seconds since 1970, and the id of that event.
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

    IF CHAR_LENGTH(p_q) > 0 THEN
        SET v_terms = search_terms(p_q);
    END IF;

    -- If no event is over yet, the second part is left out: the first alone takes little more than half the time.
    IF v_first < v_divide AND v_last >= v_divide AND v_terms IS NULL THEN
        -- Not a subquery in SET, which would wait for whoever is changing that event.
        SELECT MIN(event_date) INTO v_earliest FROM events;
        SET v_first = GREATEST(v_first, COALESCE(v_earliest, v_divide));
    END IF;

    -- The query is spelt once for each part and once for both: as one query over both parts it would sort all events, while
    -- each of these stops reading its index as soon as the page is full.
    IF v_terms <> '[]' THEN
        CALL search_events(p_limit, v_terms, p_organizer_id, v_first, v_last, v_divide, v_after_date, v_after_id, v_before_date,
            v_before_id, v_soon, v_upcoming, v_soon_too);
    ELSEIF v_first >= v_divide THEN
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
        ORDER BY event_date DESC, id DESC
        LIMIT p_limit;
    ELSE
        -- Both servers return one part after the other, and need no temporary table, as they would to sort the two together.
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
        ORDER BY event_date DESC, id DESC
        LIMIT p_limit)
        LIMIT p_limit;
    END IF;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE browse_events TO eventhub_api;
