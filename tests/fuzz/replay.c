/*
 * replay.c: runs a fuzz target over its corpus (tests/fuzz/corpus/NAME) in the ordinary
 * test run, each file in full and cut at a few places. Prints one `ok` line.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A copy of exactly LEN bytes, so that the address sanitizer sees a read past the end. */
static void replay(const char *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static int replay_file(const char *path)
{
	static char bytes[1 << 22];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file)
		return 0;
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	replay(bytes, len);
	for (size_t cut = 1; cut <= 7; cut++)
		replay(bytes, len * cut / 8);
	return 1;
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	const char *last;
	const char *top = getenv("GAZETTED_TOP");
	char directory[4096], path[8192];
	struct dirent *entry;
	int files = 0;
	DIR *dir;

	(void)argc;
	last = strrchr(argv[0], '/');
	name = last ? last + 1 + strlen("fuzz_") : name;
	snprintf(directory, sizeof(directory), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	dir = opendir(directory);
	if (!dir) {
		fprintf(stderr, "no corpus: %s\n", directory);
		return 1;
	}
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (entry->d_name[0] != '.')
			files += replay_file(path);
	}
	closedir(dir);
	printf("%s fuzz.%s\n", files ? "ok" : "not ok", name);
	return files == 0;
}
