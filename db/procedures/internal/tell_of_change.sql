-- What the notifier is asked for when an event changes.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS tell_of_change;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE tell_of_change (
    IN p_event_id       BIGINT UNSIGNED,
    IN p_old_event_date DATETIME,
    IN p_old_venue      VARCHAR(200),
    IN p_old_speaker    VARCHAR(120),
    IN p_event_date     DATETIME,
    IN p_venue          VARCHAR(200),
    IN p_speaker        VARCHAR(120)
)
    COMMENT 'Writes a notice of an event whose date, venue or speaker were the old ones and are others now, if it is still to come and somebody holds a seat of it. Runs in the statement of its caller.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_now DATETIME(6);
    DECLARE v_last_registration_id BIGINT UNSIGNED;
    DECLARE v_last_update DATETIME(6);

    -- Compared as bytes: for the collation an accent more or less is no change.
    IF p_event_date <> p_old_event_date OR CAST(p_venue AS BINARY) <> CAST(p_old_venue AS BINARY)
        OR CAST(p_speaker AS BINARY) <> CAST(p_old_speaker AS BINARY) THEN
        SET v_now = utc_clock();
        -- One row however many there are to tell, so that a change costs the same for ten as for a hundred thousand.
        SELECT MAX(id) INTO v_last_registration_id FROM registrations WHERE event_id = p_event_id;
        IF v_last_registration_id IS NOT NULL AND p_event_date > v_now THEN
            SELECT MAX(occasion) INTO v_last_update FROM notices WHERE event_id = p_event_id AND kind = 'update';
            -- Later than the one before, whatever the clock says.
            INSERT INTO notices (kind, event_id, occasion, last_registration_id, old_event_date, old_venue, old_speaker)
            VALUES ('update', p_event_id, GREATEST(v_now, COALESCE(v_last_update + INTERVAL 1 MICROSECOND, v_now)),
                v_last_registration_id, p_old_event_date, p_old_venue, p_old_speaker);
        END IF;
    END IF;
END //
DELIMITER ;
