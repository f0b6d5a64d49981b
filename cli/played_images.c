#include "played.h"

/* Is this the value of a field "image" anywhere in the tree? */
static bool has_image(const json_t *tree, const char *image)
{
    const char *key;
    json_t *value;
    for (size_t i = 0; i < json_array_size(tree); i++)
        if (has_image(json_array_get(tree, i), image))
            return true;
    json_object_foreach((json_t *)tree, key, value)
    {
        const char *text = strcmp(key, "image") == 0 ? json_string_value(value) : NULL;
        if ((text && strcmp(text, image) == 0) || has_image(value, image))
            return true;
    }
    return false;
}

void played_fail_images(struct hk_sim *sim, const struct cli_input *in,
                        const struct cli_list *images)
{
    for (size_t i = 0; i < images->count; i++) {
        bool is_named = false;
        for (size_t k = 0; k < in->count && !is_named; k++)
            is_named = has_image(in->objects[k].root, images->items[i]);
        if (!is_named)
            cli_warning((struct cli_place){0}, "--fail-image: no FlameCluster has the image %s",
                        images->items[i]);
        hk_sim_fail_image(sim, images->items[i], true);
    }
}
