-- The rules for e-mail addresses that users give.
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci;
SET SESSION sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY';

DROP FUNCTION IF EXISTS email_fault;

DELIMITER //
CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION email_fault (
    p_email TEXT
)
    RETURNS VARCHAR(90)
    COMMENT 'Returns what is wrong with p_email, an e-mail address without blanks around it, as the rest of a sentence that begins with the name of a parameter; NULL if nothing is. It accepts addresses to which every mail provider can send, and which differ visibly from all others.

Before the @ stand at most 64 ASCII characters without quotes, with dots only between others (RFC 5321, Dot-string). After it stand at least two labels of 1 to 63 letters, digits and hyphens; no label begins or ends with a hyphen, and the last one is not a number. Letters of a domain may be of any script (IDNA), in composed form, and as IDNA would leave them. The whole address has at most 254 characters, the most that RFC 5321 has room for.

Not checked: that a label has at most 63 characters once it is encoded, and that a label that begins with xn-- can be decoded. A domain in letters and the same domain encoded are two addresses here.'
    LANGUAGE SQL
    DETERMINISTIC
    NO SQL
    SQL SECURITY DEFINER
BEGIN
    -- Under utf8mb4_bin, because for the collation of the database similar letters are equal.
    DECLARE v_email TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT p_email;
    DECLARE v_fault VARCHAR(90) DEFAULT text_fault(v_email, 254, 'name');
    DECLARE v_domain TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT SUBSTRING_INDEX(v_email, '@', -1);
    DECLARE v_is_ascii BOOLEAN DEFAULT v_domain NOT REGEXP '[^\\x{0}-\\x{7f}]';
    -- Letters other than those of ASCII. Only where they are needed: MySQL takes most of a millisecond to prepare
    -- properties.
    DECLARE v_letters VARCHAR(60) DEFAULT IF(v_is_ascii, '', '\\p{L}\\p{Nd}\\x{3007}');
    DECLARE v_not_first VARCHAR(60) DEFAULT IF(v_is_ascii, '', '\\p{M}\\x{b7}\\x{30fb}');
    DECLARE v_label VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT CONCAT(
        '[A-Za-z0-9', v_letters, '](?:[A-Za-z0-9', v_letters, v_not_first, '-]{0,61}[A-Za-z0-9', v_letters, v_not_first, '])?'
    );

    IF v_fault IS NOT NULL THEN
        RETURN v_fault;
    -- Invisible characters that text_fault allows between the letters of a name.
    ELSEIF v_email REGEXP
        '[\\x{200c}\\x{200d}\\x{180b}-\\x{180f}\\x{fe00}-\\x{fe0f}\\x{e0020}-\\x{e007f}\\x{e0100}-\\x{e01ef}]' THEN
        RETURN 'must not contain invisible characters; type it instead of pasting it';
    ELSEIF v_email NOT REGEXP '^[^@]+@[^@]+\\z' THEN
        RETURN 'must be an e-mail address such as ann@example.org';
    ELSEIF v_email REGEXP '[^\\x{0}-\\x{7f}].*@' THEN
        RETURN 'must have no letters but a to z before the @';
    ELSEIF LOCATE('@', v_email) > 65 THEN
        RETURN 'must have at most 64 characters before the @';
    -- Characters that NFKC would replace, except the AM of Thai and Lao, which their keyboards write; marks, vowels and
    -- finals that are part of a composed letter; and marks behind a letter with which they could be composed.
    ELSEIF NOT v_is_ascii AND v_domain REGEXP
        '[\\x{a7f1}\\x{1ccf0}-\\x{1ccf9}\\x{1e030}-\\x{1e06d}'
        '\\x{aa}-\\x{b5}\\x{ba}\\x{132}-\\x{133}\\x{13f}-\\x{140}\\x{149}\\x{17f}\\x{1c4}-\\x{1cc}'
        '\\x{1f1}-\\x{1f3}\\x{2b0}-\\x{2b8}\\x{2e0}-\\x{2e4}\\x{300}-\\x{36f}\\x{374}\\x{37a}\\x{3d0}-\\x{3d6}'
        '\\x{3f0}-\\x{3f2}\\x{3f4}-\\x{3f5}\\x{3f9}\\x{587}\\x{675}-\\x{678}\\x{958}-\\x{95f}\\x{9dc}-\\x{9df}'
        '\\x{a33}\\x{a36}\\x{a59}-\\x{a5b}\\x{a5e}\\x{b5c}-\\x{b5d}\\x{edc}-\\x{edd}\\x{f43}\\x{f4d}\\x{f52}'
        '\\x{f57}\\x{f5c}\\x{f69}\\x{f73}\\x{f75}-\\x{f79}\\x{f81}\\x{f93}\\x{f9d}\\x{fa2}\\x{fa7}\\x{fac}'
        '\\x{fb9}\\x{10fc}\\x{1100}-\\x{11ff}\\x{1d2c}-\\x{1d2e}\\x{1d30}-\\x{1d3a}\\x{1d3c}-\\x{1d4d}'
        '\\x{1d4f}-\\x{1d6a}\\x{1d78}\\x{1d9b}-\\x{1dbf}\\x{1e9a}-\\x{1e9b}\\x{1f71}\\x{1f73}\\x{1f75}\\x{1f77}'
        '\\x{1f79}\\x{1f7b}\\x{1f7d}\\x{1fbb}\\x{1fbe}\\x{1fc9}\\x{1fcb}\\x{1fd3}\\x{1fdb}\\x{1fe3}\\x{1feb}'
        '\\x{1ff9}\\x{1ffb}\\x{2071}-\\x{209c}\\x{2102}-\\x{2131}\\x{2133}-\\x{2149}\\x{2c7c}-\\x{2c7d}\\x{2d6f}'
        '\\x{3099}-\\x{309a}\\x{309f}\\x{30ff}\\x{3131}-\\x{318e}\\x{a69c}-\\x{a69d}\\x{a770}\\x{a7f2}-\\x{a7f4}'
        '\\x{a7f8}-\\x{a7f9}\\x{a960}-\\x{a97f}\\x{ab5c}-\\x{ab5f}\\x{ab69}\\x{d7b0}-\\x{d7ff}'
        '\\x{f900}-\\x{fa0d}\\x{fa10}\\x{fa12}\\x{fa15}-\\x{fa1e}\\x{fa20}\\x{fa22}\\x{fa25}-\\x{fa26}'
        '\\x{fa2a}-\\x{fb1d}\\x{fb1f}-\\x{fdfb}\\x{fe70}-\\x{fe72}\\x{fe74}-\\x{ffdc}\\x{10781}-\\x{107ba}'
        '\\x{1d400}-\\x{1d7ff}\\x{1ee00}-\\x{1eebb}\\x{1fbf0}-\\x{1fbf9}\\x{2f800}-\\x{2fa1d}]'
        '|\\x{627}[\\x{653}\\x{655}]|[\\x{627}\\x{648}\\x{64a}\\x{6c1}\\x{6d2}\\x{6d5}]\\x{654}'
        '|[\\x{928}\\x{930}\\x{933}]\\x{93c}|\\x{9c7}[\\x{9be}\\x{9d7}]|\\x{b47}[\\x{b3e}\\x{b56}-\\x{b57}]'
        '|[\\x{b92}\\x{bc6}]\\x{bd7}|[\\x{bc6}-\\x{bc7}]\\x{bbe}|\\x{c46}\\x{c56}'
        '|[\\x{cbf}\\x{cc6}\\x{cca}]\\x{cd5}|\\x{cc6}[\\x{cc2}\\x{cd6}]|[\\x{d46}-\\x{d47}]\\x{d3e}'
        '|\\x{d46}\\x{d57}|[\\x{dd9}\\x{ddc}]\\x{dca}|\\x{dd9}[\\x{dcf}\\x{ddf}]|\\x{1025}\\x{102e}'
        '|[\\x{1b05}\\x{1b07}\\x{1b09}\\x{1b0b}\\x{1b0d}\\x{1b11}\\x{1b3a}\\x{1b3c}\\x{1b3e}-\\x{1b3f}\\x{1b42}]\\x{1b35}'
        '|[\\x{11099}\\x{1109b}\\x{110a5}]\\x{110ba}|[\\x{11131}-\\x{11132}]\\x{11127}'
        '|\\x{11347}[\\x{1133e}\\x{11357}]|\\x{114b9}[\\x{114b0}\\x{114ba}\\x{114bd}]'
        '|[\\x{115b8}-\\x{115b9}]\\x{115af}|\\x{11935}\\x{11930}'
        '|[\\x{11382}\\x{11390}\\x{113c2}]\\x{113c9}|\\x{11384}\\x{113bb}|[\\x{1138b}\\x{113c2}]\\x{113c2}'
        '|\\x{113c2}\\x{113b8}|\\x{1611e}[\\x{1611e}-\\x{16120}\\x{16129}]|\\x{16129}\\x{1611f}'
        '|[\\x{16d63}\\x{16d67}]\\x{16d67}' THEN
        RETURN 'must have a domain of composed letters, each in its usual form (NFC)';
    ELSEIF v_email NOT REGEXP CONCAT(
        '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:[.][A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:',
        v_label, '[.])+(?![0-9]+\\z)', v_label, '\\z'
    ) THEN
        RETURN 'must be an e-mail address such as ann@example.org';
    END IF;
    RETURN NULL;
END //
DELIMITER ;
