/* Admission control by time: estimates from what was served lately how long a new job would have to wait. */
#include "db/client/admission.h"

/* Parts of the longest wait. If what was served were forgotten sooner, a pause of the database, while it writes a
 * checkpoint, would look like its end; later, and it would be seen late that it has become slow. The rate is not judged
 * before jobs have waited for a while, because a database begins slowly: its caches are cold and connections have to be
 * opened. */
enum { HALVED_PART = 4, EVIDENCE_PART = 5 };

void admission_init(struct admission *admission, int64_t longest_us, size_t places) {
    *admission = (struct admission){.longest_us = longest_us, .places = places};
}

static bool jobs_wait(const struct admission *admission) {
    return admission->under_way > admission->places;
}

/* Forgets what was served earlier. */
static void begin(struct admission *admission, int64_t now) {
    admission->slot_us = admission->served_at_us = now;
    admission->known_us = 0;
    admission->served = 0;
    admission->standstill = false;
}

/* For how long no job was served although some waited. */
static int64_t stood_for(const struct admission *admission, int64_t now) {
    return now - admission->served_at_us;
}

void admission_enter(struct admission *admission, int64_t now) {
    bool waited = jobs_wait(admission);

    admission->under_way++;
    /* After a standstill a few jobs are let through to try, and it is not over before one of them is served. */
    if (!waited && jobs_wait(admission) && !admission->standstill)
        begin(admission, now);
}

static void count_served(struct admission *admission, int64_t now) {
    if (now - admission->slot_us >= admission->longest_us / HALVED_PART) {
        admission->known_us = (admission->known_us + now - admission->slot_us) / 2;
        admission->served /= 2;
        admission->slot_us = now;
    }
    admission->served++;
    admission->served_at_us = now;
}

void admission_leave(struct admission *admission, int64_t now, bool served) {
    bool stood_still = jobs_wait(admission) && stood_for(admission, now) > admission->longest_us;

    admission->under_way--;
    if (!served) {
        admission->standstill = admission->standstill || stood_still;
        return;
    }
    if (admission->standstill || stood_still)
        begin(admission, now);
    count_served(admission, now);
}

int64_t admission_wait(const struct admission *admission, int64_t now) {
    int64_t known = admission->known_us + now - admission->slot_us;

    if (!jobs_wait(admission))
        return 0;
    if (known < admission->longest_us / EVIDENCE_PART || admission->served == 0)
        return stood_for(admission, now);
    /* Little's law: the number of those who wait, divided by the rate at which jobs are served. */
    double wait = (double)(admission->under_way - admission->places) * (double)known / (double)admission->served;
    return wait > (double)stood_for(admission, now) ? (int64_t)wait : stood_for(admission, now);
}

bool admission_is_open(const struct admission *admission, int64_t now) {
    return admission_wait(admission, now) <= admission->longest_us;
}
