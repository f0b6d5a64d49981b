/* A Pod's spec in the API server's own words. A StatefulSet holds one and is compared with what the server
 * made of it, value by value: `1024Mi` against `1Gi`, or a default inside of a list, would be written
 * again at each sync. */
#include "fc_pod_template.h"

#include "hk_qty.h"

#include <stdio.h>

/* A number is a quantity too: `cpu: 0.5`. */
static struct hk_str number_text(const json_t *value, char *text, size_t size)
{
    if (json_is_integer(value))
        snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(text, size, "%.15g", json_real_value(value));
    return hk_str_of(text);
}

static int canonical_quantity(json_t *holder, const char *key)
{
    const json_t *value = json_object_get(holder, key);
    struct hk_qty qty;
    char number[48];
    struct hk_str text = {json_string_value(value), json_string_length(value)};
    if (json_is_number(value))
        text = number_text(value, number, sizeof number);
    if (!text.ptr || hk_qty_parse(text, &qty, NULL) != 0)
        return 0;
    return json_object_set_new(holder, key, json_string(qty.text));
}

static int canonical_quantities(json_t *map)
{
    const char *key;
    void *next;
    json_t *value;
    int rc = 0;
    json_object_foreach_safe(map, next, key, value) if (canonical_quantity(map, key) != 0) rc = -1;
    return rc;
}

static int set_default(json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return 0;
    }
    return json_object_set_new(object, key, value);
}

/* What an object named so holds. */
static int canonical_named(json_t *object, const char *name)
{
    int rc = 0;
    if (strcmp(name, "resources") == 0) {
        rc = canonical_quantities(json_object_get(object, "limits"));
        rc |= canonical_quantities(json_object_get(object, "requests"));
    } else if (strcmp(name, "overhead") == 0) {
        rc = canonical_quantities(object);
    } else if (strcmp(name, "emptyDir") == 0) {
        rc = canonical_quantity(object, "sizeLimit");
    } else if (strcmp(name, "resourceFieldRef") == 0) {
        rc = canonical_quantity(object, "divisor");
    } else if (strcmp(name, "fieldRef") == 0) {
        rc = set_default(object, "apiVersion", json_string("v1"));
    } else if (strcmp(name, "serviceAccountToken") == 0) {
        rc = set_default(object, "expirationSeconds", json_integer(3600));
    }
    return rc;
}

/* What an entry of a list named so holds. */
static int canonical_entry(json_t *entry, const char *list)
{
    const json_t *value = json_object_get(entry, "value");
    if (strcmp(list, "ports") == 0 && json_object_get(entry, "containerPort"))
        return set_default(entry, "protocol", json_string("TCP"));
    if (strcmp(list, "env") == 0 && json_is_string(value) && json_string_length(value) == 0)
        json_object_del(entry, "value");
    return 0;
}

static bool is_nothing(const json_t *value)
{
    return json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
}

/* Labels may be named as they like. */
static bool is_free_map(const char *name)
{
    return strcmp(name, "nodeSelector") == 0 || strcmp(name, "matchLabels") == 0 ||
           strcmp(name, "labels") == 0 || strcmp(name, "annotations") == 0;
}

static int canonical(json_t *value, const char *name, unsigned depth);

static int canonical_array(json_t *list, const char *name, unsigned depth)
{
    json_t *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        if (json_is_object(entry) && canonical_entry(entry, name) != 0)
            return -1;
        if (canonical(entry, "", depth) != 0)
            return -1;
    }
    return 0;
}

static int canonical_object(json_t *object, const char *name, unsigned depth)
{
    const char *key;
    void *next;
    json_t *value;
    int rc = canonical_named(object, name);
    json_object_foreach_safe(object, next, key, value)
    {
        if (is_nothing(value))
            json_object_del(object, key);
        else if (!is_free_map(key) && canonical(value, key, depth) != 0)
            rc = -1;
    }
    return rc;
}

/* A podTemplate is not nested deeper than FC_POD_TEMPLATE_DEPTH. */
static int canonical(json_t *value, const char *name, unsigned depth)
{
    if (depth > FC_POD_TEMPLATE_DEPTH)
        return 0;
    if (json_is_array(value))
        return canonical_array(value, name, depth + 1);
    return json_is_object(value) ? canonical_object(value, name, depth + 1) : 0;
}

int fc_pod_canonical(json_t *spec)
{
    return canonical(spec, "", 0);
}
