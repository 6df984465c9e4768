/* Points in time as clients write them: RFC 3339, in the deployment's zone. */
#include "shim/api/timestamp.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "db/common/zone.h"

/* The ends of SQL's DATETIME: 1000-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
static const time_t first_second = -30610224000;
static const time_t last_second = 253402300799;

static const char malformed[] = "must be a date and time such as 2030-12-31T18:30:00+01:00";
static const char impossible[] = "must be a date and time that exists";

struct cursor {
    const char *at;
    const char *end;
};

static bool take(struct cursor *cursor, char wanted) {
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool take_digits(struct cursor *cursor, int count, int *number) {
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (cursor->at == cursor->end || !isdigit((unsigned char)*cursor->at))
            return false;
        *number = *number * 10 + (*cursor->at++ - '0');
    }
    return true;
}

static bool take_fraction(struct cursor *cursor) {
    const char *first = cursor->at;
    while (cursor->at < cursor->end && isdigit((unsigned char)*cursor->at))
        cursor->at++;
    return cursor->at > first;
}

/* Reads the offset into minutes east of UTC; `local` is set if there is none. */
static bool take_offset(struct cursor *cursor, int *minutes, bool *local) {
    int hour, minute;

    *minutes = 0;
    *local = cursor->at == cursor->end;
    if (*local || take(cursor, 'Z') || take(cursor, 'z'))
        return true;
    int sign = take(cursor, '-') ? -1 : take(cursor, '+') || take(cursor, ' ') ? 1 : 0;
    if (sign == 0 || !take_digits(cursor, 2, &hour))
        return false;
    take(cursor, ':');
    if (!take_digits(cursor, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *minutes = sign * (hour * 60 + minute);
    return true;
}

static bool take_time(struct cursor *cursor, struct tm *time) {
    if (!take_digits(cursor, 2, &time->tm_hour) || !take(cursor, ':') || !take_digits(cursor, 2, &time->tm_min))
        return false;
    if (take(cursor, ':')) {
        if (!take_digits(cursor, 2, &time->tm_sec))
            return false;
        if (take(cursor, '.'))
            return take_fraction(cursor);
    }
    return true;
}

/* mktime and timegm normalise dates that do not exist (the 31st of June becomes the 1st of July): then the parts have
 * changed. */
static bool same_parts(const struct tm *a, const struct tm *b) {
    return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
           a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/* Converts local time to seconds. When clocks are put back some times come twice, and which of the two mktime chooses
 * depends on its earlier calls. This function always chooses the first one. */
static time_t from_local(const struct tm *wanted, struct tm *mended) {
    *mended = *wanted;
    time_t time = mktime(mended);
    for (time_t back = (time_t)2 * 3600; back > 0; back -= 1800) {
        time_t earlier = time - back;
        struct tm parts;
        localtime_r(&earlier, &parts);
        if (same_parts(&parts, wanted))
            return earlier;
    }
    return time;
}

static const char *parse(const char *text, size_t length, bool is_bound, int64_t *seconds) {
    struct cursor cursor = {text, text + length};
    struct tm wanted = {.tm_isdst = -1};
    int year, month, offset = 0;
    bool local = true;

    if (!take_digits(&cursor, 4, &year) || !take(&cursor, '-') || !take_digits(&cursor, 2, &month) ||
        !take(&cursor, '-') || !take_digits(&cursor, 2, &wanted.tm_mday))
        return malformed;
    if (take(&cursor, 'T') || take(&cursor, 't') || take(&cursor, ' ')) {
        if (!take_time(&cursor, &wanted) || !take_offset(&cursor, &offset, &local))
            return malformed;
    }
    if (cursor.at != cursor.end)
        return malformed;
    if (year < 1970 && !is_bound)
        return "must not be before 1970";

    wanted.tm_year = year - 1900;
    wanted.tm_mon = month - 1;
    struct tm mended = wanted;
    time_t time = timegm(&mended), utc = time;
    if (!same_parts(&wanted, &mended))
        return impossible;
    if (local) {
        time = from_local(&wanted, &mended);
        bool skipped = !same_parts(&wanted, &mended);
        if (skipped && !is_bound)
            return impossible;
        /* A time that the clocks skip is read by the clock before the change. So a day that begins at the change, and
         * has no 00:00, begins there; mktime may have chosen an earlier time. */
        time_t behind = skipped ? utc - timegm(&mended) : 0;
        time += behind > 0 ? behind : 0;
    }
    time -= (time_t)offset * 60;
    if (is_bound) {
        *seconds = time < first_second ? first_second : time > last_second ? last_second : time;
        return NULL;
    }
    /* SQL's DATETIME ends with the year 9999 in UTC; RFC 3339 with the year 9999 in the zone that the time is written
     * in. */
    localtime_r(&time, &mended);
    if (time < 0 || time > last_second || mended.tm_year + 1900 > 9999)
        return impossible;
    *seconds = time;
    return NULL;
}

const char *timestamp_parse(const char *text, size_t length, int64_t *seconds) {
    return parse(text, length, false, seconds);
}

const char *timestamp_parse_bound(const char *text, size_t length, int64_t *seconds) {
    return parse(text, length, true, seconds);
}

/* printf would take longer than all else that makes up a list of events. */
static char *write_digits(char *to, int number, size_t count) {
    for (size_t i = count; i > 0; i--) {
        to[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + count;
}

size_t timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE]) {
    time_t time = (time_t)seconds;
    struct tm local;
    const char *begin = text;

    localtime_r(&time, &local);
    int year = local.tm_year + 1900;
    /* The last hours of 9999 are in the year 10000 east of UTC. */
    text = write_digits(text, year, year > 9999 ? 5 : 4);
    *text++ = '-';
    text = write_digits(text, local.tm_mon + 1, 2);
    *text++ = '-';
    text = write_digits(text, local.tm_mday, 2);
    *text++ = 'T';
    text = write_digits(text, local.tm_hour, 2);
    *text++ = ':';
    text = write_digits(text, local.tm_min, 2);
    *text++ = ':';
    text = write_digits(text, local.tm_sec, 2);
    zone_write_offset(&local, text);
    return (size_t)(text - begin) + strlen(text);
}
