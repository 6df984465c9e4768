/* Finding the row of the route table for a request. */
#include "shim/api/route.h"

#include <stdio.h>
#include <string.h>

#include "shim/http/method.h"

static const char *const role_names[] = {"anyone", "organizer", "participant"};

const char *role_name(enum role role) {
    return role_names[role];
}

bool role_from_name(const char *name, enum role *role) {
    for (enum role candidate = ROLE_ORGANIZER; name != NULL && candidate <= ROLE_PARTICIPANT; candidate++) {
        if (strcmp(name, role_names[candidate]) == 0) {
            *role = candidate;
            return true;
        }
    }
    return false;
}

enum fit { FIT_NOT, FIT_BY_PARAMETER, FIT_LITERALLY };

static size_t segment_length(const char *at) {
    return strcspn(at, "/");
}

static enum fit fits(const char *pattern, const char *path, struct route_match *match) {
    enum fit fit = FIT_LITERALLY;

    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t wanted = segment_length(pattern);
        size_t given = segment_length(path);
        if (*pattern == '{' && given > 0) {
            fit = FIT_BY_PARAMETER;
            match->parameter = path;
            match->parameter_length = given;
        } else if (wanted != given || memcmp(pattern, path, given) != 0) {
            return FIT_NOT;
        }
        pattern += wanted;
        path += given;
    }
    bool ended = *path == '\0' || strcmp(path, "/") == 0;
    return *pattern == '\0' && ended ? fit : FIT_NOT;
}

struct route_match route_find(enum evhttp_cmd_type method, const char *path) {
    struct route_match found = {0};
    enum fit best = FIT_BY_PARAMETER;

    if (method == EVHTTP_REQ_HEAD)
        method = EVHTTP_REQ_GET;
    for (size_t i = 0; i < route_count; i++) {
        for (size_t k = 0; k < ROUTE_PATHS && routes[i].paths[k] != NULL; k++) {
            struct route_match match = {0};
            enum fit fit = fits(routes[i].paths[k], path, &match);
            if (fit == FIT_NOT || fit < best)
                continue;
            if (fit > best) {
                best = fit;
                found = (struct route_match){0};
            }
            found.methods |= routes[i].method;
            if (routes[i].method == method) {
                found.route = &routes[i];
                found.path = k;
                found.parameter = match.parameter;
                found.parameter_length = match.parameter_length;
            }
        }
    }
    if (found.methods & EVHTTP_REQ_GET)
        found.methods |= EVHTTP_REQ_HEAD;
    return found;
}

bool route_takes_body(const struct route *route) {
    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        if (route->fields[i].places & IN_BODY)
            return true;
    }
    return false;
}

static bool has_type(const struct route *route, enum field_type type) {
    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        if (route->fields[i].type == type)
            return true;
    }
    return false;
}

bool route_stores_password(const struct route *route) {
    return has_type(route, FIELD_PASSWORD);
}

bool route_uses_password(const struct route *route) {
    return route_stores_password(route) || has_type(route, FIELD_PASSWORD_TRY);
}

bool route_compresses(const struct route *route) {
    /* How well a text is compressed tells what it has in common with itself: who can choose a part of it can guess the
     * rest from its length (BREACH). So what holds a secret beside a client's own words is never compressed: a token,
     * and the page behind a secret link. */
    return route->shape != SHAPE_TOKEN && route->shape != SHAPE_PAGE;
}

void routes_print(void) {
    static const char *const lane_names[] = {
        [DB_LANE_DIRECT] = "direct", [DB_LANE_SHARED] = "shared", [DB_LANE_GROUPED] = "grouped"};

    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        const char *separator = "";

        printf("%s\t%s\t%s\t%s\t%s\t", method_name(route->method), route->paths[0],
               route->paths[1] ? route->paths[1] : "", role_name(route->role), route->procedure);
        if (route->role != ROLE_ANYONE) {
            printf("p_actor_id");
            separator = ",";
        }
        for (size_t k = 0; k < ROUTE_FIELDS && route->fields[k].name != NULL; k++) {
            const struct field *field = &route->fields[k];
            if (field->type == FIELD_PASSWORD_TRY || field->type == FIELD_OUTPUT)
                continue;
            printf("%sp_%s%s", separator, field->name, field->type == FIELD_PASSWORD ? "_hash" : "");
            separator = ",";
        }
        printf("\t%d\t%s\t%s\t%s\t%s\n", route->status, lane_names[route->lane],
               route->list_procedure ? route->list_procedure : "", route->check_procedure ? route->check_procedure : "",
               route->locks ? route->locks : "");
    }
}
