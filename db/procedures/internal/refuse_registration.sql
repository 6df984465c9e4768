-- Refuses one registration.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS refuse_registration;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE refuse_registration (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT,
    IN p_seats    BIGINT
)
    COMMENT 'Raises the reason why p_actor_id could not book p_seats seats of an event, as explain_refusals finds it.

Errors: 45401 invalid_token, 45403 participant_required, 45422 invalid_input, 45404 event_not_found, 45400 event_completed, 45409 already_registered, 45409 seats_exhausted, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_refusals LONGTEXT;
    DECLARE v_refusal, v_message VARCHAR(128);

    -- Here and not in register_for_event, so that a booking that succeeds does not pay for it.
    CALL allow_long_lists();
    CALL explain_refusals(JSON_ARRAY(JSON_ARRAY(p_actor_id, p_event_id, p_seats)), '[]', NULL, v_refusals);
    SET v_refusal = JSON_UNQUOTE(JSON_EXTRACT(v_refusals, '$[0][4]'));
    SET v_message = SUBSTRING(v_refusal, 7);
    -- SIGNAL takes no variable for the state.
    CASE LEFT(v_refusal, 5)
        WHEN '45400' THEN SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT = v_message;
        WHEN '45401' THEN SIGNAL SQLSTATE '45401' SET MESSAGE_TEXT = v_message;
        WHEN '45403' THEN SIGNAL SQLSTATE '45403' SET MESSAGE_TEXT = v_message;
        WHEN '45404' THEN SIGNAL SQLSTATE '45404' SET MESSAGE_TEXT = v_message;
        WHEN '45409' THEN SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = v_message;
        WHEN '45422' THEN SIGNAL SQLSTATE '45422' SET MESSAGE_TEXT = v_message;
        ELSE SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_message;
    END CASE;
END //
DELIMITER ;
