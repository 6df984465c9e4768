-- The rules for texts that users give.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS text_fault;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION text_fault (
    p_value      TEXT,
    p_max_length INT,
    p_kind       VARCHAR(4)
)
    RETURNS VARCHAR(90)
    COMMENT 'Returns what is wrong with p_value, as the rest of a sentence that begins with the name of a parameter, such as "must not be blank"; NULL if nothing is. p_max_length is how many characters it may have, and p_kind is one of:

name  of a person: one line without anything invisible, which would make it differ from a name that looks the same. What joins or varies letters of some scripts, or parts of an emoji, is allowed where it does so.
line  one line with something visible: no control characters, and nothing that turns the direction of writing of what follows.
text  may be blank and have tabs and line ends, but no other control characters.'
    LANGUAGE SQL
    DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- Under utf8mb4_bin, because for the collation of the database similar letters are equal.
    DECLARE v_value TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT p_value;

    -- Characters are named one by one even where there is a property for them: the servers know different versions of
    -- Unicode.
    IF v_value IS NULL THEN
        RETURN 'is required';
    -- Blanks, control characters, what Unicode calls default ignorable, and letters that look like nothing.
    ELSEIF p_kind <> 'text' AND v_value NOT REGEXP
        '[^\\x{0}-\\x{20}\\x{7f}-\\x{a0}\\x{ad}\\x{34f}\\x{61c}\\x{115f}\\x{1160}\\x{1680}\\x{17b4}\\x{17b5}'
        '\\x{180b}-\\x{180f}\\x{2000}-\\x{200f}\\x{2028}-\\x{202f}\\x{205f}-\\x{206f}\\x{2800}\\x{3000}\\x{3164}'
        '\\x{fe00}-\\x{fe0f}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffb}\\x{1bca0}-\\x{1bca3}\\x{1d159}\\x{1d173}-\\x{1d17a}'
        '\\x{e0000}-\\x{e0fff}]' THEN
        RETURN 'must not be blank';
    -- Before the other rules, which take long on a long text.
    ELSEIF CHAR_LENGTH(v_value) > p_max_length THEN
        RETURN CONCAT('must have at most ', p_max_length, ' characters');
    ELSEIF p_kind = 'text' THEN
        RETURN IF(v_value REGEXP '[\\x{0}-\\x{8}\\x{b}\\x{c}\\x{e}-\\x{1f}\\x{7f}-\\x{9f}]',
            'must not contain control characters', NULL);
    ELSEIF v_value REGEXP '[\\x{0}-\\x{1f}\\x{7f}-\\x{9f}\\x{2028}\\x{2029}]' THEN
        RETURN 'must be one line without control characters';
    ELSEIF v_value REGEXP '[\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]' THEN
        RETURN 'must not contain characters that turn the direction of writing';
    ELSEIF p_kind = 'name' AND v_value REGEXP
        '[\\x{ad}\\x{34f}\\x{61c}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180e}\\x{200b}\\x{200e}\\x{200f}\\x{2060}-\\x{2065}'
        '\\x{206a}-\\x{206f}\\x{2800}\\x{3164}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffb}\\x{1bca0}-\\x{1bca3}\\x{1d159}'
        '\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e001f}\\x{e0080}-\\x{e00ff}\\x{e01f0}-\\x{e0fff}]'
        -- A joiner stands between two characters, of Persian or of an emoji, or behind the last one of a word in Malayalam.
        '|(?:^|[\\p{Z}\\x{200c}\\x{200d}])[\\x{200c}\\x{200d}]|(?<!\\x{d4d})[\\x{200c}\\x{200d}](?:\\p{Z}|\\z)'
        -- Letters of Latin, Greek and Cyrillic are neither joined nor varied, and those of some others are not joined.
        '|[\\p{Latin}\\p{Greek}\\p{Cyrillic}][\\x{300}-\\x{36f}]*'
        '[\\x{180b}-\\x{180d}\\x{180f}\\x{200c}\\x{200d}\\x{fe00}-\\x{fe0f}\\x{e0100}-\\x{e01ef}]'
        '|[\\p{Armenian}\\p{Georgian}\\p{Hebrew}\\p{Han}\\p{Hangul}\\p{Hiragana}\\p{Katakana}][\\x{200c}\\x{200d}]'
        -- A variation selector stands behind the character that it varies.
        '|(?:^|[\\p{Z}\\x{200c}\\x{200d}\\x{180b}-\\x{180f}\\x{fe00}-\\x{fe0f}\\x{e0100}-\\x{e01ef}])'
        '[\\x{180b}-\\x{180d}\\x{180f}\\x{fe00}-\\x{fe0f}\\x{e0100}-\\x{e01ef}]'
        -- Tags make the flag of a region: a black flag, up to six of them, and the tag that ends them.
        '|(?<![\\x{1f3f4}\\x{e0020}-\\x{e007e}])[\\x{e0020}-\\x{e007f}]|[\\x{e0020}-\\x{e007e}](?![\\x{e0020}-\\x{e007f}])'
        '|[\\x{e0020}-\\x{e007e}]{7}' THEN
        RETURN 'must not contain invisible characters; type it instead of pasting it';
    END IF;
    RETURN NULL;
END //
DELIMITER ;
