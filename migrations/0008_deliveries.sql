-- The ledger of mails, one row each, and who is sending which of them at the moment.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- That a mail goes once is the UNIQUE key's doing. No foreign keys: a registration that ends leaves what it was sent on
-- record, and the event's row is not to be locked for a mail.
CREATE TABLE deliveries (
    id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    registration_id BIGINT UNSIGNED NOT NULL,
    kind            VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    occasion        DATETIME(6)     NOT NULL COMMENT 'As in notices',
    event_id        BIGINT UNSIGNED NOT NULL,
    user_id         BIGINT UNSIGNED NOT NULL COMMENT 'Whom it is for',
    state           VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'due'
                    COMMENT 'due, in_flight, sent, unconfirmed (it may have been sent, and is not sent again) or dead',
    claimable_at    DATETIME        NOT NULL COMMENT 'UTC; while it is due, it is not sent before',
    claim_id        BIGINT UNSIGNED     NULL COMMENT 'The last claim on it',
    attempts        INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'Claims that did not end with it sent',
    uncertain_sends INT UNSIGNED    NOT NULL DEFAULT 0
                    COMMENT 'Requests that may have sent it although no answer came: if it is sent as well, it may have arrived twice',
    finished_at     DATETIME            NULL COMMENT 'UTC; when it was sent, unconfirmed or dead',
    message_id      VARCHAR(128)        NULL COMMENT 'X-Message-Id of SendGrid, the same for all mails of one request',
    last_error      VARCHAR(255)        NULL,
    PRIMARY KEY (id),
    UNIQUE KEY deliveries_once (registration_id, kind, occasion),
    KEY deliveries_queue (state, claimable_at),
    KEY deliveries_of_event (event_id, kind, occasion, state, claim_id),
    CONSTRAINT deliveries_kind CHECK (CAST(kind AS BINARY) IN ('reminder', 'update', 'cancellation')),
    CONSTRAINT deliveries_state CHECK (CAST(state AS BINARY) IN ('due', 'in_flight', 'sent', 'unconfirmed', 'dead'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- A claim is a lease: it goes when all of its mails are reported on, or when its time is up.
CREATE TABLE claims (
    id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    worker      VARCHAR(64)     NOT NULL COMMENT 'Who holds it: host and process',
    kind        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_id    BIGINT UNSIGNED NOT NULL,
    occasion    DATETIME(6)     NOT NULL,
    mails       INT UNSIGNED    NOT NULL COMMENT 'How many of its mails have not been reported on',
    claimed_at  DATETIME        NOT NULL COMMENT 'UTC',
    sending_at  DATETIME            NULL COMMENT 'UTC; when sending began. NULL: nothing has left',
    lease_until DATETIME        NOT NULL COMMENT 'UTC',
    PRIMARY KEY (id),
    KEY claims_by_lease (lease_until)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- What one session does at a time, plan and claim: whoever does it holds the lock of its row.
CREATE TABLE turns (
    name     VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    taken_at DATETIME   NOT NULL COMMENT 'UTC; when it was last done',
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

INSERT INTO settings (name, value, description) VALUES
    ('max_delivery_attempts', 20, 'A mail that could not be sent so many times is dead'),
    ('delivery_retry_seconds', 60, 'The pause after a mail''s first failure; it doubles with each, up to six hours');
