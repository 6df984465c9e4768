/* Compressed bodies: whether a client takes gzip, and gzip itself. */
#include "shim/http/gzip.h"

#include <event2/keyvalq_struct.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* The weights that a request gives, in thousandths; UNNAMED: it does not mention the coding. */
struct weights {
    int gzip;
    int identity;
    int others; /* "*": all codings that are not named */
};

enum { UNNAMED = -1, MOST = 1000 };

static size_t skip_blanks(const char *text, size_t length) {
    size_t blanks = 0;
    while (blanks < length && (text[blanks] == ' ' || text[blanks] == '\t'))
        blanks++;
    return blanks;
}

/* qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ); 0 for anything else. */
static int read_qvalue(const char *text, size_t length) {
    int value = 0, unit = MOST;

    if (length == 0 || length > 5 || text[0] < '0' || text[0] > '1' || (length > 1 && text[1] != '.'))
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (i == 1)
            continue;
        if (text[i] < '0' || text[i] > '9')
            return 0;
        value += (text[i] - '0') * unit;
        unit /= 10;
    }
    return value <= MOST ? value : 0;
}

/* Reads the weight that follows a coding: OWS ";" OWS "q=" qvalue, or nothing. */
static int read_weight(const char *text, size_t length) {
    size_t at = skip_blanks(text, length);

    while (length > at && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (at == length)
        return MOST;
    if (text[at++] != ';')
        return 0;
    at += skip_blanks(text + at, length - at);
    if (length - at < 2 || strncasecmp(text + at, "q=", 2) != 0)
        return 0;
    return read_qvalue(text + at + 2, length - at - 2);
}

static bool is_coding(const char *text, size_t length, const char *name) {
    return length == strlen(name) && strncasecmp(text, name, length) == 0;
}

/* Of two weights for the same coding the smaller one counts: a body as it is does for everybody. */
static void note(int *weight, int given) {
    if (*weight == UNNAMED || given < *weight)
        *weight = given;
}

/* Reads a coding with its weight. */
static void read_member(struct weights *weights, const char *text, size_t length) {
    size_t begin = skip_blanks(text, length);
    size_t end = begin;

    while (end < length && strchr(" \t;", text[end]) == NULL)
        end++;
    const char *coding = text + begin;
    size_t coding_length = end - begin;
    int weight = read_weight(text + end, length - end);
    /* Section 8.4.1.3: x-gzip is gzip. */
    if (is_coding(coding, coding_length, "gzip") || is_coding(coding, coding_length, "x-gzip"))
        note(&weights->gzip, weight);
    else if (is_coding(coding, coding_length, "identity"))
        note(&weights->identity, weight);
    else if (is_coding(coding, coding_length, "*"))
        note(&weights->others, weight);
}

bool gzip_is_preferred(struct evhttp_request *request) {
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    struct weights weights = {UNNAMED, UNNAMED, UNNAMED};

    for (const struct evkeyval *header = headers->tqh_first; header != NULL; header = header->next.tqe_next) {
        if (strcasecmp(header->key, "Accept-Encoding") != 0)
            continue;
        for (const char *at = header->value; *at != '\0'; at += *at == ',') {
            size_t length = strcspn(at, ",");
            read_member(&weights, at, length);
            at += length;
        }
    }
    int gzip = weights.gzip != UNNAMED ? weights.gzip : weights.others;
    return gzip > 0 && gzip >= weights.identity;
}

/* A compressor takes 256 KiB, and making one takes longer than compressing a page of events. So it is kept and used
 * again, by whichever thread compresses next. There are as many as have been in use at once. */
struct compressor {
    z_stream stream;
    struct compressor *next;
};

/* Bodies that were compressed before. Whoever asks again, a crowd for the list of events, mostly gets the same bytes
 * again; to compare them takes a fiftieth of the time. Each body has one place, where the next one replaces it. */
enum { KEPT_BODIES = 16, LONGEST_KEPT = 64 * 1024 };

struct kept_body {
    struct buffer plain;
    struct buffer gzip;
};

struct gzip {
    pthread_mutex_t lock; /* guards everything below */
    struct compressor *idle;
    struct kept_body kept[KEPT_BODIES];
};

struct gzip *gzip_new(void) {
    struct gzip *gzip = calloc(1, sizeof *gzip);

    if (gzip != NULL)
        pthread_mutex_init(&gzip->lock, NULL);
    return gzip;
}

void gzip_free(struct gzip *gzip) {
    if (gzip == NULL)
        return;
    while (gzip->idle != NULL) {
        struct compressor *compressor = gzip->idle;
        gzip->idle = compressor->next;
        deflateEnd(&compressor->stream);
        free(compressor);
    }
    for (size_t i = 0; i < KEPT_BODIES; i++) {
        buffer_free(&gzip->kept[i].plain);
        buffer_free(&gzip->kept[i].gzip);
    }
    pthread_mutex_destroy(&gzip->lock);
    free(gzip);
}

static struct compressor *compressor_new(void) {
    enum { GZIP_FORMAT = 16, MEMORY_LEVEL = 8 };
    struct compressor *compressor = calloc(1, sizeof *compressor);

    if (compressor != NULL && deflateInit2(&compressor->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_FORMAT + MAX_WBITS,
                                           MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(compressor);
        return NULL;
    }
    return compressor;
}

/* Takes an idle compressor, or makes one; NULL if memory is out. */
static struct compressor *compressor_take(struct gzip *gzip) {
    pthread_mutex_lock(&gzip->lock);
    struct compressor *compressor = gzip->idle;
    if (compressor != NULL)
        gzip->idle = compressor->next;
    pthread_mutex_unlock(&gzip->lock);
    return compressor != NULL ? compressor : compressor_new();
}

static void compressor_give_back(struct gzip *gzip, struct compressor *compressor) {
    deflateReset(&compressor->stream);
    pthread_mutex_lock(&gzip->lock);
    compressor->next = gzip->idle;
    gzip->idle = compressor;
    pthread_mutex_unlock(&gzip->lock);
}

/* Compresses into `to`, as long as that stays shorter than the bytes. */
static bool compress_into(struct buffer *to, z_stream *stream, const void *bytes, size_t length) {
    enum { STEP = 64 * 1024 };
    int result = Z_OK;

    stream->next_in = (void *)(uintptr_t)bytes;
    stream->avail_in = (uInt)length;
    while (result == Z_OK && to->length < length) {
        size_t room = length < STEP ? length : STEP;
        stream->next_out = (void *)buffer_reserve(to, room);
        if (stream->next_out == NULL)
            return false;
        stream->avail_out = (uInt)room;
        result = deflate(stream, Z_FINISH);
        to->length += room - stream->avail_out;
    }
    return result == Z_STREAM_END && to->length < length;
}

static struct kept_body *place_of(struct gzip *gzip, const unsigned char *bytes, size_t length) {
    enum { BEGINNING = 64 };
    uint32_t hash = (uint32_t)length;

    for (size_t i = 0; i < length && i < BEGINNING; i++)
        hash = hash * 31 + bytes[i];
    return &gzip->kept[hash % KEPT_BODIES];
}

/* Appends the body as it was compressed before; false if it was not. */
static bool recall(struct gzip *gzip, struct buffer *to, const void *bytes, size_t length) {
    const struct kept_body *kept = place_of(gzip, bytes, length);

    pthread_mutex_lock(&gzip->lock);
    if (kept->plain.length == length && length > 0 && memcmp(kept->plain.data, bytes, length) == 0)
        buffer_append(to, kept->gzip.data, kept->gzip.length);
    pthread_mutex_unlock(&gzip->lock);
    return to->length > 0;
}

static void remember(struct gzip *gzip, const struct buffer *compressed, const void *bytes, size_t length) {
    struct kept_body *kept = place_of(gzip, bytes, length);

    pthread_mutex_lock(&gzip->lock);
    buffer_clear(&kept->plain);
    buffer_clear(&kept->gzip);
    buffer_append(&kept->gzip, compressed->data, compressed->length);
    buffer_append(&kept->plain, bytes, kept->gzip.failed ? 0 : length);
    pthread_mutex_unlock(&gzip->lock);
}

static bool compress_anew(struct gzip *gzip, struct buffer *to, const void *bytes, size_t length) {
    struct compressor *compressor = length <= UINT32_MAX ? compressor_take(gzip) : NULL;

    if (compressor == NULL)
        return false;
    bool good = compress_into(to, &compressor->stream, bytes, length);
    compressor_give_back(gzip, compressor);
    if (!good)
        buffer_free(to);
    return good;
}

bool gzip_write(struct gzip *gzip, struct buffer *to, const void *bytes, size_t length) {
    bool may_be_kept = length <= LONGEST_KEPT;

    if (!may_be_kept || !recall(gzip, to, bytes, length)) {
        if (compress_anew(gzip, to, bytes, length) && may_be_kept)
            remember(gzip, to, bytes, length);
    }
    buffer_fit(to);
    return to->length > 0;
}
