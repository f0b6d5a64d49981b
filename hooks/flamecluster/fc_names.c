#include "fc_names.h"

/* before + cluster + after. */
static struct hk_str join(struct hk_arena *arena, struct hk_str before, struct hk_str cluster,
                          struct hk_str after)
{
    size_t len = before.len + cluster.len + after.len;
    char *text = hk_arena_alloc(arena, len + 1);
    if (!text)
        return (struct hk_str){NULL, 0};
    memcpy(text, before.ptr, before.len);
    if (cluster.len)
        memcpy(text + before.len, cluster.ptr, cluster.len);
    memcpy(text + before.len + cluster.len, after.ptr, after.len);
    return (struct hk_str){text, len};
}

/* The piece of a longer name that stands between two counts of bytes. */
static struct hk_str part(struct hk_str text, size_t skip, size_t drop)
{
    return text.ptr ? (struct hk_str){text.ptr + skip, text.len - skip - drop} : text;
}

void fc_names_make(struct fc_names *names, struct hk_arena *arena, struct hk_str cluster)
{
    const size_t scheme = sizeof "http://" - 1, port = sizeof ":8080" - 1;
    *names = (struct fc_names){
        .cluster = cluster,
        .config = join(arena, HK_STR(""), cluster, HK_STR("-config")),
        .executor_prefix = join(arena, HK_STR(""), cluster, HK_STR("-executor-manager-")),
        .cache_prefix = join(arena, HK_STR(""), cluster, HK_STR("-object-cache-")),
        .session_endpoint =
            join(arena, HK_STR("http://"), cluster, HK_STR("-session-manager:8080")),
        .cache_endpoint = join(arena, HK_STR("grpc://"), cluster, HK_STR("-object-cache:9090")),
        .executor_selector =
            join(arena, HK_STR("app=flame-executor-manager,flame.xflops.io/cluster="), cluster,
                 HK_STR("")),
    };
    names->executor_manager = part(names->executor_prefix, 0, 1);
    names->session_address = part(names->session_endpoint, scheme, 0);
    names->session_manager = part(names->session_endpoint, scheme, port);
    names->cache_address = part(names->cache_endpoint, scheme, 0);
    names->object_cache = part(names->cache_endpoint, scheme, port);
}

void fc_names_secure(struct fc_names *names, struct hk_arena *arena, bool has_cache_tls)
{
    names->session_endpoint = join(arena, HK_STR("https://"), names->session_address, HK_STR(""));
    if (has_cache_tls)
        names->cache_endpoint = join(arena, HK_STR("grpcs://"), names->cache_address, HK_STR(""));
}
