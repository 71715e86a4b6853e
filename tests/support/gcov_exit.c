/*
 * Linked into coverage builds alone, with --wrap=_exit: what a forked worker has run counts,
 * though it ends without exit(3).
 */
void __gcov_dump(void);
void __wrap__exit(int code);
void __real__exit(int code);

void __wrap__exit(int code)
{
	__gcov_dump();
	__real__exit(code);
}
