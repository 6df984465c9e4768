-- Has the participants of an event told that it has changed.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS tell_of_change;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE tell_of_change (
    IN p_event_id       BIGINT UNSIGNED,
    IN p_was_cancelled  BOOLEAN,
    IN p_old_title      VARCHAR(200),
    IN p_old_venue      VARCHAR(200),
    IN p_old_speaker    VARCHAR(120),
    IN p_old_event_date DATETIME,
    IN p_title          VARCHAR(200),
    IN p_venue          VARCHAR(200),
    IN p_speaker        VARCHAR(120),
    IN p_event_date     DATETIME
)
    COMMENT 'Keeps the edition of an event that has changed, and writes a notice if date, venue or speaker are different, or the event was cancelled, and it is still to come and somebody holds a seat. Parameters with _old_ are what it was before. Runs in the statement of its caller, who holds the lock of the event.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6);
    DECLARE v_last_registration_id BIGINT UNSIGNED;
    DECLARE v_last_update DATETIME(6);
    -- The rule of the view edition_changes, spelt again because the event's row cannot be compared with here: a trigger
    -- calls before the row is changed, change_event afterwards.
    DECLARE v_is_news BOOLEAN DEFAULT p_was_cancelled
        OR p_event_date - INTERVAL SECOND(p_event_date) SECOND <> p_old_event_date - INTERVAL SECOND(p_old_event_date) SECOND
        OR CAST(TRIM(p_venue) AS BINARY) <> CAST(TRIM(p_old_venue) AS BINARY)
        OR CAST(TRIM(p_speaker) AS BINARY) <> CAST(TRIM(p_old_speaker) AS BINARY);

    IF v_is_news OR CAST(TRIM(p_title) AS BINARY) <> CAST(TRIM(p_old_title) AS BINARY) THEN
        CALL keep_edition(p_event_id, p_old_title, p_old_venue, p_old_speaker, p_old_event_date, p_was_cancelled,
            v_last_registration_id);
        SET v_now = utc_clock();
        IF v_is_news AND v_last_registration_id IS NOT NULL AND p_event_date > v_now THEN
            SELECT MAX(occasion) INTO v_last_update FROM notices WHERE event_id = p_event_id AND kind = 'update';
            -- Later than the notice before, whatever the clock says.
            INSERT INTO notices (kind, event_id, occasion, last_registration_id)
            VALUES ('update', p_event_id, GREATEST(v_now, COALESCE(v_last_update + INTERVAL 1 MICROSECOND, v_now)),
                v_last_registration_id);
        END IF;
    END IF;
END //
DELIMITER ;
