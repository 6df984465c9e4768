-- Checks the parameters of browse_events.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_listing;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_listing (
    IN p_limit        BIGINT,
    IN p_cursor       TEXT,
    IN p_sort         TEXT,
    IN p_status       TEXT,
    IN p_q            TEXT,
    IN p_from         TEXT,
    IN p_to           TEXT,
    IN p_organizer_id BIGINT UNSIGNED
)
    COMMENT 'Refuses everything that browse_events would refuse, all of it at once. Changes nothing.

The parameters are those of browse_events.

Returns nothing, or rows (invalid_field, message) before the error.

Errors: 45422 invalid_input.

Example: CALL check_listing(NULL, NULL, ''-event_date'', ''soon'', NULL, NULL, NULL, NULL);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_moment DATETIME;
    DECLARE v_faults LONGTEXT;

    IF p_limit NOT BETWEEN 1 AND 1000 THEN
        CALL note_fault(v_faults, 'limit', 'must be from 1 to 1000');
    END IF;
    IF p_cursor IS NOT NULL THEN
        IF p_cursor NOT REGEXP '^-?[0-9]{1,12}_-?[0-9]{1,12}_[0-9]{1,19}\\z' THEN
            CALL note_fault(v_faults, 'cursor', 'must be one that an earlier page gave');
        -- Twelve digits of seconds reach beyond what a DATETIME can be: the years 1000 to 9999.
        ELSEIF CAST(SUBSTRING_INDEX(p_cursor, '_', 1) AS SIGNED) NOT BETWEEN -30610224000 AND 253402300799
            OR CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(p_cursor, '_', 2), '_', -1) AS SIGNED)
                NOT BETWEEN -30610224000 AND 253402300799 THEN
            CALL note_fault(v_faults, 'cursor', 'must be one that an earlier page gave');
        END IF;
    END IF;
    IF CAST(COALESCE(p_sort, '') AS BINARY) NOT IN ('', 'event_date', '-event_date') THEN
        CALL note_fault(v_faults, 'sort', 'must be event_date or -event_date');
    END IF;
    IF CHAR_LENGTH(p_status) > 0
        AND p_status NOT REGEXP '(?-i)^(completed|soon|upcoming)( *, *(completed|soon|upcoming))*\\z' THEN
        CALL note_fault(v_faults, 'status', 'must be completed, soon, upcoming, or several with commas');
    END IF;
    IF CHAR_LENGTH(p_q) > 200 THEN
        CALL note_fault(v_faults, 'q', 'must have at most 200 characters');
    ELSEIF CHAR_LENGTH(p_q) > 20 AND JSON_LENGTH(search_terms(p_q)) > 10 THEN
        CALL note_fault(v_faults, 'q', 'must have at most 10 words');
    END IF;
    -- Only dates that are given are read, to save time: browse_events calls this each time.
    IF p_from IS NOT NULL THEN
        CALL note_moment(v_faults, 'from', p_from, v_moment);
    END IF;
    IF p_to IS NOT NULL THEN
        CALL note_moment(v_faults, 'to', p_to, v_moment);
    END IF;
    IF v_faults IS NOT NULL THEN
        CALL refuse_faults(v_faults);
    END IF;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_listing TO eventhub_api;
