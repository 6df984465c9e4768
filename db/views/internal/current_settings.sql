-- The settings as the rules read them, one column each: the one place that says what holds where a row is missing.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- Always one row. migrations/rows.sql puts a missing row of the table in again, with the same value.
CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW current_settings (max_seats_per_booking, max_delivery_attempts, delivery_retry_seconds, reminder_quiet_minutes) AS
SELECT
    CAST(COALESCE(MAX(IF(s.name = 'max_seats_per_booking', s.value, NULL)), 10) AS SIGNED),
    CAST(COALESCE(MAX(IF(s.name = 'max_delivery_attempts', s.value, NULL)), 20) AS SIGNED),
    CAST(COALESCE(MAX(IF(s.name = 'delivery_retry_seconds', s.value, NULL)), 60) AS SIGNED),
    CAST(COALESCE(MAX(IF(s.name = 'reminder_quiet_minutes', s.value, NULL)), 360) AS SIGNED)
FROM settings AS s;
