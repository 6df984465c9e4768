/* Batches of claimed mails: how a request is split, and that nothing of a claim outlives its last batch. */
#include "notifier/batch.h"

#include "tests/unit/unit.h"

/* A claim of mails with the ids 0 to count - 1. */
static struct ledger_claim *claim_of(size_t count) {
    struct ledger_claim *claim = calloc(1, sizeof *claim);
    assert_non_null(claim);
    claim->mails = calloc(count, sizeof *claim->mails);
    assert_non_null(claim->mails);
    claim->mail_count = count;
    for (size_t i = 0; i < count; i++) {
        claim->mails[i].delivery_id = (int64_t)i;
        claim->mails[i].email.bytes = strdup("ada@example.org");
    }
    return claim;
}

static bool holds(const struct batch *batch, int64_t id) {
    for (size_t i = 0; i < batch->count; i++) {
        if (batch_mails(batch)[i].delivery_id == id)
            return true;
    }
    return false;
}

static void every_mail_is_in_one_of_the_two(void **state) {
    static const struct {
        const char *name;
        size_t count;
        size_t offenders[4];
        size_t offender_count;
        size_t kept;
    } rows[] = {
        {"nobody named", 5, {0}, 0, 2},      {"nobody named of two", 2, {0}, 0, 1},
        {"the first", 5, {0}, 1, 4},         {"the last", 5, {4}, 1, 4},
        {"the last two", 5, {3, 4}, 2, 3},   {"the first two", 5, {0, 1}, 2, 3},
        {"every other", 6, {0, 2, 4}, 3, 3}, {"one that a swap brings another to", 4, {1, 2, 3}, 3, 1},
        {"all of them", 3, {0, 1, 2}, 3, 1},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct answer answer = {.verdict = ANSWER_OFFENDER, .offender_count = rows[row].offender_count};
        memcpy(answer.offenders, rows[row].offenders, sizeof rows[row].offenders);
        struct batch *good = batch_of_claim(claim_of(rows[row].count));
        struct batch *bad = batch_split(good, &answer);
        assert_non_null(bad);
        assert_number(rows[row].name, (int64_t)good->count, (int64_t)rows[row].kept);
        assert_number(rows[row].name, (int64_t)(good->count + bad->count), (int64_t)rows[row].count);
        for (size_t id = 0; id < rows[row].count; id++)
            assert_number(rows[row].name, holds(good, (int64_t)id) + holds(bad, (int64_t)id), 1);
        if (rows[row].offender_count < rows[row].count) {
            for (size_t i = 0; i < rows[row].offender_count; i++)
                assert_number(rows[row].name, holds(bad, (int64_t)rows[row].offenders[i]), true);
        }
        batch_free(good);
        batch_free(bad);
    }
}

static void a_part_can_be_split_again(void **state) {
    struct answer nobody = {.verdict = ANSWER_OFFENDER};
    struct answer second = {.verdict = ANSWER_OFFENDER, .offenders = {1}, .offender_count = 1};

    struct batch *first = batch_of_claim(claim_of(8));
    struct batch *last = batch_split(first, &nobody);
    int64_t suspect = batch_mails(last)[1].delivery_id;
    struct batch *offender = batch_split(last, &second);
    assert_int_equal(offender->count, 1);
    assert_int_equal(batch_mails(offender)[0].delivery_id, suspect);
    assert_int_equal(first->shipment->batches, 3);
    /* In any order: the last one takes the claim with it, which a leak checker sees. */
    batch_free(last);
    batch_free(first);
    batch_free(offender);
}

static void list_keeps_its_order(void **state) {
    struct batch batches[3] = {{.first = 0}, {.first = 1}, {.first = 2}};
    struct batch_list list = TAILQ_HEAD_INITIALIZER(list);

    assert_null(batch_pop(&list));
    for (size_t i = 0; i < COUNT(batches); i++)
        TAILQ_INSERT_TAIL(&list, &batches[i], link);
    for (size_t i = 0; i < COUNT(batches); i++)
        assert_int_equal(batch_pop(&list)->first, i);
    assert_true(TAILQ_EMPTY(&list));
}

static void largest_of_a_shipment_comes_first(void **state) {
    struct shipment ours = {0}, others = {0};
    struct batch batches[] = {{.shipment = &ours, .count = 1},
                              {.shipment = &others, .count = 9},
                              {.shipment = &ours, .count = 4},
                              {.shipment = &ours, .count = 4},
                              {.shipment = &ours, .count = 2}};
    struct batch_list list = TAILQ_HEAD_INITIALIZER(list);

    batch_promote_largest(&list, &ours);
    assert_true(TAILQ_EMPTY(&list));
    for (size_t i = 0; i < COUNT(batches); i++)
        TAILQ_INSERT_TAIL(&list, &batches[i], link);
    static const size_t wanted[] = {2, 0, 1, 3, 4};
    batch_promote_largest(&list, &ours);
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_ptr_equal(batch_pop(&list), &batches[wanted[i]]);
    assert_true(TAILQ_EMPTY(&list));
    TAILQ_INSERT_TAIL(&list, &batches[0], link);
    batch_promote_largest(&list, &others);
    assert_ptr_equal(batch_pop(&list), &batches[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mail_is_in_one_of_the_two),
        cmocka_unit_test(a_part_can_be_split_again),
        cmocka_unit_test(list_keeps_its_order),
        cmocka_unit_test(largest_of_a_shipment_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
