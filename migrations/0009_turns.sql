-- The turns from the start, because two who put the first row of a table in at once wait for each other.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

INSERT IGNORE INTO turns (name, taken_at) VALUES ('claim', UTC_TIMESTAMP()), ('plan', UTC_TIMESTAMP());
