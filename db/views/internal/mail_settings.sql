-- The settings of mails, one column each: the one place that says what holds if a row is missing.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- Always one row. migrations/rows.sql has the same values, and puts missing rows of the table in again. Bookings have
-- read_max_seats instead: on MySQL a view that is opened by each of them made them a tenth slower.
CREATE OR REPLACE
    DEFINER = 'eventhub_definer'@'localhost'
    SQL SECURITY DEFINER
VIEW mail_settings (max_delivery_attempts, delivery_retry_seconds, reminder_quiet_minutes) AS
SELECT
    CAST(COALESCE(MAX(IF(s.name = 'max_delivery_attempts', s.value, NULL)), 20) AS SIGNED),
    CAST(COALESCE(MAX(IF(s.name = 'delivery_retry_seconds', s.value, NULL)), 60) AS SIGNED),
    CAST(COALESCE(MAX(IF(s.name = 'reminder_quiet_minutes', s.value, NULL)), 360) AS SIGNED)
FROM settings AS s;
