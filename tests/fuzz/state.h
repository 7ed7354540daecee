/* Included before every file of the programs and of common/ in the fuzzers' build: static data go into sections of
 * their own, so that harness.c can set them back to what they were before each run. */
#pragma clang section bss = "tale_bss" data = "tale_data"
