/* Pages for people who follow a link in a mail: what a row of a procedure says, as HTML. */
#include "shim/api/page.h"

#include "db/common/html_out.h"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    "body { font: 1.1em/1.5 sans-serif; margin: 3em auto; max-width: 32em; padding: 0 1em; overflow-wrap: anywhere }\n"
    "h1 { line-height: 1.2 }\n"
    "button { font: inherit; padding: 0.5em 1em }\n"
    "</style>\n";

/* Appends `before` and, escaped, the text of the row's column `name`. */
static void add(struct buffer *html, const char *before, const struct db_result *row, const char *name) {
    struct db_column column = db_result_find(row, name);

    buffer_text(html, before);
    html_out_text(html, column.text != NULL ? column.text : "", column.length);
}

void page_write(struct buffer *html, const struct db_result *row) {
    buffer_text(html, head);
    add(html, "<title>", row, "title");
    add(html, "</title>\n</head>\n<body>\n<h1>", row, "title");
    add(html, "</h1>\n<p>", row, "text");
    /* A form without an action is sent to the address that the page came from, even if a proxy in front changes the
     * path. */
    add(html, "</p>\n<form method=\"post\"><button name=\"", row, "field");
    add(html, "\" value=\"", row, "value");
    add(html, "\">", row, "button");
    add(html, "</button></form>\n<p>", row, "note");
    buffer_text(html, "</p>\n</body>\n</html>\n");
}

const char *page_add_headers(struct reply *reply) {
    /* No script runs and no other site can show the page in a frame (clickjacking), so that only the reader can press
     * the button. */
    reply_header(reply, "Content-Security-Policy",
                 "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
                 "base-uri 'none'");
    /* The page's address holds a token that works like a password: it must not get into caches, referrers or search
     * engines. */
    reply_header(reply, "Cache-Control", "no-store");
    reply_header(reply, "Referrer-Policy", "no-referrer");
    reply_header(reply, "X-Robots-Tag", "noindex");
    return "text/html; charset=utf-8";
}
