/* The turn: its order, its portions, and that no wake is lost. Sources write down what is asked of them. */
#include "shim/http/turn.h"

#include <event2/http.h>
#include <sys/eventfd.h>

#include "tests/unit/unit.h"

/* A source whose jobs are numbers. */
struct recorder {
    const char *name;
    char *events; /* what has been asked of all sources, one word each */
    int fd;
    size_t submitted, done, finished, completed;
    bool starts;     /* its jobs are done as soon as they are started */
    size_t resubmit; /* how many jobs `complete` is to submit */
    struct turn *turn;
    int *looks;           /* how often the sockets have been looked at */
    int looks_at_most[8]; /* ... when portion number i was completed */
    size_t portions;
};

static size_t pending(const void *pool) {
    const struct recorder *recorder = pool;
    return recorder->submitted + recorder->done;
}

static void record(struct recorder *recorder, const char *what) {
    snprintf(recorder->events + strlen(recorder->events), 512 - strlen(recorder->events), "%s%s ", recorder->name,
             what);
}

static void finish(void *pool) {
    struct recorder *recorder = pool;
    eventfd_t count;
    eventfd_read(recorder->fd, &count);
    record(recorder, ".finish");
    recorder->finished += recorder->done;
    recorder->done = 0;
}

static bool has_finished(const void *pool) {
    return ((const struct recorder *)pool)->done > 0;
}

static void start(void *pool) {
    struct recorder *recorder = pool;
    record(recorder, ".start");
    if (recorder->starts && recorder->submitted > 0) {
        recorder->done += recorder->submitted;
        recorder->submitted = 0;
        eventfd_write(recorder->fd, 1);
    }
}

static size_t completable(const void *pool) {
    return ((const struct recorder *)pool)->finished;
}

static void complete(void *pool, size_t most) {
    struct recorder *recorder = pool;
    size_t count = recorder->finished < most ? recorder->finished : most;
    if (count == 0)
        return;
    record(recorder, ".complete");
    if (recorder->portions < COUNT(recorder->looks_at_most))
        recorder->looks_at_most[recorder->portions++] = *recorder->looks;
    recorder->finished -= count;
    recorder->completed += count;
    if (recorder->resubmit > 0) {
        recorder->resubmit--;
        recorder->submitted++;
        turn_wake(recorder->turn);
    }
}

struct scene {
    struct event_base *base;
    struct evhttp *http;
    struct listeners *listeners;
    struct connections *connections;
    struct turn *turn;
    struct recorder a, b;
    char events[512];
    int looks;
    int always; /* an eventfd that can always be read, as a busy socket can */
    struct event *socket;
    size_t wanted; /* the loop ends when `a` has completed so many */
};

static void socket_readable(evutil_socket_t fd, short what, void *argument) {
    struct scene *scene = argument;
    (void)fd;
    (void)what;
    scene->looks++;
    if (scene->a.completed >= scene->wanted || scene->looks > 1000)
        event_base_loopbreak(scene->base);
}

static void add(struct scene *scene, struct recorder *recorder, const char *name) {
    recorder->name = name;
    recorder->events = scene->events;
    recorder->looks = &scene->looks;
    recorder->turn = scene->turn;
    recorder->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    const struct turn_source source = {recorder, recorder->fd, finish,   has_finished,
                                       start,    completable,  complete, pending};
    assert_true(turn_add_source(scene->turn, &source));
}

static int set_up(void **state) {
    const struct listeners_options listen = {"127.0.0.1", 0, false};
    const struct connections_options limits = {
        .limit = 10, .reserved_files = 10, .input_bytes = 1000, .deadline_seconds = 10};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->base = event_base_new();
    scene->http = evhttp_new(scene->base);
    scene->listeners = listeners_open(scene->base, scene->http, &listen);
    assert_non_null(scene->listeners);
    scene->connections = connections_new(scene->base, scene->http, scene->listeners, &limits);
    scene->turn = turn_new(scene->base, scene->connections);
    assert_non_null(scene->turn);
    add(scene, &scene->a, "a");
    add(scene, &scene->b, "b");
    scene->always = eventfd(1, EFD_CLOEXEC);
    scene->socket = event_new(scene->base, scene->always, EV_READ | EV_PERSIST, socket_readable, scene);
    event_add(scene->socket, NULL);
    *state = scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    event_free(scene->socket);
    turn_free(scene->turn);
    connections_stop(scene->connections);
    listeners_free(scene->listeners);
    evhttp_free(scene->http);
    connections_free(scene->connections);
    event_base_free(scene->base);
    close(scene->a.fd);
    close(scene->b.fd);
    close(scene->always);
    free(scene);
    return 0;
}

static void every_source_passes_each_step_before_the_next(void **state) {
    struct scene *scene = *state;
    scene->a.done = scene->b.done = 1;
    scene->wanted = 1;
    turn_wake(scene->turn);
    event_base_dispatch(scene->base);
    assert_string_equal(scene->events, "a.finish b.finish a.start b.start a.complete b.complete ");
}

