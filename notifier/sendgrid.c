/* Requests to SendGrid, several at once. */
#include "notifier/sendgrid.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "db/common/clock.h"

enum { MAX_ANSWER_BYTES = 16384 };

struct sendgrid {
    const struct notifier_settings *settings;
    CURLM *multi;
    struct curl_slist *headers;
    char url[512];
    LIST_HEAD(transfer_list, transfer) transfers; /* under way */
    size_t under_way;
};

struct transfer {
    CURL *easy;
    struct buffer body;
    struct buffer answer;
    char message_id[128];
    long long reset;
    char failure[CURL_ERROR_SIZE];
    void *owner;
    int64_t served_us; /* how long sendgrid_work has looked after it */
    LIST_ENTRY(transfer) link;
};

static bool add_header(struct curl_slist **headers, const char *line) {
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer == NULL)
        return false;
    *headers = longer;
    return true;
}

struct sendgrid *sendgrid_new(const struct notifier_settings *settings) {
    struct buffer authorization = {0};

    struct sendgrid *sendgrid = calloc(1, sizeof *sendgrid);
    if (sendgrid == NULL)
        return NULL;
    sendgrid->settings = settings;
    snprintf(sendgrid->url, sizeof sendgrid->url, "%s/v3/mail/send", settings->sendgrid_url);
    buffer_printf(&authorization, "Authorization: Bearer %s", settings->api_key);
    /* Without an empty Expect curl would wait for a go-ahead before it sends a body of more than a megabyte. */
    bool good = !authorization.failed && add_header(&sendgrid->headers, authorization.data) &&
                add_header(&sendgrid->headers, "Content-Type: application/json") &&
                add_header(&sendgrid->headers, "Expect:");
    buffer_free(&authorization);
    sendgrid->multi = good ? curl_multi_init() : NULL;
    if (sendgrid->multi == NULL) {
        sendgrid_free(sendgrid);
        return NULL;
    }
    return sendgrid;
}

static void transfer_free(struct transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
    buffer_free(&transfer->body);
    buffer_free(&transfer->answer);
    free(transfer);
}

void sendgrid_free(struct sendgrid *sendgrid) {
    if (sendgrid == NULL)
        return;
    for (struct transfer *transfer; (transfer = LIST_FIRST(&sendgrid->transfers)) != NULL;) {
        LIST_REMOVE(transfer, link);
        curl_multi_remove_handle(sendgrid->multi, transfer->easy);
        transfer_free(transfer);
    }
    curl_multi_cleanup(sendgrid->multi);
    curl_slist_free_all(sendgrid->headers);
    free(sendgrid);
}

/* Copies the value of the header `name` to `value` and returns it; NULL if the line, as curl gives it, is another
 * header. */
static const char *header_value(const char *line, size_t length, const char *name, char *value, size_t size) {
    size_t name_length = strlen(name);
    if (length <= name_length || strncasecmp(line, name, name_length) != 0 || line[name_length] != ':')
        return NULL;
    const char *at = line + name_length + 1;
    const char *end = line + length;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    snprintf(value, size, "%.*s", (int)(end - at), at);
    return value;
}

static size_t take_header(char *line, size_t size, size_t count, void *argument) {
    struct transfer *transfer = argument;
    char value[64];

    header_value(line, size * count, "X-Message-Id", transfer->message_id, sizeof transfer->message_id);
    for (char *at = transfer->message_id; *at != '\0'; at++) {
        /* The ledger takes UTF-8 only, which nobody has promised. */
        if ((unsigned char)*at >= 0x7f)
            *at = '?';
    }
    if (header_value(line, size * count, "X-RateLimit-Reset", value, sizeof value) != NULL)
        transfer->reset = strtoll(value, NULL, 10);
    return size * count;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *argument) {
    struct transfer *transfer = argument;
    size_t length = size * count;
    size_t room = MAX_ANSWER_BYTES - transfer->answer.length;

    buffer_append(&transfer->answer, bytes, length < room ? length : room);
    return length;
}

static bool set_options(struct sendgrid *sendgrid, struct transfer *transfer) {
    const struct notifier_settings *settings = sendgrid->settings;
    CURL *easy = transfer->easy;
    bool good = true;

#define SET(option, value) good = good && curl_easy_setopt(easy, option, value) == CURLE_OK
    SET(CURLOPT_URL, sendgrid->url);
    SET(CURLOPT_HTTPHEADER, sendgrid->headers);
    SET(CURLOPT_USERAGENT, "eventhub-notifier/" EVENTHUB_VERSION);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDS, transfer->body.data);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.length);
    /* If a connection that was used before ends without an answer, curl silently repeats the request, and the mails go
     * twice. So each request has a new connection, which costs a handshake per thousand mails. */
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (settings->ca_file[0] != '\0') {
        SET(CURLOPT_CAINFO, settings->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    /* A URL without TLS is for this machine only: a proxy would see the key. */
    if (strncmp(sendgrid->url, "http:", 5) == 0)
        SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, take_answer);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->failure);
    SET(CURLOPT_PRIVATE, transfer);
