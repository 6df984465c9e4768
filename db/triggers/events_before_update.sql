-- Completes the change of an event by hand: a new capacity moves the free seats, and participants are told of the change.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS events_before_update;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER events_before_update
    BEFORE UPDATE ON events FOR EACH ROW
BEGIN
    -- Not in a statement of the procedures, which see to it themselves, nor while a dump is loaded: see
    -- registrations_after_insert.
    IF NOT (@eventhub_statement <=> NOW(6)) AND @@SESSION.foreign_key_checks THEN
        BEGIN
            DECLARE v_booked BIGINT DEFAULT CAST(OLD.total_seats AS SIGNED) - CAST(OLD.seats_available AS SIGNED);
            DECLARE v_message VARCHAR(128);
            DECLARE v_notified BOOLEAN;

            IF NEW.total_seats <> OLD.total_seats AND NEW.seats_available = OLD.seats_available THEN
                IF NEW.total_seats < v_booked THEN
                    SET v_message = CONCAT('capacity_below_booked: total_seats cannot be below the ', v_booked, ' seats already booked');
                    SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = v_message;
                END IF;
                SET NEW.seats_available = NEW.total_seats - v_booked;
            END IF;

            IF NEW.cancelled_at IS NULL AND OLD.cancelled_at IS NOT NULL THEN
                DELETE FROM cancellations WHERE event_id = NEW.id;
            END IF;
            IF NEW.cancelled_at IS NULL THEN
                CALL tell_of_change(
                    NEW.id, OLD.cancelled_at IS NOT NULL, OLD.title, OLD.venue, OLD.speaker, OLD.event_date, NEW.title,
                    NEW.venue, NEW.speaker, NEW.event_date
                );
            ELSEIF OLD.cancelled_at IS NULL THEN
                CALL tell_of_cancellation(NEW.id, OLD.title, OLD.venue, OLD.speaker, OLD.event_date, v_notified);
            END IF;
        END;
    END IF;
END //
DELIMITER ;
