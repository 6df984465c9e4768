-- Lists events, for programs of the version before.
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
    COMMENT 'Does what browse_events does without p_sort, for programs of the version before, which do not know that procedure.

The parameters and the rows are those of browse_events.

Errors: 45422 invalid_input.

Example: CALL list_events(20, NULL, ''soon,upcoming'', NULL, NULL, NULL, NULL);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    CALL browse_events(p_limit, p_cursor, NULL, p_status, p_q, p_from, p_to, p_organizer_id);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE list_events TO eventhub_api;