#undef SET
    return good;
}

bool sendgrid_post(struct sendgrid *sendgrid, struct buffer *body, void *owner) {
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) {
        buffer_free(body);
        return false;
    }
    transfer->body = *body;
    *body = (struct buffer){0};
    transfer->owner = owner;
    transfer->easy = curl_easy_init();
    if (transfer->body.failed || transfer->easy == NULL || !set_options(sendgrid, transfer) ||
        curl_multi_add_handle(sendgrid->multi, transfer->easy) != CURLM_OK) {
        transfer_free(transfer);
        return false;
    }
    LIST_INSERT_HEAD(&sendgrid->transfers, transfer, link);
    sendgrid->under_way++;
    /* Sends it now, and not only when the caller has nothing else to do. */
    int running;
    curl_multi_perform(sendgrid->multi, &running);
    return true;
}

size_t sendgrid_under_way(const struct sendgrid *sendgrid) {
    return sendgrid->under_way;
}

/* Hands the response over and ends the transfer. */
static void finish(struct sendgrid *sendgrid, struct transfer *transfer, const char *failure,
                   void (*done)(void *context, void *owner, const struct response *response), void *context) {
    CURL *easy = transfer->easy;
    struct response response = {0};
    curl_off_t uploaded = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    /* 1xx only announces the answer. */
    if (response.status < 200)
        response.status = 0;
    response.left_whole = (size_t)uploaded >= transfer->body.length;
    response.failure = failure;
    response.body = transfer->answer.data != NULL ? transfer->answer.data : "";
    response.length = transfer->answer.length;
    response.message_id = transfer->message_id;
    response.reset = transfer->reset;

    curl_multi_remove_handle(sendgrid->multi, easy);
    LIST_REMOVE(transfer, link);
    sendgrid->under_way--;
    done(context, transfer->owner, &response);
    transfer_free(transfer);
}

static struct transfer *transfer_of(CURL *easy) {
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return (struct transfer *)(void *)transfer;
}

/* Which timeout of a transfer is over; NULL if none is. */
static const char *overdue(const struct sendgrid *sendgrid, const struct transfer *transfer) {
    curl_off_t connected = 0;

    if (transfer->served_us >= sendgrid->settings->request_seconds * 1000000LL)
        return "SENDGRID_TIMEOUT is over";
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    return connected == 0 && transfer->served_us >= sendgrid->settings->connect_seconds * 1000000LL
               ? "SENDGRID_CONNECT_TIMEOUT is over"
               : NULL;
}

/* How many milliseconds to wait at most, so that no timeout is missed. */
static int patience_of(const struct sendgrid *sendgrid, int milliseconds) {
    int64_t most = milliseconds * 1000LL;
    const struct transfer *transfer;

    LIST_FOREACH(transfer, &sendgrid->transfers, link) {
        const long limits[] = {sendgrid->settings->request_seconds, sendgrid->settings->connect_seconds};
        for (size_t i = 0; i < 2; i++) {
            int64_t left = limits[i] * 1000000LL - transfer->served_us;
            if (left > 0 && left < most)
                most = left;
        }
    }
    return (int)((most + 999) / 1000);
}

void sendgrid_work(struct sendgrid *sendgrid, int fd, int milliseconds,
                   void (*done)(void *context, void *owner, const struct response *response), void *context) {
    struct curl_waitfd also = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int64_t begun = clock_us();
    struct CURLMsg *message;
    int running, left;

    /* First without waiting, for what has come meanwhile. */
    curl_multi_perform(sendgrid->multi, &running);
    if ((size_t)running == sendgrid->under_way && milliseconds > 0) {
        curl_multi_poll(sendgrid->multi, &also, 1, patience_of(sendgrid, milliseconds), NULL);
        curl_multi_perform(sendgrid->multi, &running);
    }
    while ((message = curl_multi_info_read(sendgrid->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct transfer *transfer = transfer_of(message->easy_handle);
        const char *failure =
            transfer->failure[0] != '\0' ? transfer->failure : curl_easy_strerror(message->data.result);
        finish(sendgrid, transfer, failure, done, context);
    }

    /* Only the time in this function counts. curl's own timeouts would also strike answers that came in time, while the
     * notifier was waiting for the database. */
    int64_t served = clock_us() - begun;
    for (struct transfer *transfer = LIST_FIRST(&sendgrid->transfers), *next; transfer != NULL; transfer = next) {
        next = LIST_NEXT(transfer, link);
        transfer->served_us += served;
        const char *failure = overdue(sendgrid, transfer);
        if (failure != NULL)
            finish(sendgrid, transfer, failure, done, context);
    }
}
