-- Checks the form of a list of requests.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS check_requests;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE check_requests (
    IN p_requests LONGTEXT,
    IN p_members  VARCHAR(60)
)
    COMMENT 'Refuses p_requests unless it is a JSON array of at most 1000 requests, each an array of the numbers that p_members names, for example "actor_id, event_id, seats", in at most 60000 characters. Numbers have at most 18 digits. An actor_id is not negative, and seats may be null. Afterwards a JSON_TABLE needs no further checks.

Errors: 45422 invalid_input.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_number VARCHAR(30) DEFAULT '(?:0|[1-9][0-9]{0,17})';
    DECLARE v_request VARCHAR(200) DEFAULT p_members;

    SET v_request = REPLACE(v_request, 'actor_id', v_number),
        v_request = REPLACE(v_request, 'event_id', CONCAT('-?', v_number)),
        v_request = REPLACE(v_request, 'seats', CONCAT('(?:-?', v_number, '|null)')),
        v_request = REPLACE(v_request, ', ', ' *, *');
    -- The length first: a regular expression takes long on a long text, and MySQL gives up on one that takes too long.
    IF CHAR_LENGTH(p_requests) > 60000 THEN
        CALL refuse_input('requests', 'must have at most 60000 characters');
    ELSEIF COALESCE(p_requests COLLATE utf8mb4_bin NOT REGEXP
        CONCAT('^\\[ *(?:\\[ *', v_request, ' *\\] *(?:, *(?=\\[)|(?=\\])))*\\] *\\z'), TRUE) THEN
        CALL refuse_input('requests', CONCAT('must be a JSON array of [', p_members, ']'));
    END IF;
    IF JSON_LENGTH(p_requests) > 1000 THEN
        CALL refuse_input('requests', 'must have at most 1000 requests');
    END IF;
END //
DELIMITER ;
