-- A capacity that is changed by hand moves the free seats by as much.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS events_before_update;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER events_before_update
    BEFORE UPDATE ON events FOR EACH ROW
BEGIN
    DECLARE v_booked BIGINT DEFAULT CAST(OLD.total_seats AS SIGNED) - CAST(OLD.seats_available AS SIGNED);
    DECLARE v_message VARCHAR(128);

    IF NEW.total_seats <> OLD.total_seats AND NEW.seats_available = OLD.seats_available THEN
        IF NEW.total_seats < v_booked THEN
            SET v_message = CONCAT('capacity_below_booked: total_seats cannot be below the ', v_booked, ' seats already booked');
            SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = v_message;
        END IF;
        SET NEW.seats_available = NEW.total_seats - v_booked;
    END IF;
END //
DELIMITER ;
