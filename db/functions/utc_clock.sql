-- The time, whatever the session says.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS utc_clock;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION utc_clock ()
    RETURNS DATETIME(6)
    COMMENT 'Returns the time in UTC, as it is now, from a clock that no session can set. UTC_TIMESTAMP() is the time at which the statement began, which may have waited long for a lock since, and a session that has said SET timestamp has a time of its own. In a session whose time zone sets its clocks back, the result may be an hour off during that hour; the sessions of the programs are in UTC.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    RETURN CONVERT_TZ(SYSDATE(6), @@session.time_zone, '+00:00');
END //
DELIMITER ;
