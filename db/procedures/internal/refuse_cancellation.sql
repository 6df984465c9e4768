-- Refuses to end one registration.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS refuse_cancellation;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE refuse_cancellation (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_event_id BIGINT
)
    COMMENT 'Raises the reason why p_actor_id could not give the seats of an event back, as judge_cancellations finds it.

Errors: 45401 invalid_token, 45403 participant_required, 45404 event_not_found, 45404 not_registered, 45400 event_completed, 45503 interrupted.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_outcomes, v_refusal LONGTEXT;

    -- Here and not in unregister_from_event, so that one that succeeds does not pay for it.
    CALL allow_long_lists();
    CALL judge_cancellations(JSON_ARRAY(JSON_ARRAY(p_actor_id, p_event_id)), NULL, NULL, v_outcomes);
    SET v_refusal = NULLIF(JSON_UNQUOTE(JSON_EXTRACT(v_outcomes, '$[0][5]')), 'null');
    CALL raise_refusal(v_refusal);
END //
DELIMITER ;
