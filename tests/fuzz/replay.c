/* replay.c - runs an entry point over the files of the directories named, where libFuzzer is not at
 * hand. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (1 << 22)

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    if (!file || !data) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(1);
    }
    size_t size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    uint8_t *exact = malloc(size > 0 ? size : 1); /* so that reading beyond it is seen */
    if (!exact)
        exit(1);
    for (size_t i = 0; i < size; i++)
        exact[i] = data[i];
    free(data);
    printf("%s\n", path);
    fflush(stdout); /* the last line names the input that aborts */
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static int replay_directory(const char *name)
{
    int files = 0;
    DIR *dir = opendir(name);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
        replay_file(path);
        files++;
    }
    if (dir)
        closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++)
        files += replay_directory(argv[i]);
    printf("%d inputs\n", files);
    return files > 0 ? 0 : 1;
}
