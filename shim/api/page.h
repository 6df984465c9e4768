/* Pages for people who follow a link in a mail: what a row of a procedure says, as HTML. */
#ifndef EVENTHUB_PAGE_H
#define EVENTHUB_PAGE_H

#include "db/client/result.h"
#include "db/common/buffer.h"
#include "shim/http/reply.h"

/* Appends the page that the row's columns describe: `title` as its heading, `text`, a form of one button labelled
 * `button`, which sends `field`=`value` by POST to the page's own address, and `note`. */
void page_write(struct buffer *html, const struct db_result *row);

/* Adds the headers that a page needs, and returns its content type. */
const char *page_add_headers(struct reply *reply);

#endif
