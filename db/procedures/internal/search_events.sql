-- Finds events by words, in an order and within a range of dates.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS search_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE search_events (
    IN p_limit        BIGINT,
    IN p_terms        TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN p_organizer_id BIGINT UNSIGNED,
    IN p_first        DATETIME,
    IN p_last         DATETIME,
    IN p_divide       DATETIME,
    IN p_after_date   DATETIME,
    IN p_after_id     BIGINT UNSIGNED,
    IN p_before_date  DATETIME,
    IN p_before_id    BIGINT UNSIGNED,
    IN p_soon         DATETIME,
    IN p_upcoming     DATETIME,
    IN p_soon_too     BOOLEAN
)
    COMMENT 'The part of browse_events that searches. p_terms is what search_terms makes of p_q; the others are what the variables of the same names are there. Returns the page and, unless all has been looked through, a row (next_cursor) from which the search goes on.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- A list of rows up to this length is sorted by date as a whole. It is also how far the lists' lengths are compared.
    DECLARE c_short_list INT DEFAULT 10000;
    -- How many words of what is looked for are tried for the shortest list.
    DECLARE c_tried_words INT DEFAULT 20;
    -- What a call may spend, and what it costs to look at an event, besides its bytes that are compared.
    DECLARE v_budget BIGINT DEFAULT 4000000;
    DECLARE v_cost_of_event INT DEFAULT 1000;
    -- The list that is gone through: rows of event_words from v_word on and before v_end. It is either the rows of one word,
    -- which stand in order, or a short list of several words. The empty word has all events.
    DECLARE v_word, v_end VARBINARY(34) DEFAULT '';
    DECLARE v_one_word BOOLEAN DEFAULT TRUE;
    DECLARE v_length BIGINT DEFAULT c_short_list;
    DECLARE v_tried, v_text TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_low, v_high, v_lowest, v_highest VARBINARY(34);
    DECLARE v_rows BIGINT;
    DECLARE v_number INT DEFAULT 0;
    DECLARE v_1, v_2, v_3, v_4, v_5, v_6, v_7, v_8, v_9, v_10 BLOB;
    -- 1: the part that is to come, by date; -1: what is over, latest first; 0: all was looked through.
    DECLARE v_direction INT DEFAULT IF(p_last >= p_divide, 1, -1);
    -- The dates between which the two parts meet. The servers cannot subtract from dates before the year 1.
    DECLARE v_from DATETIME DEFAULT GREATEST(p_first, p_divide);
    DECLARE v_to DATETIME DEFAULT LEAST(p_last, p_divide - INTERVAL 1 SECOND);
    DECLARE v_batch, v_cost, v_divide_seconds BIGINT;
    DECLARE v_found, v_more LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_count BIGINT DEFAULT 0;
    DECLARE v_cursor VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_latest, v_earliest VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin;

    CALL allow_long_lists();

    -- What the text of an event must contain: each term from the beginning of a word on. Without the LIMIT MariaDB refuses the
    -- second CALL of a session (1140).
    SELECT
        MAX(IF(t.number = 1, t.pattern, '')), MAX(IF(t.number = 2, t.pattern, '')), MAX(IF(t.number = 3, t.pattern, '')),
        MAX(IF(t.number = 4, t.pattern, '')), MAX(IF(t.number = 5, t.pattern, '')), MAX(IF(t.number = 6, t.pattern, '')),
        MAX(IF(t.number = 7, t.pattern, '')), MAX(IF(t.number = 8, t.pattern, '')), MAX(IF(t.number = 9, t.pattern, '')),
        MAX(IF(t.number = 10, t.pattern, ''))
    INTO v_1, v_2, v_3, v_4, v_5, v_6, v_7, v_8, v_9, v_10
    FROM (
        SELECT j.number, WEIGHT_STRING(CONCAT(' ', j.term) COLLATE utf8mb4_unicode_520_ci) AS pattern
        FROM JSON_TABLE(p_terms, '$[*]' COLUMNS (number FOR ORDINALITY, term VARCHAR(600) PATH '$')) AS j
        LIMIT 10
    ) AS t;

    -- The shortest list is gone through. $ marks a word with another one behind it in its term, so that it is a whole word.
    SET v_tried = REPLACE(p_terms, ' ', '$","');
    IF p_organizer_id IS NOT NULL THEN
        SET v_tried = JSON_ARRAY_INSERT(v_tried, '$[0]', '');
    END IF;
    WHILE v_number < LEAST(c_tried_words, JSON_LENGTH(v_tried)) DO
        SET v_text = JSON_UNQUOTE(JSON_EXTRACT(v_tried, CONCAT('$[', v_number, ']'))), v_number = v_number + 1;
        SET v_low = LEFT(WEIGHT_STRING(TRIM(TRAILING '$' FROM v_text) COLLATE utf8mb4_unicode_520_ci), 32),
            v_high = CONCAT(v_low, IF(v_text LIKE '%$', x'00', x'FFFF'));
        IF v_text = '' THEN
            SET v_low = CONCAT(x'01', p_organizer_id), v_high = CONCAT(v_low, x'00');
        END IF;
        -- What has no weight, such as an accent alone, is in every event.
        IF v_low <> '' THEN
            -- Not MIN and MAX, for which MariaDB reads all rows between two variables.
            SET v_lowest = NULL, v_highest = NULL, v_rows = NULL;
            SELECT word INTO v_lowest FROM event_words WHERE word >= v_low AND word < v_high ORDER BY word LIMIT 1;
            SELECT word INTO v_highest FROM event_words WHERE word >= v_low AND word < v_high ORDER BY word DESC LIMIT 1;
            -- Whether there is a row behind as many as the shortest list has; only if not, they are counted.
            SELECT v_length + 1 INTO v_rows
            FROM event_words
            WHERE word >= v_low AND word < v_high
            ORDER BY word
            LIMIT v_length, 1;
            IF v_rows IS NULL THEN
                SELECT COUNT(*) INTO v_rows FROM event_words WHERE word >= v_low AND word < v_high;
            END IF;
            IF v_rows <= v_length OR v_word = '' AND v_lowest = v_highest THEN
                SET v_word = v_low, v_end = v_high, v_one_word = v_lowest <=> v_highest, v_length = LEAST(v_length, v_rows);
            END IF;
        END IF;
    END WHILE;
    IF v_one_word AND v_word <> '' THEN
        SELECT word INTO v_word FROM event_words WHERE word >= v_word AND word < v_end ORDER BY word LIMIT 1;
    END IF;
    IF v_length = 0 THEN
        SET v_direction = 0;
    END IF;

    -- A list of one word is mostly left early; one that has to be sorted is not to be sorted often.
    SET v_batch = IF(v_one_word, LEAST(100, 4 * p_limit), 1000);
    WHILE v_direction <> 0 AND v_count < p_limit AND v_budget > 0 DO
        -- Two of the three parts are empty: a server follows an index only if the order is spelt in the query.
        SELECT
            GROUP_CONCAT(
                IF((p_organizer_id IS NULL OR t.organizer_id = p_organizer_id)
                    AND (p_soon_too OR c.starts < p_soon OR c.starts >= p_upcoming)
                    AND LOCATE(v_1, t.words) AND LOCATE(v_2, t.words) AND LOCATE(v_3, t.words) AND LOCATE(v_4, t.words)
                    AND LOCATE(v_5, t.words) AND LOCATE(v_6, t.words) AND LOCATE(v_7, t.words) AND LOCATE(v_8, t.words)
                    AND LOCATE(v_9, t.words) AND LOCATE(v_10, t.words),
                    CONCAT('[', c.event_id, ',', TIMESTAMPDIFF(SECOND, '1970-01-01', c.starts), ']'), NULL)
                ORDER BY v_direction * TO_SECONDS(c.starts), v_direction * CAST(c.event_id AS SIGNED)
            ),
            COUNT(*),
            SUM(v_cost_of_event + COALESCE(LENGTH(t.words), 0)),
            MAX(CONCAT(c.starts, LPAD(c.event_id, 20, '0'))),
            MIN(CONCAT(c.starts, LPAD(c.event_id, 20, '0')))
        INTO v_more, v_rows, v_cost, v_latest, v_earliest
        FROM (
            (SELECT starts, event_id
            FROM event_words
            WHERE v_one_word AND v_direction = 1 AND word = v_word AND starts BETWEEN v_from AND p_last
                AND starts >= p_after_date AND (starts > p_after_date OR event_id > p_after_id)
            ORDER BY starts, event_id
            LIMIT v_batch)
            UNION ALL
            (SELECT starts, event_id
            FROM event_words
            WHERE v_one_word AND v_direction = -1 AND word = v_word AND starts BETWEEN p_first AND v_to
                AND starts <= p_before_date AND (starts < p_before_date OR event_id < p_before_id)
            ORDER BY starts DESC, event_id DESC
            LIMIT v_batch)
            UNION ALL
            (SELECT DISTINCT starts, event_id
            FROM event_words
            WHERE NOT v_one_word AND word >= v_word AND word < v_end
                AND (v_direction = 1 AND starts BETWEEN v_from AND p_last
                        AND starts >= p_after_date AND (starts > p_after_date OR event_id > p_after_id)
                    OR v_direction = -1 AND starts BETWEEN p_first AND v_to
                        AND starts <= p_before_date AND (starts < p_before_date OR event_id < p_before_id))
            ORDER BY v_direction * TO_SECONDS(starts), v_direction * CAST(event_id AS SIGNED)
            LIMIT v_batch)
        ) AS c
        LEFT JOIN event_texts AS t ON t.event_id = c.event_id;

        IF v_more IS NOT NULL THEN
            SET v_found = CONCAT_WS(',', v_found, v_more), v_count = JSON_LENGTH(CONCAT('[', v_found, ']'));
        END IF;
        IF v_rows = v_batch THEN
            IF v_direction = 1 THEN
                SET p_after_date = LEFT(v_latest, 19), p_after_id = SUBSTRING(v_latest, 20);
            ELSE
                SET p_before_date = LEFT(v_earliest, 19), p_before_id = SUBSTRING(v_earliest, 20);
            END IF;
            SET v_budget = v_budget - v_cost;
            SET v_batch = GREATEST(1, LEAST(4 * v_batch, v_budget DIV (v_cost DIV v_rows)));
        ELSEIF v_direction = 1 AND p_first < p_divide THEN
            SET v_direction = -1;
        ELSE
            SET v_direction = 0;
        END IF;
    END WHILE;

    SET v_found = CONCAT('[', COALESCE(v_found, ''), ']'), v_divide_seconds = TIMESTAMPDIFF(SECOND, '1970-01-01', p_divide);
    SELECT
        e.id, e.title, e.description, e.venue, e.speaker, e.event_date, e.total_seats, e.seats_available, e.organizer_id,
        CASE WHEN e.event_date < p_soon THEN 'completed' WHEN e.event_date < p_upcoming THEN 'soon' ELSE 'upcoming' END AS status,
        CONCAT(v_divide_seconds, '_', f.seconds, '_', f.event_id) AS next_cursor
    FROM JSON_TABLE(v_found, '$[*]' COLUMNS (
        number FOR ORDINALITY, event_id BIGINT UNSIGNED PATH '$[0]', seconds BIGINT PATH '$[1]'
    )) AS f
    STRAIGHT_JOIN events AS e FORCE INDEX (PRIMARY) ON e.id = f.event_id
    WHERE e.cancelled_at IS NULL AND e.event_date = '1970-01-01' + INTERVAL f.seconds SECOND
    ORDER BY f.number
    LIMIT p_limit;
    IF v_count > p_limit OR v_count = p_limit AND v_direction <> 0 THEN
        SET v_text = JSON_EXTRACT(v_found, CONCAT('$[', p_limit - 1, ']'));
        SET v_cursor = CONCAT_WS('_', v_divide_seconds, JSON_EXTRACT(v_text, '$[1]'), JSON_EXTRACT(v_text, '$[0]'));
    ELSEIF v_direction <> 0 THEN
        SET v_cursor = CONCAT_WS('_', v_divide_seconds,
            TIMESTAMPDIFF(SECOND, '1970-01-01', IF(v_direction = 1, p_after_date, p_before_date)),
            IF(v_direction = 1, p_after_id, p_before_id));
    END IF;
    IF v_cursor IS NOT NULL THEN
        SELECT v_cursor AS next_cursor;
    END IF;
END //
DELIMITER ;
