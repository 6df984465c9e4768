-- Writes the words of events down for searches.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS index_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE index_events (
    IN p_first_id BIGINT UNSIGNED,
    IN p_last_id  BIGINT UNSIGNED
)
    COMMENT 'Writes rows of event_words and event_texts for the events from p_first_id to p_last_id that are not cancelled. It does no harm to do so again.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    INSERT INTO event_texts (event_id, organizer_id, words)
    SELECT
        id, organizer_id,
        LEFT(WEIGHT_STRING(CONCAT(' ', search_text(CONCAT_WS('\n', title, description, venue, speaker)), ' ')
            COLLATE utf8mb4_unicode_520_ci), 16000)
    FROM events
    WHERE id BETWEEN p_first_id AND p_last_id AND cancelled_at IS NULL
    ON DUPLICATE KEY UPDATE organizer_id = VALUES(organizer_id), words = VALUES(words);

    -- A word that an event has twice is left to the key: few are, and DISTINCT makes a temporary table.
    INSERT INTO event_words (word, starts, event_id)
    SELECT LEFT(WEIGHT_STRING(w.word COLLATE utf8mb4_unicode_520_ci), 32), e.event_date, e.id
    FROM events AS e
    JOIN JSON_TABLE(
        CONCAT('["', REPLACE(search_text(CONCAT_WS('\n', e.title, e.description, e.venue, e.speaker)), ' ', '","'), '"]'),
        '$[*]' COLUMNS (word VARCHAR(2600) PATH '$')
    ) AS w
    WHERE e.id BETWEEN p_first_id AND p_last_id AND e.cancelled_at IS NULL
    ON DUPLICATE KEY UPDATE event_id = VALUES(event_id);
    INSERT INTO event_words (word, starts, event_id)
    SELECT '', event_date, id FROM events WHERE id BETWEEN p_first_id AND p_last_id AND cancelled_at IS NULL
    UNION ALL
    SELECT CONCAT(x'01', organizer_id), event_date, id
    FROM events
    WHERE id BETWEEN p_first_id AND p_last_id AND cancelled_at IS NULL
    ON DUPLICATE KEY UPDATE event_id = VALUES(event_id);
END //
DELIMITER ;
