-- The rule for what a word is, in events and in searches.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS search_text;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION search_text (
    p_text MEDIUMTEXT
)
    RETURNS MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    COMMENT 'Returns the words of p_text with one blank between two of them. Blanks and punctuation separate words, so that "O''Neil" is two; + and # directly behind a word belong to it and end it, as in C++ and C#. Each character of Chinese, Japanese and Korean, and each emoji or other symbol, is a word. What is returned has no quotes, backslashes or control characters.'
    LANGUAGE SQL
    DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- Under utf8mb4_bin, because for the collation of the database similar letters are equal.
    DECLARE v_text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT p_text;
    -- Characters are named one by one even where there is a property for them: the servers know different versions of
    -- Unicode.
    DECLARE c_separators TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT
        '\\x{0}-"\\x{24}-*,-/:-@\\x{5b}-`\\x{7b}-\\x{a9}\\x{ab}-\\x{b1}\\x{b4}\\x{b6}-\\x{b8}\\x{bb}\\x{bf}\\x{d7}\\x{f7}'
        '\\x{2b9}-\\x{2bf}\\x{37e}\\x{387}\\x{55a}-\\x{55f}\\x{589}\\x{58a}\\x{5be}\\x{5c0}\\x{5c3}\\x{5c6}\\x{5f3}\\x{5f4}'
        '\\x{609}-\\x{60d}\\x{61b}-\\x{61f}\\x{66a}-\\x{66d}\\x{6d4}\\x{700}-\\x{70d}\\x{964}\\x{965}\\x{970}\\x{e3f}\\x{e4f}'
        '\\x{e5a}\\x{e5b}\\x{f04}-\\x{f14}\\x{104a}-\\x{104f}\\x{10fb}\\x{1361}-\\x{1368}\\x{1680}\\x{17d4}-\\x{17da}'
        '\\x{1800}-\\x{180a}\\x{2000}-\\x{200b}\\x{2010}-\\x{205f}\\x{20a0}-\\x{20cf}\\x{2cf9}-\\x{2cff}\\x{2e00}-\\x{2e7f}'
        '\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{303d}-\\x{303f}\\x{30a0}\\x{30fb}\\x{fe10}-\\x{fe19}'
        '\\x{fe30}-\\x{fe6f}\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff20}\\x{ff3b}-\\x{ff40}\\x{ff5b}-\\x{ff65}\\x{ffe0}-\\x{ffef}'
        '\\x{fff9}-\\x{fffd}';

    -- Characters that are words by themselves. Most texts have none of them.
    IF v_text REGEXP '[^\\x{0}-\\x{218f}]' THEN
        SET v_text = REGEXP_REPLACE(
            v_text,
            '([\\x{2190}-\\x{245f}\\x{2500}-\\x{2bff}\\x{2e80}-\\x{2fdf}\\x{3005}-\\x{3007}\\x{3031}-\\x{3035}\\x{3041}-\\x{3098}'
            '\\x{309b}-\\x{309f}\\x{30a1}-\\x{30fa}\\x{30fc}-\\x{318f}\\x{31a0}-\\x{31bf}\\x{31f0}-\\x{a4cf}\\x{a960}-\\x{a97f}'
            '\\x{ac00}-\\x{d7af}\\x{f900}-\\x{faff}\\x{ff66}-\\x{ff9d}\\x{ffa0}-\\x{ffdc}\\x{1b000}-\\x{1b16f}'
            '\\x{1f000}-\\x{1fbff}\\x{20000}-\\x{3ffff}])',
            /*!80001 ' $1 ' */ /*M!100000 ' \\1 ' */
        );
    END IF;
    IF v_text REGEXP '[+#]' THEN
        SET v_text = REGEXP_REPLACE(v_text, '([+#])(?![+# ])', /*!80001 '$1 ' */ /*M!100000 '\\1 ' */);
    END IF;
    RETURN TRIM(REGEXP_REPLACE(
        v_text, CONCAT('(?:[', c_separators, ']|(?:^|(?<=[', c_separators, ']))[+#]+)+'), ' '
    ));
END //
DELIMITER ;
