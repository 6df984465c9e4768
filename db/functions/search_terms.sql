-- What a search looks for.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS search_terms;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION search_terms (
    p_q TEXT
)
    RETURNS TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    COMMENT 'Returns a JSON array of what stands between the blanks of p_q, each as search_text has it. What consists of punctuation only is left out; of NULL the array is empty.'
    LANGUAGE SQL
    DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- A character for private use marks blanks, because it stays when other separators go.
    DECLARE c_mark CHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT _utf8mb4 x'EE8080';
    DECLARE v_text TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT COALESCE(p_q, '');

    SET v_text = REGEXP_REPLACE(
        v_text,
        '[\\x{0}-\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200b}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}]+',
        CONCAT(' ', c_mark, ' ')
    );
    SET v_text = REGEXP_REPLACE(search_text(v_text), ' *(?:\\x{e000} *)+', c_mark);
    SET v_text = TRIM(BOTH c_mark FROM v_text);
    RETURN IF(v_text = '', '[]', CONCAT('["', REPLACE(v_text, c_mark, '","'), '"]'));
END //
DELIMITER ;
