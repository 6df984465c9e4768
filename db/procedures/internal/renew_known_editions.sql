-- Notes in mails that wait what their readers have been told meanwhile.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP PROCEDURE IF EXISTS renew_known_editions;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE renew_known_editions (
    IN p_delivery_ids LONGTEXT
)
    COMMENT 'Brings known_edition up to date for those of the mails in p_delivery_ids, a JSON array of ids, that wait: it becomes the edition that the last mail sent to the same registration has told. Runs in the transaction of its caller.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    MODIFIES SQL DATA
    SQL SECURITY DEFINER
BEGIN
    DECLARE v_renewed LONGTEXT;
    DECLARE v_news TEXT CHARACTER SET ascii COLLATE ascii_bin;

    SELECT GROUP_CONCAT(kind) INTO v_news FROM delivery_kinds WHERE occasion = 'news';
    -- A plain SELECT finds the mails, because it locks nothing. They are changed in the order of their ids, as everywhere.
    SELECT JSON_ARRAYAGG(JSON_ARRAY(id, edition)) INTO v_renewed
    FROM (
        SELECT d.id, MAX(m.edition) AS edition
        FROM JSON_TABLE(p_delivery_ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS listed
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = listed.id AND d.state IN ('scheduled', 'due')
        STRAIGHT_JOIN deliveries AS m FORCE INDEX (deliveries_of_registration)
            ON m.registration_id = d.registration_id AND m.state = 'sent' AND m.edition > d.known_edition
        -- If it is uncertain what a reader knows, a mail that was sent before the uncertain one makes nothing certain.
        WHERE d.known_edition > 0 OR NOT EXISTS (
            SELECT 1
            FROM deliveries AS o FORCE INDEX (deliveries_of_registration)
            WHERE o.registration_id = d.registration_id AND FIND_IN_SET(o.kind, v_news)
                AND o.uncertain_edition > m.edition
        )
        GROUP BY d.id
        ORDER BY d.id
        LIMIT 100000
    ) AS part;
    IF v_renewed IS NOT NULL THEN
        UPDATE JSON_TABLE(v_renewed, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$[0]', edition INT UNSIGNED PATH '$[1]'
        )) AS part
        STRAIGHT_JOIN deliveries AS d FORCE INDEX (PRIMARY) ON d.id = part.id
        SET d.known_edition = part.edition
        WHERE d.state IN ('scheduled', 'due');
    END IF;
END //
DELIMITER ;
