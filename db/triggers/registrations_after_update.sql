-- Counts the seats of a registration that is changed by hand, in the same statement.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP TRIGGER IF EXISTS registrations_after_update;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER registrations_after_update
    AFTER UPDATE ON registrations FOR EACH ROW
BEGIN
    -- Two events are changed in ascending order of id, the order in which everything here locks events.
    IF NOT @@SESSION.foreign_key_checks THEN
        BEGIN END;
    ELSEIF NEW.event_id > OLD.event_id THEN
        CALL count_seats(OLD.event_id, -CAST(OLD.seats AS SIGNED));
        CALL count_seats(NEW.event_id, NEW.seats);
    ELSEIF NEW.event_id < OLD.event_id THEN
        CALL count_seats(NEW.event_id, NEW.seats);
        CALL count_seats(OLD.event_id, -CAST(OLD.seats AS SIGNED));
    ELSEIF NEW.seats <> OLD.seats THEN
        CALL count_seats(NEW.event_id, CAST(NEW.seats AS SIGNED) - CAST(OLD.seats AS SIGNED));
    END IF;
END //
DELIMITER ;
