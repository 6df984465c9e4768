-- Forgets the words of an event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS unindex_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE unindex_event (
    IN p_event_id     BIGINT UNSIGNED,
    IN p_organizer_id BIGINT UNSIGNED,
    IN p_event_date   DATETIME,
    IN p_title        TEXT,
    IN p_description  TEXT,
    IN p_venue        TEXT,
    IN p_speaker      TEXT
)
    COMMENT 'Deletes what index_events has written of an event, because it has changed or is no more. The parameters are what it was, from which its rows are known: an index by event would cost each event more. Should a row be left behind, no search shows the event twice for it.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT search_text(CONCAT_WS('\n', p_title, p_description, p_venue, p_speaker));

    DELETE FROM event_texts WHERE event_id = p_event_id;
    DELETE w
    FROM JSON_TABLE(CONCAT('["', REPLACE(v_text, ' ', '","'), '"]'), '$[*]' COLUMNS (word VARCHAR(2600) PATH '$')) AS j
    STRAIGHT_JOIN event_words AS w
        ON w.word = LEFT(WEIGHT_STRING(j.word COLLATE utf8mb4_unicode_520_ci), 32) AND w.starts = p_event_date
            AND w.event_id = p_event_id;
    DELETE FROM event_words WHERE word = '' AND starts = p_event_date AND event_id = p_event_id;
    DELETE FROM event_words WHERE word = CONCAT(x'01', p_organizer_id) AND starts = p_event_date AND event_id = p_event_id;
END //
DELIMITER ;
