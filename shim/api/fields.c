/* Reads the fields of a request, as its route describes them, into the arguments of the CALL. */
#include "shim/api/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/common/text.h"
#include "shim/api/query_names.h"
#include "shim/api/timestamp.h"

/* What a client gave for a field, before its type is checked. */
struct given {
    enum place place;
    json_object *json; /* if it came as JSON and is not null */
    bool is_null;
    const char *text; /* if it came as text, or as a JSON string */
    size_t length;
};

static int given_as_text(struct given *given, enum place place, const char *text, size_t length) {
    *given = (struct given){.place = place, .text = text, .length = length};
    return 1;
}

static int find_pairs(const struct pairs *pairs, enum place place, const char *name, struct given *given) {
    int count = 0;

    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->pair[i].name, name) == 0)
            count += given_as_text(given, place, pairs->pair[i].value, pairs->pair[i].length);
    }
    return count;
}

static int find_in_body(const struct fields_input *input, const char *name, struct given *given) {
    json_object *member;

    if (name == NULL)
        return 0;
    if (input->form != NULL)
        return find_pairs(input->form, IN_BODY, name, given);
    if (input->json == NULL || !json_object_object_get_ex(input->json, name, &member))
        return 0;
    *given = (struct given){.place = IN_BODY, .json = member, .is_null = member == NULL};
    if (json_object_is_type(member, json_type_string)) {
        given->text = json_object_get_string(member);
        given->length = (size_t)json_object_get_string_len(member);
    }
    return 1;
}

/* Returns how often the field was given. More than once is a fault, because one of the values would be lost. */
static int find(const struct field *field, const struct fields_input *input, struct given *given) {
    int count = 0;

    if ((field->places & IN_PATH) && input->path_value != NULL)
        count += given_as_text(given, IN_PATH, input->path_value, input->path_length);
    if (field->places & IN_QUERY)
        count += find_pairs(input->query, IN_QUERY, field->name, given);
    if (count == 1 && (field->flags & SKIP_EMPTY) && given->length == 0)
        count = 0;
    if (field->places & IN_BODY) {
        count += find_in_body(input, field->name, given);
        count += find_in_body(input, field->also, given);
    }
    return count;
}

static const char *read_integer(const struct field *field, const struct given *given, struct db_value *value,
                                char *fault, size_t size) {
    bool ranged = field->minimum != 0 || field->maximum != 0;
    int64_t number = 0;
    bool whole, fits = true;

    if (given->json != NULL) {
        whole = json_object_is_type(given->json, json_type_int);
        number = json_object_get_int64(given->json);
    } else {
        char *end;
        errno = 0;
        number = strtoll(given->text, &end, 10);
        whole = given->length > 0 && given->text[strspn(given->text, "+-0123456789")] == '\0' &&
                end == given->text + given->length;
        fits = errno == 0;
    }
    if (!whole)
        return "must be a whole number";
    if (ranged && (!fits || number < field->minimum || number > field->maximum)) {
        snprintf(fault, size, "must be from %" PRId64 " to %" PRId64, field->minimum, field->maximum);
        return fault;
    }
    if (!fits)
        return "is too large a number";
    *value = (struct db_value){.type = DB_INTEGER, .integer = number};
    return NULL;
}

static const char *read_text(const struct field *field, const struct given *given, struct db_value *value, char *fault,
                             size_t size) {
    size_t characters;
    bool blank;

    if (given->text == NULL)
        return "must be a text";
    if (!text_measure(given->text, given->length, &characters, &blank))
        return "must be valid UTF-8";
    if (field->maximum != 0 && characters > (size_t)field->maximum) {
        snprintf(fault, size, "must have at most %" PRId64 " characters", field->maximum);
        return fault;
    }
    *value = (struct db_value){.type = DB_TEXT, .text = {given->text, given->length}};
    return NULL;
}

static const char *read_time(const struct field *field, const struct given *given, struct db_value *value) {
    value->type = DB_DATETIME;
    if (given->text == NULL)
        return "must be a date and time in text";
    return (field->flags & BOUND) ? timestamp_parse_bound(given->text, given->length, &value->seconds)
                                  : timestamp_parse(given->text, given->length, &value->seconds);
}

/* The limits are in bytes, because that is what Argon2 works on. */
static const char *read_password(const struct field *field, const struct given *given, struct fields_extra *extra,
                                 char *fault, size_t size) {
    if (given->text == NULL)
        return "must be a text";
    if (field->type == FIELD_PASSWORD &&
        (given->length < (size_t)field->minimum || given->length > (size_t)field->maximum)) {
        snprintf(fault, size, "must have %" PRId64 " to %" PRId64 " bytes", field->minimum, field->maximum);
        return fault;
    }
    extra->password = given->text;
    extra->password_length = given->length;
    return NULL;
}

static bool is_named(const struct field *field, const char *name, size_t length) {
    const char *at = field->name;

    if (field->also != NULL && strlen(field->also) == length && memcmp(field->also, name, length) == 0)
        return true;
    /* A FIELD_OUTPUT stands for several names, separated by commas. */
    for (;;) {
        size_t part = strcspn(at, ",");
        if (part == length && memcmp(at, name, length) == 0)
            return true;
        if (at[part] == '\0')
            return false;
        at += part + 1;
    }
}

