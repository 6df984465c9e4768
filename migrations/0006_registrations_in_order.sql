-- The registrations of an event in the order in which they were made, for whoever goes through them part by part.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

ALTER TABLE registrations ADD KEY registrations_in_order (event_id, id);
