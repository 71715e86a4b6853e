/*
 * Feeds files to a fuzzer's function without libFuzzer: replay FILE|DIRECTORY…
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "base/file.h"

#define INPUT_MAX (64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(int dirfd, const char *name)
{
	struct buf input = BUF_INIT(INPUT_MAX);
	struct fault f;
	int rc = -1;

	if (file_read(dirfd, name, &input, &f) < 0) {
		(void)fprintf(stderr, "%s\n", f.text);
		goto out;
	}
	(void)printf("# %s\n", name);
	(void)fflush(stdout); /* the last name is the guilty one */
	(void)LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&input), input.len);
	rc = 0;
out:
	buf_release(&input);
	return rc;
}

static int replay_directory(DIR *dir)
{
	const struct dirent *entry;
	int rc = 0;

	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && replay_file(dirfd(dir), entry->d_name) < 0)
			rc = -1;
	return rc;
}

int main(int argc, char **argv)
{
	int code = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		int rc = dir ? replay_directory(dir) : replay_file(AT_FDCWD, argv[i]);

		if (dir)
			(void)closedir(dir);
		if (rc < 0)
			code = 1;
	}
	return code;
}
