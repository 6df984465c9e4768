/* Looks at a text: whether it is UTF-8, how many characters it has, whether it is blank. */
#include "db/common/text.h"

#include <stdint.h>

/* Decodes one character and moves `at` past it; -1 if it is not well-formed. */
static int32_t next_character(const unsigned char **at, const unsigned char *end) {
    static const int32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = *(*at)++;
    int more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    int32_t character = more == 0 ? first : first & (0x3f >> more);

    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || end - *at < more)
        return -1;
    for (int i = 0; i < more; i++) {
        unsigned char byte = *(*at)++;
        if ((byte & 0xc0) != 0x80)
            return -1;
        character = character << 6 | (byte & 0x3f);
    }
    if (character < smallest[more] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return -1;
    return character;
}

static bool is_white_space(int32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool text_measure(const char *bytes, size_t length, size_t *characters, bool *blank) {
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + length;

    *characters = 0;
    *blank = true;
    while (at < end) {
        int32_t character = next_character(&at, end);
        if (character < 0)
            return false;
        ++*characters;
        *blank = *blank && is_white_space(character);
    }
    return true;
}
