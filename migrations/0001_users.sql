-- Participants and organizers, and the database's own character set and collation.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- Parameters of stored procedures take the database's collation, so it has to be ours however the database was made.
ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE users (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    name          VARCHAR(120)    NOT NULL,
    email         VARCHAR(255)    NOT NULL COMMENT 'As the user wrote it, without blanks around it.',
    email_key     VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
                  GENERATED ALWAYS AS (LOWER(email)) STORED
                  COMMENT 'What addresses are compared by: regardless of case, but not of accents.',
    role          VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
                  COMMENT 'crypto_pwhash_str of libsodium: Argon2id with its salt and parameters.',
    created_at    DATETIME        NOT NULL DEFAULT (UTC_TIMESTAMP()) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY users_email (email_key),
    CONSTRAINT users_name_not_blank CHECK (CHAR_LENGTH(TRIM(name)) > 0),
    CONSTRAINT users_role CHECK (CAST(role AS BINARY) IN ('organizer', 'participant'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
