-- Lists the registrations of several participants.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS list_registrations;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE list_registrations (
    IN p_requests LONGTEXT
)
    COMMENT 'Lists the registrations of several participants, each as list_my_registrations would list them alone.

p_requests  a JSON array of at most 1000 requests [actor_id], in at most 60000 characters. Numbers have at most 18 digits. A participant may be asked for more than once.

Returns two result sets. The first has a row per request, in the same order: (sqlstate, message, user). The first two say why it was refused and are NULL if it was not; user is the name. The second has the rows of all requests that were not refused: (number, event_id, title, venue, date, speaker, seats_booked, registered_at, status), in the order of number, which is the place of the request, counted from 1, and then in that of list_my_registrations.

So that one participant does not hold up the others, who has more than 100 registrations, those for cancelled events included, is refused with 45503 too_long, and can be asked for by list_my_registrations.

Errors: 45422 invalid_input. In rows: 45401 invalid_token, 45403 participant_required, 45503 too_long.

Example: CALL list_registrations(''[[2], [3]]'');'
    LANGUAGE SQL
    NOT DETERMINISTIC
    READS SQL DATA
    SQL SECURITY DEFINER
BEGIN
    -- [place, actor_id, refusal] of each request. Both results follow it, so that they agree.
    DECLARE v_outcomes LONGTEXT CHARACTER SET ascii COLLATE ascii_bin;

    CALL check_requests(p_requests, 'actor_id');
    CALL allow_long_lists();
    SELECT JSON_ARRAYAGG(JSON_ARRAY(
        q.number, q.actor_id,
        CASE
            WHEN u.role IS NULL THEN '45401 invalid_token: Invalid authentication credentials'
            WHEN u.role <> 'participant' THEN '45403 participant_required: Participant privileges required'
            -- The 101st, if there is one: nobody's registrations are counted to their end.
            WHEN (
                SELECT r.id
                FROM registrations AS r FORCE INDEX (registrations_by_user)
                WHERE r.user_id = q.actor_id
                LIMIT 1 OFFSET 100
            ) IS NOT NULL THEN '45503 too_long: There are more than 100 registrations'
        END
    ))
    INTO v_outcomes
    FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (number FOR ORDINALITY, actor_id BIGINT UNSIGNED PATH '$[0]')) AS q
    LEFT JOIN users AS u ON u.id = q.actor_id;

    SELECT
        LEFT(o.refusal, 5) AS `sqlstate`, SUBSTRING(o.refusal, 7) AS message, IF(o.refusal IS NULL, u.name, NULL) AS user
    FROM JSON_TABLE(v_outcomes, '$[*]' COLUMNS (
        number BIGINT PATH '$[0]', actor_id BIGINT UNSIGNED PATH '$[1]', refusal VARCHAR(128) PATH '$[2]'
    )) AS o
    LEFT JOIN users AS u ON u.id = o.actor_id
    ORDER BY o.number;
    SELECT
        o.number, e.id AS event_id, e.title, e.venue, e.event_date AS date, e.speaker, r.seats AS seats_booked,
        r.registered_at, e.status
    FROM JSON_TABLE(v_outcomes, '$[*]' COLUMNS (
        number BIGINT PATH '$[0]', actor_id BIGINT UNSIGNED PATH '$[1]', refusal VARCHAR(128) PATH '$[2]'
    )) AS o
    STRAIGHT_JOIN registrations AS r FORCE INDEX (registrations_by_user) ON r.user_id = o.actor_id
    STRAIGHT_JOIN listed_events AS e ON e.id = r.event_id
    WHERE o.refusal IS NULL
    ORDER BY o.number, e.event_date, e.id;
END //
DELIMITER ;

GRANT EXECUTE ON PROCEDURE list_registrations TO eventhub_api;
