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

    -- Here and not in register_for_event, so that a booking that succeeds does not pay for it.
    CALL allow_long_lists();
    CALL explain_refusals(JSON_ARRAY(JSON_ARRAY(p_actor_id, p_event_id, p_seats)), '[]', NULL, NULL, v_refusals);
    CALL raise_refusal(JSON_UNQUOTE(JSON_EXTRACT(v_refusals, '$[0][4]')));
END //
DELIMITER ;