static void descriptor_wakes_the_turn(void **state) {
    struct scene *scene = *state;
    scene->a.done = 1;
    scene->wanted = 1;
    eventfd_write(scene->a.fd, 1);
    event_base_dispatch(scene->base);
    assert_int_equal(scene->a.completed, 1);
    assert_null(strstr(scene->events, "b.finish"));
}

/* The flag of what is done is set before the descriptor is written to, so a turn may be between the two. */
static void descriptor_that_comes_late_does_not_keep_the_loop_busy(void **state) {
    struct scene *scene = *state;
    eventfd_write(scene->a.fd, 1);
    scene->wanted = 1;
    event_base_loop(scene->base, EVLOOP_ONCE);
    event_base_loop(scene->base, EVLOOP_ONCE);
    assert_non_null(strstr(scene->events, "a.finish"));
    scene->events[0] = '\0';
    event_base_loop(scene->base, EVLOOP_ONCE);
    event_base_loop(scene->base, EVLOOP_ONCE);
    assert_string_equal(scene->events, "");
}

static void sockets_are_looked_at_between_two_portions(void **state) {
    struct scene *scene = *state;
    scene->a.done = scene->wanted = 70;
    turn_wake(scene->turn);
    event_base_dispatch(scene->base);
    assert_int_equal(scene->a.completed, 70);
    /* 32, 32 and the rest. */
    assert_int_equal(scene->a.portions, 3);
    assert_true(scene->a.looks_at_most[0] < scene->a.looks_at_most[1]);
    assert_true(scene->a.looks_at_most[1] < scene->a.looks_at_most[2]);
}

/* What a turn asks of the sources if one has so many jobs done and one that waits. */
static const char *turn_with(struct scene *scene, size_t done) {
    scene->events[0] = '\0';
    scene->a.done = done;
    scene->a.submitted = 1;
    scene->wanted = SIZE_MAX;
    turn_wake(scene->turn);
    event_base_loop(scene->base, EVLOOP_ONCE);
    return scene->events;
}

static void what_waits_goes_with_those_who_ask_again_if_they_are_few(void **state) {
    struct scene *scene = *state;
    assert_string_equal(turn_with(scene, 16), "a.finish a.complete ");
    /* There is a next turn without anybody asking for it. */
    scene->events[0] = '\0';
    event_base_dispatch(scene->base);
    assert_string_equal(scene->events, "a.start b.start ");
}

static void what_waits_is_put_off_once(void **state) {
    assert_string_equal(turn_with(*state, 1), "a.finish a.complete ");
    assert_string_equal(turn_with(*state, 1), "a.finish a.start b.start a.complete ");
    assert_string_equal(turn_with(*state, 1), "a.finish a.complete ");
}

static void what_waits_goes_at_once_if_there_is_much_to_answer(void **state) {
    assert_string_equal(turn_with(*state, 17), "a.finish a.start b.start a.complete ");
}

static void portion_grows_with_what_is_done(void **state) {
    struct scene *scene = *state;
    scene->a.done = 1000;
    scene->wanted = 1;
    turn_wake(scene->turn);
    event_base_dispatch(scene->base);
    assert_true(scene->a.completed >= 250);
    assert_true(scene->a.completed < 1000);
}

static void job_that_an_answer_submits_is_started(void **state) {
    struct scene *scene = *state;
    scene->a.done = 1;
    scene->a.resubmit = 3;
    scene->a.starts = true;
    scene->wanted = 4;
    turn_wake(scene->turn);
    event_base_dispatch(scene->base);
    assert_int_equal(scene->a.completed, 4);
}

static void early_look_takes_back_and_completes_nothing(void **state) {
    struct scene *scene = *state;
    turn_look_early(scene->turn);
    assert_string_equal(scene->events, "");
    scene->a.done = 1;
    turn_look_early(scene->turn);
    assert_string_equal(scene->events, "a.finish ");
    scene->wanted = 1;
    event_base_dispatch(scene->base);
    assert_int_equal(scene->a.completed, 1);
}

static void sources_are_limited(void **state) {
    struct scene *scene = *state;
    const struct turn_source source = {&scene->a, scene->a.fd, finish,   has_finished,
                                       start,     completable, complete, pending};
    int added = 0;
    while (added < 100 && turn_add_source(scene->turn, &source))
        added++;
    assert_true(added >= 1 && added < 100);
}

static void line_is_logged_by_the_turn(void **state) {
    struct scene *scene = *state;
    struct capture capture = capture_begin(STDERR_FILENO);
    turn_log(scene->turn, "hello", 5);
    event_base_loop(scene->base, EVLOOP_ONCE);
    event_base_loop(scene->base, EVLOOP_ONCE);
    char *output = capture_end(&capture);
    assert_non_null(strstr(output, " info hello\n"));
    free(output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_source_passes_each_step_before_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(descriptor_wakes_the_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(descriptor_that_comes_late_does_not_keep_the_loop_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sockets_are_looked_at_between_two_portions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_goes_with_those_who_ask_again_if_they_are_few, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_goes_at_once_if_there_is_much_to_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_put_off_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(portion_grows_with_what_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(job_that_an_answer_submits_is_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(early_look_takes_back_and_completes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sources_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(line_is_logged_by_the_turn, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
