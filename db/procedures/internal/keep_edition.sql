-- Keeps what an event was before it changed.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS keep_edition;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE keep_edition (
    IN  p_event_id             BIGINT UNSIGNED,
    IN  p_title                VARCHAR(200),
    IN  p_venue                VARCHAR(200),
    IN  p_speaker              VARCHAR(120),
    IN  p_event_date           DATETIME,
    IN  p_cancelled            BOOLEAN,
    OUT p_last_registration_id BIGINT UNSIGNED
)
    COMMENT 'Keeps the edition of an event that ends now because the event changes: what it was until now, and the last registration that has seen it so. p_last_registration_id is that registration, NULL if there is none; the edition is kept even then, because a mail to somebody who has just unregistered may be about to leave. Runs in the statement of its caller, who holds the lock of the event.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_edition BIGINT;

    -- One row however many participants know it, so that a change costs the same for ten as for a hundred thousand.
    SELECT MAX(id) INTO p_last_registration_id FROM registrations WHERE event_id = p_event_id;
    SELECT COALESCE(MAX(edition), 0) + 1 INTO v_edition FROM event_editions WHERE event_id = p_event_id;
    INSERT INTO event_editions (event_id, edition, title, venue, speaker, event_date, cancelled, last_registration_id)
    VALUES (
        p_event_id, v_edition, p_title, p_venue, p_speaker, p_event_date, p_cancelled,
        COALESCE(p_last_registration_id, 0)
    );
    -- The edition that ends is a called-off one. It gets title, date and the rest of the edition before, because changes that
    -- were made while the event was called off were mailed to nobody.
    IF p_cancelled THEN
        UPDATE event_editions AS o
        JOIN event_editions AS b ON b.event_id = o.event_id AND b.edition = o.edition - 1
        SET o.title = b.title, o.venue = b.venue, o.speaker = b.speaker, o.event_date = b.event_date
        WHERE o.event_id = p_event_id AND o.edition = v_edition;
    END IF;
END //
DELIMITER ;
