/* Parameters of a query that the route does not know but the client seems to expect. */
#include "shim/api/query_names.h"

#include <ctype.h>
#include <string.h>

#include "db/common/spelling.h"

enum {
    SHORT = 3, /* up to this length one letter more or less makes another word: t is not to */
    LONG = 10, /* from this length on two letters may be wrong: organiserid */
};

/* What other services call a parameter, as simplify() leaves it, between commas. Names that trackers and caches add are
 * not listed. */
static const struct {
    const char *field; /* a route with this field knows none of the names */
    const char *names;
} synonyms[] = {
    {"limit",
     ",page,pages,pageno,pagenum,pagenumber,pageindex,pagetoken,perpage,pagesize,size,count,max,maxresults,top,take,"
     "rows,"
     "offset,skip,start,startat,startindex,next,nextcursor,sortby,sorting,sortorder,order,orderby,ordering,direction,"
     "statuses,state,search,query,keyword,term,text,title,venue,speaker,date,eventdate,fromdate,todate,datefrom,dateto,"
     "startdate,enddate,since,until,after,before,begin,end,organizer,organiser,organizers,owner,ownerid,userid,"},
    {"seats", ",seatsbooked,numseats,numberofseats,ticket,tickets,quantity,qty,number,count,"},
};

/* Leaves small letters and digits only, so that perPage, per_page and per[page] are the same name. False if nothing is
 * left or the name is too long. */
static bool simplify(const char *name, char simple[SPELLING_LONGEST + 1]) {
    size_t length = 0;

    for (; *name != '\0'; name++) {
        if (!isalnum((unsigned char)*name))
            continue;
        if (length == SPELLING_LONGEST)
            return false;
        simple[length++] = (char)tolower((unsigned char)*name);
    }
    simple[length] = '\0';
    return length > 0;
}

static bool is_synonym(const char *simple, const char *field) {
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (strcmp(synonyms[i].field, field) != 0)
            continue;
        size_t length = strlen(simple);
        for (const char *at = synonyms[i].names; (at = strstr(at, simple)) != NULL; at++) {
            if (at[-1] == ',' && at[length] == ',')
                return true;
        }
    }
    return false;
}

static bool is_near(const char *simple, const char *field) {
    char known[SPELLING_LONGEST + 1];

    if (!simplify(field, known))
        return false;
    if (strcmp(simple, known) == 0)
        return true;
    size_t length = strlen(known);
    return length > SHORT && spelling_distance(simple, known) <= (length >= LONG ? 2 : 1);
}

static void add_fault(const struct route *route, const char *name, struct faults *faults) {
    struct buffer problem = {0};
    const char *separator = "is not known; there are ";

    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        if (route->fields[i].places & IN_QUERY) {
            buffer_printf(&problem, "%s%s", separator, route->fields[i].name);
            separator = ", ";
        }
    }
    faults_add(faults, IN_QUERY, name, problem.failed ? "is not known" : problem.data);
    buffer_free(&problem);
}

void query_names_check(const struct route *route, const struct pairs *query, struct faults *faults) {
    for (size_t i = 0; i < query->count; i++) {
        const char *name = query->pair[i].name;
        char simple[SPELLING_LONGEST + 1];
        bool known = false, meant = false;

        if (!simplify(name, simple))
            continue;
        for (size_t k = 0; k < ROUTE_FIELDS && route->fields[k].name != NULL; k++) {
            const struct field *field = &route->fields[k];
            if (!(field->places & IN_QUERY))
                continue;
            known = known || strcmp(name, field->name) == 0;
            meant = meant || is_near(simple, field->name) || is_synonym(simple, field->name);
        }
        if (meant && !known)
            add_fault(route, name, faults);
    }
}
