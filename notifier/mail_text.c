/* Texts that stand in mails: escaped, with web addresses as links, broken into lines. */
#include "notifier/mail_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "db/common/html_out.h"

enum { COLUMNS = 72 };

static bool is_blank(char c) {
    return (unsigned char)c <= 0x20 || c == 0x7f;
}

struct ledger_text mail_text_trimmed(const struct ledger_text *text) {
    struct ledger_text inner = *text;

    while (inner.length > 0 && is_blank(inner.bytes[inner.length - 1]))
        inner.length--;
    while (inner.length > 0 && is_blank(*inner.bytes)) {
        inner.bytes++;
        inner.length--;
    }
    return inner;
}

bool mail_text_differs(const struct ledger_text *one, const struct ledger_text *other) {
    const struct ledger_text a = mail_text_trimmed(one), b = mail_text_trimmed(other);
    return a.length != b.length || (a.length > 0 && memcmp(a.bytes, b.bytes, a.length) != 0);
}

/* How many bytes at `at` are a control character or a line end: C0 and DEL, C1 (U+0080 to U+009F, which has NEL), and
 * U+2028 and U+2029. 0 if none. */
static size_t control_length(const char *at, size_t left) {
    const unsigned char *c = (const unsigned char *)at;
    if (c[0] < 0x20 || c[0] == 0x7f)
        return 1;
    if (left >= 2 && c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
        return 2;
    return left >= 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9) ? 3 : 0;
}

static void append_line(struct buffer *out, const char *text, size_t length, bool html) {
    for (size_t i = 0; i < length;) {
        size_t control = control_length(text + i, length - i);
        const char *escaped = html ? html_out_entity(text[i]) : NULL;
        if (control > 0)
            buffer_append(out, " ", 1);
        else if (escaped != NULL)
            buffer_text(out, escaped);
        else
            buffer_append(out, text + i, 1);
        i += control > 0 ? control : 1;
    }
}

void mail_text_line(struct buffer *out, const char *text, size_t length) {
    append_line(out, text, length, false);
}

void mail_text_html(struct buffer *out, const char *text, size_t length) {
    append_line(out, text, length, true);
}

static size_t scheme_length(const char *text, size_t length) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t wanted = strlen(schemes[i]);
        if (length > wanted && strncasecmp(text, schemes[i], wanted) == 0)
            return wanted;
    }
    return 0;
}

/* How many bytes of the text are a web address; 0 if it does not begin with one. An address ends where ASCII ends,
 * because other letters can look like ASCII or reverse the direction of writing; if its host would go on there, it is
 * no link. An address with a user before an @ is no link either, because the user looks like the host. */
static size_t link_length(const char *text, size_t length) {
    size_t start = scheme_length(text, length);
    if (start == 0 || !isalnum((unsigned char)text[start]))
        return 0;
    size_t end = start;
    bool is_path = false, has_user = false;
    int open = 0;
    while (end < length && isgraph((unsigned char)text[end]) && strchr("<>\"`\\^{|}", text[end]) == NULL) {
        open += (text[end] == '(') - (text[end] == ')');
        is_path = is_path || strchr("/?#", text[end]) != NULL;
        has_user = has_user || (!is_path && text[end] == '@');
        end++;
    }
    if (has_user || (end < length && (unsigned char)text[end] >= 0x80 && !is_path))
        return 0;
    /* The punctuation that ends a sentence is not part of the address, nor is a parenthesis that opened before it. */
    for (; strchr(".,;:!?')]*_~", text[end - 1]) != NULL && (text[end - 1] != ')' || open < 0); end--)
        open += text[end - 1] == ')';
    return end > start ? end : 0;
}

void mail_text_linked(struct buffer *out, const char *text, size_t length) {
    size_t done = 0;

    for (size_t i = 0; i < length; i++) {
        size_t link = i > 0 && isalnum((unsigned char)text[i - 1]) ? 0 : link_length(text + i, length - i);
        if (link == 0)
            continue;
        mail_text_html(out, text + done, i - done);
        buffer_text(out, "<a href=\"");
        mail_text_html(out, text + i, link);
        buffer_text(out, "\">");
        mail_text_html(out, text + i, link);
        buffer_text(out, "</a>");
        done = i + link;
        i = done - 1;
    }
    mail_text_html(out, text + done, length - done);
}

static size_t characters(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

void mail_text_wrapped(struct buffer *out, const char *start, const char *text, size_t length, const char *indent) {
    struct buffer line = {0};
    size_t column = characters(start, strlen(start));
    bool begun = false;

    buffer_text(out, start);
    mail_text_line(&line, text, length);
    if (line.failed)
        out->failed = true;
    for (size_t at = 0; at < line.length;) {
        size_t blanks = 0, end;
        while (at + blanks < line.length && line.data[at + blanks] == ' ')
            blanks++;
        for (end = at + blanks; end < line.length && line.data[end] != ' ';)
            end++;
        size_t width = characters(line.data + at, end - at);
        if (column + width > COLUMNS && (begun || column > strlen(indent))) {
            /* No line ends with blanks, not even with the blank behind a label. */
            while (out->length > 0 && out->data[out->length - 1] == ' ')
                out->length--;
            buffer_printf(out, "\r\n%s", indent);
            column = strlen(indent);
            at += blanks;
            width -= blanks;
        }
        buffer_append(out, line.data + at, end - at);
        column += width;
        begun = true;
        at = end;
    }
    buffer_text(out, "\r\n");
    buffer_free(&line);
}
