-- Addresses in small letters by utf8mb4_bin's rule: under the table's own collation MySQL's LOWER cuts a text off behind a
-- letter whose small one takes more bytes (U+023A, U+023E), and two addresses became one.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

ALTER TABLE users
    MODIFY email_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    GENERATED ALWAYS AS (LOWER(email COLLATE utf8mb4_bin)) STORED
    COMMENT 'What addresses are compared by: regardless of case, but not of accents.';
