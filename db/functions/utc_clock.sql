-- What time it is, whatever the session says.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS utc_clock;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION utc_clock ()
    RETURNS DATETIME(6)
    COMMENT 'Returns the time in UTC, now and not when the statement began, from a clock that no session can set: UTC_TIMESTAMP() is as old as the statement, which may have waited long for a lock, and a session that has said SET timestamp has its own. In the hour that clocks are set back over, a session in such a zone may be an hour off; those of the programs are in UTC.'
    LANGUAGE SQL
    NOT DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    RETURN CONVERT_TZ(SYSDATE(6), @@session.time_zone, '+00:00');
END //
DELIMITER ;
