-- Events by date alone: behind cancelled_at MariaDB reads them from the oldest on, however late the date that is asked for.
-- Those that were called off are few, and passed over.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

ALTER TABLE events
    DROP KEY events_by_date,
    ADD KEY events_by_date (event_date, id);
