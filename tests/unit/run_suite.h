/* run_suite.h - the end of a test program. */
#ifndef RUN_SUITE_H
#define RUN_SUITE_H

#include <check.h>

/* run_suite - runs and frees it. Returns what main does: 0, or 1 when a test failed or none was run. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed || !run;
}

#endif
