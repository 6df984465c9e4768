/* Requests to SendGrid, several at once. */
#ifndef EVENTHUB_SENDGRID_H
#define EVENTHUB_SENDGRID_H

#include <stdbool.h>
#include <stddef.h>

#include "db/common/buffer.h"
#include "notifier/answer.h"
#include "notifier/settings.h"

struct sendgrid;

/* `settings` stays the caller's and has to outlive what is returned. NULL if libcurl has no memory. */
struct sendgrid *sendgrid_new(const struct notifier_settings *settings);

/* Abandons what is under way. */
void sendgrid_free(struct sendgrid *sendgrid);

/* Starts a request with the body, which it takes over. `owner` comes back with the response. False, with the body
 * freed, if it cannot be started. */
bool sendgrid_post(struct sendgrid *sendgrid, struct buffer *body, void *owner);

/* How many requests are under way. */
size_t sendgrid_under_way(const struct sendgrid *sendgrid);

/* Waits at most `milliseconds` for something to happen to the requests under way, or on the descriptor `fd`, and calls
 * `done` for each request that has ended. The response lives until `done` returns. */
void sendgrid_work(struct sendgrid *sendgrid, int fd, int milliseconds,
                   void (*done)(void *context, void *owner, const struct response *response), void *context);

#endif
