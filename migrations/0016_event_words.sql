-- What a search by words reads. migrate fills both tables, as soon as the triggers that keep them are there.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

-- By word and date, so that a page of a search comes off the index in order.
CREATE TABLE event_words (
    word     VARBINARY(32)   NOT NULL
             COMMENT 'WEIGHT_STRING of a word, cut. Empty: every event has this row. Byte 1 and an id: the event is of this organizer',
    starts   DATETIME        NOT NULL COMMENT 'event_date of the event',
    event_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (word, starts, event_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE event_texts (
    event_id     BIGINT UNSIGNED  NOT NULL,
    organizer_id BIGINT UNSIGNED  NOT NULL,
    words        VARBINARY(16000) NOT NULL COMMENT 'WEIGHT_STRING of all words of the event in order, a blank before and behind each',
    PRIMARY KEY (event_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