/* A misspelt member of JSON would otherwise be dropped silently. A form may hold fields that we do not know (OAuth 2,
 * RFC 6749, section 4.3.2), and a query nearly anything. */
static void find_unknown(const struct route *route, json_object *json, struct faults *faults) {
    json_object_object_foreach(json, name, member) {
        (void)member;
        bool known = false;
        for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
            const struct field *field = &route->fields[i];
            known = known || ((field->places & IN_BODY) && is_named(field, name, strlen(name)));
        }
        if (!known)
            faults_add(faults, IN_BODY, name, "is not a field of this request");
    }
}

static enum place first_place(const struct field *field) {
    return (enum place)(field->places & -field->places);
}

static void read_field(const struct field *field, const struct fields_input *input, struct db_value *value,
                       struct fields_extra *extra, struct faults *faults) {
    struct given given = {0};
    char text[96];
    const char *fault = NULL;
    int count = find(field, input, &given);

    *value = (struct db_value){.type = DB_NULL};
    if (count > 1) {
        fault = "is given more than once";
    } else if (count == 0 || (given.is_null && (field->flags & NULLABLE))) {
        given.place = first_place(field);
        if (field->flags & REQUIRED)
            fault = "is required";
        else if (field->fallback[input->path] != 0)
            *value = (struct db_value){.type = DB_INTEGER, .integer = field->fallback[input->path]};
    } else if (given.is_null && (field->flags & NULL_IS_EMPTY)) {
        *value = (struct db_value){.type = DB_TEXT, .text = {"", 0}};
    } else if (given.is_null) {
        fault = "must not be null";
    } else {
        switch (field->type) {
        case FIELD_INTEGER:
            fault = read_integer(field, &given, value, text, sizeof text);
            break;
        case FIELD_TEXT:
            fault = read_text(field, &given, value, text, sizeof text);
            break;
        case FIELD_TIME:
            fault = read_time(field, &given, value);
            break;
        case FIELD_PASSWORD:
        case FIELD_PASSWORD_TRY:
            fault = read_password(field, &given, extra, text, sizeof text);
            break;
        case FIELD_OUTPUT:
            break;
        }
    }
    if (fault != NULL) {
        *value = (struct db_value){.type = DB_NULL};
        faults_add(faults, given.place, field->name, fault);
    }
}

bool fields_is_parameter(const struct field *field) {
    return field->type != FIELD_PASSWORD_TRY && field->type != FIELD_OUTPUT;
}

bool fields_is_checked(const struct field *field) {
    return fields_is_parameter(field) && field->type != FIELD_PASSWORD && (field->places & (IN_QUERY | IN_BODY));
}

size_t fields_subject(const struct route *route) {
    size_t index = route->role != ROLE_ANYONE ? 1 : 0; /* the actor's id stands before the fields */

    if (route->locks == NULL || strcmp(route->locks, "actor_id") == 0)
        return 0;
    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        if (strcmp(route->fields[i].name, route->locks) == 0)
            return index;
        index += fields_is_parameter(&route->fields[i]);
    }
    return 0;
}

static bool is_given(const struct db_value *value) {
    return value->type != DB_NULL && !(value->type == DB_TEXT && value->text.length == 0);
}

/* Whether one of the fields makes the CALL heavy. `values` are those of the parameters. */
static bool is_heavy(const struct route *route, size_t path, const struct db_value *values) {
    bool is_long = false, is_usual = true;

    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        const struct field *field = &route->fields[i];
        if (!fields_is_parameter(field))
            continue;
        const struct db_value *value = values++;
        if (field->flags & PAGE_SIZE) {
            is_long = value->integer > field->fallback[0];
            is_usual = is_usual && value->integer == field->fallback[path];
        } else if (is_given(value)) {
            is_usual = false;
            if (field->flags & HEAVY)
                return true;
        }
    }
    return is_long && !is_usual;
}

size_t fields_read(const struct route *route, const struct fields_input *input, struct db_value values[ROUTE_FIELDS],
                   struct fields_extra *extra, struct faults *faults) {
    size_t count = 0;

    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        const struct field *field = &route->fields[i];
        struct db_value value;
        if (field->type == FIELD_OUTPUT)
            continue;
        read_field(field, input, &value, extra, faults);
        if (field->flags & PAGE_SIZE)
            extra->page_size = value.integer;
        if (field->type == FIELD_PASSWORD)
            extra->password_hash = &values[count];
        if (fields_is_parameter(field))
            values[count++] = value;
    }
    extra->is_heavy = is_heavy(route, input->path, values);
    if (input->json != NULL)
        find_unknown(route, input->json, faults);
    query_names_check(route, input->query, faults);
    return count;
}

enum place fields_place(const struct route *route, const struct fields_input *input, const char *name) {
    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        const struct field *field = &route->fields[i];
        struct given given;
        if (strcmp(field->name, name) == 0)
            return find(field, input, &given) > 0 ? given.place : first_place(field);
    }
    return IN_BODY;
}
