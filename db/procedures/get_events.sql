-- Shows several events.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS get_events;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE get_events (
    IN p_requests LONGTEXT
)
    COMMENT 'Shows several events, each as get_event would show it alone, all as they are at the same moment.

p_requests  a JSON array of at most 1000 requests [event_id], in at most 60000 characters. Numbers have at most 18 digits. An event may be asked for more than once.

Returns a row per request, in the same order: (sqlstate, message, id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id, status). The first two say why it was refused and are NULL if it was not; the others are what get_event returns, and are NULL if it was.

Errors: 45422 invalid_input. In rows: 45404 event_not_found.

Example: CALL get_events(''[[1], [4]]'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_refusal VARCHAR(128) DEFAULT '45404 event_not_found: Event not found';

    CALL check_requests(p_requests, 'event_id');
    -- The places are sorted before the events are read, so that no text is sorted.
    SELECT
        IF(e.id IS NULL, LEFT(v_refusal, 5), NULL) AS `sqlstate`, IF(e.id IS NULL, SUBSTRING(v_refusal, 7), NULL) AS message,
        e.id, e.title, e.description, e.venue, e.speaker, e.event_date, e.total_seats, e.seats_available, e.organizer_id,
        e.status
    FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (number FOR ORDINALITY, event_id BIGINT PATH '$[0]')) AS q
    LEFT JOIN listed_events AS e ON e.id = q.event_id
    ORDER BY q.number;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE get_events TO eventhub_api;
