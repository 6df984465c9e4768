-- Checks that the actor of a call is known and has the role for it.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS require_role;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE require_role (
    IN p_actor_id BIGINT UNSIGNED,
    IN p_role     VARCHAR(16)
)
    COMMENT 'Refuses unless the user p_actor_id exists and has the role p_role (organizer or participant).

Errors: 45401 invalid_token (no such user), 45403 organizer_required, 45403 participant_required.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_role VARCHAR(16);

    -- SELECT INTO, here and wherever a procedure reads, because a subquery in SET, DEFAULT or IF would lock what it reads.
    SELECT role INTO v_role FROM users WHERE id = p_actor_id;
    IF v_role IS NULL THEN
        SIGNAL SQLSTATE '45401' SET MESSAGE_TEXT = 'invalid_token: Invalid authentication credentials';
    ELSEIF v_role <> p_role AND p_role = 'organizer' THEN
        SIGNAL SQLSTATE '45403' SET MESSAGE_TEXT = 'organizer_required: Organizer privileges required';
    ELSEIF v_role <> p_role THEN
        SIGNAL SQLSTATE '45403' SET MESSAGE_TEXT = 'participant_required: Participant privileges required';
    END IF;
END //
DELIMITER ;
