-- Notes what is wrong with the fields of an event.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS note_event;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE note_event (
    INOUT p_faults      LONGTEXT,
    IN    p_if_missing  VARCHAR(30),
    IN    p_title       TEXT,
    IN    p_description TEXT,
    IN    p_venue       TEXT,
    IN    p_speaker     TEXT,
    IN    p_event_date  TEXT,
    IN    p_total_seats DECIMAL(65, 30)
)
    COMMENT 'Adds to p_faults what is wrong with the fields of an event, by the rules of create_event. p_if_missing is what is said of a field that is NULL: "is required", or NULL if it may be missing. A description may always be missing.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_event_date DATETIME;

    CALL note_fault(p_faults, 'title', IF(p_title IS NULL, p_if_missing, text_fault(p_title, 200, 'line')));
    CALL note_fault(p_faults, 'description', IF(p_description IS NULL, NULL, text_fault(p_description, 2000, 'text')));
    CALL note_fault(p_faults, 'venue', IF(p_venue IS NULL, p_if_missing, text_fault(p_venue, 200, 'line')));
    CALL note_fault(p_faults, 'speaker', IF(p_speaker IS NULL, p_if_missing, text_fault(p_speaker, 120, 'name')));
    CALL note_fault(p_faults, 'event_date', IF(p_event_date IS NULL, p_if_missing, NULL));
    CALL note_moment(p_faults, 'event_date', p_event_date, v_event_date);
    IF v_event_date <= utc_clock() THEN
        CALL note_fault(p_faults, 'event_date', 'must be in the future');
    END IF;
    CALL note_fault(p_faults, 'total_seats', CASE
        WHEN p_total_seats IS NULL THEN p_if_missing
        -- The parameter is a DECIMAL because a whole type would round 1.5 without an error.
        WHEN p_total_seats <> FLOOR(p_total_seats) THEN 'must be a whole number'
        WHEN p_total_seats NOT BETWEEN 1 AND 1000000 THEN 'must be from 1 to 1000000'
    END);
END //
DELIMITER ;
