-- An organizer's events by date alone: MySQL 9.6 and later do not enforce a foreign key through an index in which any
-- column, be it behind the key's own, is NULL.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

ALTER TABLE events
    DROP KEY events_by_organizer,
    ADD KEY events_by_organizer (organizer_id, event_date, id);
