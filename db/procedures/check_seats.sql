-- Checks a number of seats that is to be booked.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_seats;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_seats (
    IN p_seats DECIMAL(65, 30)
)
    COMMENT 'Refuses a number of seats that register_for_event would refuse whatever the event is. Changes nothing.

p_seats  how many: a whole number from 1 to the setting max_seats_per_booking; NULL means 1.

Returns nothing, or a row (invalid_field, message) before the error.

Errors: 45422 invalid_input.

Example: CALL check_seats(2);'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_max_seats BIGINT;
    DECLARE v_faults LONGTEXT;

    CALL read_max_seats(v_max_seats);
    CALL note_fault(v_faults, 'seats', CASE
        WHEN p_seats <> FLOOR(p_seats) THEN 'must be a whole number'
        WHEN p_seats NOT BETWEEN 1 AND v_max_seats THEN CONCAT('must be from 1 to ', v_max_seats)
    END);
    CALL refuse_faults(v_faults);
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE check_seats TO eventhub_api;
