-- Numbers in the rules that a DBA may change; the rules read them at every call.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

CREATE TABLE settings (
    name        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    value       INT UNSIGNED NOT NULL,
    description VARCHAR(255) NOT NULL,
    PRIMARY KEY (name),
    CONSTRAINT settings_value CHECK (value BETWEEN 1 AND 1000000)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

INSERT INTO settings (name, value, description) VALUES
    ('max_seats_per_booking', 10, 'The most seats that one registration may hold');
