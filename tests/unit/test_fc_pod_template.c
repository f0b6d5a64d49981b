/* A podTemplate over a generated Pod: what is joined, replaced, taken away and kept, and how the outcome
 * is written. JSON stands in single quotes here. */
#include "fc_pod_template.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 4096 /* what a scanner may read behind the text is in it */

/* The text with double quotes. */
static struct hk_str json_of(char out[TEXT_SIZE], const char *text)
{
    size_t len = strlen(text);
    ck_assert_uint_lt(len, TEXT_SIZE - HK_SCAN_PAD);
    memset(out + len, 0, HK_SCAN_PAD);
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    return (struct hk_str){out, len};
}

/* A spec like a generated one: its container is "main". */
#define MAIN                                                                                       \
    "'args':['--config'],'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],"               \
    "'image':'i:1','livenessProbe':{'tcpSocket':{'port':1},'timeoutSeconds':3},'name':'main',"     \
    "'ports':[{'containerPort':1,'name':'http','protocol':'TCP'},"                                 \
    "{'containerPort':2,'name':'back','protocol':'TCP'}],"                                         \
    "'securityContext':{'allowPrivilegeEscalation':false},"                                        \
    "'volumeMounts':[{'mountPath':'/etc/flame','name':'config','readOnly':true},"                  \
    "{'mountPath':'/logs','name':'logs'}]"
#define BASE                                                                                       \
    "{'containers':[{" MAIN "}],'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}},"   \
    "'terminationGracePeriodSeconds':10,'volumes':[{'configMap':{'name':'c'},'name':'config'},"    \
    "{'emptyDir':{},'name':'logs'}]}"

static int merge(struct hk_arena *arena, const char *template, struct fc_pod_parts *parts)
{
    char base[TEXT_SIZE], text[TEXT_SIZE];
    *parts = (struct fc_pod_parts){.spec = json_of(base, BASE)};
    return fc_pod_template_merge(json_of(text, template), "main", arena, parts, NULL);
}

/* What a template changes: `with` stands in the spec afterwards, where `without` stood. */
static const struct {
    const char *name, *template, *without, *with;
} merges[] = {
    {"nothing", "{}", "", ""},
    {"null parts", "{'metadata':null,'spec':null}", "", ""},
    {"a scalar is replaced", "{'spec':{'terminationGracePeriodSeconds':60}}", "Seconds':10",
     "Seconds':60"},
    {"null takes a scalar away", "{'spec':{'terminationGracePeriodSeconds':null}}",
     "'terminationGracePeriodSeconds':10,", ""},
    {"a new member", "{'spec':{'priorityClassName':'high'}}", ",'securityContext':{'secc",
     ",'priorityClassName':'high','securityContext':{'secc"},
    {"objects are merged at any depth",
     "{'spec':{'securityContext':{'fsGroup':5,'seccompProfile':{'x':1}}}}",
     "{'seccompProfile':{'type':'RuntimeDefault'}}",
     "{'fsGroup':5,'seccompProfile':{'type':'RuntimeDefault','x':1}}"},
    {"null takes an object away", "{'spec':{'securityContext':null}}",
     "'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}},", ""},
    {"another list is replaced", "{'spec':{'tolerations':[{'key':'a'}]}}", ",'volumes'",
     ",'tolerations':[{'key':'a'}],'volumes'"},
    {"env by name, in its place, whole",
     "{'spec':{'containers':[{'name':'main','env':[{'name':'A','valueFrom':{'x':1}},{'name':'C'}]}]"
     "}"
     "}",
     "[{'name':'A','value':'1'},{'name':'B','value':'2'}]",
     "[{'name':'A','valueFrom':{'x':1}},{'name':'B','value':'2'},{'name':'C'}]"},
    {"a port by name",
     "{'spec':{'containers':[{'name':'main','ports':[{'name':'back',"
     "'containerPort':9,'hostPort':9}]}]}}",
     "{'containerPort':2,'name':'back','protocol':'TCP'}",
     "{'containerPort':9,'hostPort':9,'name':'back','protocol':'TCP'}"},
    {"a port by number", "{'spec':{'containers':[{'name':'main','ports':[{'containerPort':1}]}]}}",
     "{'containerPort':1,'name':'http','protocol':'TCP'}", "{'containerPort':1,'protocol':'TCP'}"},
    {"the number of another protocol is another port",
     "{'spec':{'containers':[{'name':'main','ports':[{'containerPort':1,'protocol':'UDP'}]}]}}",
     "'name':'back','protocol':'TCP'}]",
     "'name':'back','protocol':'TCP'},{'containerPort':1,'protocol':'UDP'}]"},
    {"a port that stands for two",
     "{'spec':{'containers':[{'name':'main','ports':[{'name':'http','containerPort':2}]}]}}",
     "[{'containerPort':1,'name':'http','protocol':'TCP'},{'containerPort':2,'name':'back',"
     "'protocol':'TCP'}]",
     "[{'containerPort':2,'name':'http','protocol':'TCP'}]"},
    {"a mount by its path, whatever its last slashes",
     "{'spec':{'containers':[{'name':'main','volumeMounts':[{'name':'mine','mountPath':'/logs//'}]}"
     "]}}",
     "{'mountPath':'/logs','name':'logs'}", "{'mountPath':'/logs//','name':'mine'}"},
    {"a mount of the same volume elsewhere",
     "{'spec':{'containers':[{'name':'main','volumeMounts':[{'name':'logs','mountPath':'/"
     "log'}]}]}}",
     "'name':'logs'}]}]", "'name':'logs'},{'mountPath':'/log','name':'logs'}]}]"},
    {"a probe is replaced whole",
     "{'spec':{'containers':[{'name':'main','livenessProbe':{'exec':{'command':['a']}}}]}}",
     "{'tcpSocket':{'port':1},'timeoutSeconds':3}", "{'exec':{'command':['a']}}"},
    {"a probe is taken away", "{'spec':{'containers':[{'name':'main','livenessProbe':null}]}}",
     "'livenessProbe':{'tcpSocket':{'port':1},'timeoutSeconds':3},", ""},
    {"a container's objects are merged",
     "{'spec':{'containers':[{'name':'main','securityContext':{'privileged':true}}]}}",
     "{'allowPrivilegeEscalation':false}", "{'allowPrivilegeEscalation':false,'privileged':true}"},
    {"lists that are null change nothing",
     "{'spec':{'containers':[{'name':'main','env':null,'ports':null,'volumeMounts':null}],"
     "'volumes':null,'initContainers':null}}",
     "", ""},
    {"another container is added",
     "{'spec':{'containers':[{'name':'side','image':'s:1','ports':[{'containerPort':7}]}]}}",
     "'name':'logs'}]}]",
     "'name':'logs'}]},{'image':'s:1','name':'side','ports':[{'containerPort':7,'protocol':'TCP'}]}"
     "]"},
    {"init containers are added", "{'spec':{'initContainers':[{'name':'a','image':'a:1'}]}}",
     ",'securityContext':{'secc",
     ",'initContainers':[{'image':'a:1','name':'a'}],'securityContext':{'secc"},
    {"a volume by name, whole", "{'spec':{'volumes':[{'name':'logs','hostPath':{'path':'/l'}}]}}",
     "{'emptyDir':{},'name':'logs'}", "{'hostPath':{'path':'/l'},'name':'logs'}"},
    {"a volume is added", "{'spec':{'volumes':[{'name':'new','emptyDir':{}}]}}", "'name':'logs'}]}",
     "'name':'logs'},{'emptyDir':{},'name':'new'}]}"},
    /* The operator's own. */
    {"names, selectors and order stay",
     "{'metadata':{'name':'x'},'spec':{'hostname':'x','subdomain':'x','restartPolicy':'Never',"
     "'setHostnameAsFQDN':true,'hostnameOverride':'x','ephemeralContainers':[{'name':'x'}]}}",
     "", ""},
    {"the configuration stays",
     "{'spec':{'volumes':[{'name':'config','emptyDir':{}}],'containers':[{'name':'main','args':[],"
     "'volumeMounts':[{'name':'x','mountPath':'/etc/flame/'},{'name':'x','mountPath':"
     "'/etc/flame/flame-cluster.yaml','subPath':'a'}]}]}}",
     "", ""},
    {"the certificates stay",
     "{'spec':{'volumes':[{'name':'flame-tls','emptyDir':{}}],'containers':[{'name':'main',"
     "'volumeMounts':[{'name':'x','mountPath':'/etc/flame-tls'}]}]}}",
     "", ""},
    {"what has a field of its own stays",
     "{'spec':{'containers':[{'name':'main','image':'x:1','imagePullPolicy':'Always','resources':{"
     "'limits':{'cpu':1}}}]}}",
     "", ""},
    {"another container's own is its own",
     "{'spec':{'containers':[{'name':'side','image':'s:1','args':['a'],'volumeMounts':[{'name':"
     "'config','mountPath':'/etc/flame'}]}]}}",
     "'name':'logs'}]}]",
     "'name':'logs'}]},{'args':['a'],'image':'s:1','name':'side','volumeMounts':[{'mountPath':"
     "'/etc/flame','name':'config'}]}]"},
    {"a neighbour of the folder is nobody's",
     "{'spec':{'containers':[{'name':'main','volumeMounts':[{'name':'x','mountPath':'/etc/"
     "flames'}]}"
     "]}}",
     "'name':'logs'}]}]", "'name':'logs'},{'mountPath':'/etc/flames','name':'x'}]}]"},
    /* As the API server writes it back. */
    {"quantities",
     "{'spec':{'overhead':{'cpu':'1000m'},'containers':[{'name':'side','resources':{'limits':{'cpu'"
     ":"
     "2,'memory':'1024Mi'},'requests':{'cpu':0.5}}}],'nodeSelector':{'sizeLimit':'1024Mi'}}}",
     "'name':'logs'}]}],",
     "'name':'logs'}]},{'name':'side','resources':{'limits':{'cpu':'2','memory':'1Gi'},'requests':{"
     "'cpu':'500m'}}}],'nodeSelector':{'sizeLimit':'1024Mi'},'overhead':{'cpu':'1'},"},
    {"quantities in volumes and variables",
     "{'spec':{'volumes':[{'name':'new','emptyDir':{'sizeLimit':'2048Ki'}},{'name':'d','"
     "downwardAPI'"
     ":{'items':[{'path':'a','fieldRef':{'fieldPath':'b'}},{'path':'c','resourceFieldRef':{"
     "'divisor':'1000m'}}]}},{'name':'t','projected':{'sources':[{'serviceAccountToken':{'path':'t'"
     "}"
     "}]}}]}}",
     "'name':'logs'}]}",
     "'name':'logs'},{'emptyDir':{'sizeLimit':'2Mi'},'name':'new'},{'downwardAPI':{'items':[{"
     "'fieldRef':{'apiVersion':'v1','fieldPath':'b'},'path':'a'},{'path':'c','resourceFieldRef':{"
     "'divisor':'1'}}]},'name':'d'},{'name':'t','projected':{'sources':[{'serviceAccountToken':{"
     "'expirationSeconds':3600,'path':'t'}}]}}]}"},
    {"nothing that says nothing",
     "{'spec':{'tolerations':[],'affinity':{'podAffinity':null,'nodeAffinity':{}},'containers':[{"
     "'name':'main','env':[{'name':'C','value':''}],'command':[]}]}}",
     "{'containers':[{'args':['--config'],'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}"
     "]",
     "{'affinity':{'nodeAffinity':{}},'containers':[{'args':['--config'],'env':[{'name':'A','value'"
     ":"
     "'1'},{'name':'B','value':'2'},{'name':'C'}]"},
    {"a quantity that is none stays",
     "{'spec':{'volumes':[{'name':'new','emptyDir':{'sizeLimit':'lots'}}]}}", "'name':'logs'}]}",
     "'name':'logs'},{'emptyDir':{'sizeLimit':'lots'},'name':'new'}]}"},
};

/* BASE with one text in the place of another. */
static void wanted_spec(char out[TEXT_SIZE], const char *without, const char *with)
{
    const char *at = NULL; /* the last one */
    for (const char *next = BASE; (next = strstr(next, without)); next++) {
        at = next;
        if (!*next || !*without)
            break;
    }
    ck_assert_ptr_nonnull(at);
    int len =
        snprintf(out, TEXT_SIZE, "%.*s%s%s", (int)(at - BASE), BASE, with, at + strlen(without));
    ck_assert_int_lt(len, TEXT_SIZE);
}

START_TEST(test_merge)
{
    char text[TEXT_SIZE], want[TEXT_SIZE];
    struct fc_pod_parts parts;
    struct hk_arena arena;
    hk_arena_init(&arena);
    wanted_spec(text, merges[_i].without, merges[_i].with);
    json_of(want, text);
    ck_assert_int_eq(merge(&arena, merges[_i].template, &parts), 0);
    ck_assert_msg(hk_str_is(parts.spec, want), "%s:\n%.*s\nwanted:\n%s", merges[_i].name,
                  HK_STR_ARG(parts.spec), want);
    hk_arena_fini(&arena);
}
END_TEST

static void assert_pairs(const struct fc_pairs *pairs, const char *want)
{
    char found[TEXT_SIZE] = "";
    size_t len = 0;
    for (size_t i = 0; i < pairs->count; i++)
        len += (size_t)snprintf(found + len, sizeof found - len, "%.*s=%.*s ",
                                HK_STR_ARG(pairs->items[i].key), HK_STR_ARG(pairs->items[i].value));
    ck_assert_str_eq(found, want);
}

/* In the order of the keys, and without those that are ours. */
START_TEST(test_labels)
{
    struct fc_pod_parts parts;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(
        merge(&arena,
              "{'metadata':{'labels':{'z':'1','app':'x','controller-uid':'x','b':'','a':null,"
              "'app.kubernetes.io/name':'x','app.kubernetes.io/version':'2',"
              "'flame.xflops.io/cluster':'x'},'annotations':{'flame.xflops.io/template-hash':'x',"
              "'metacontroller.k8s.io/last-applied-configuration':'x','note':'any: thing','app':'y'"
              "}}}",
              &parts),
        0);
    assert_pairs(&parts.labels, "app.kubernetes.io/version=2 b= z=1 ");
    assert_pairs(&parts.annotations, "app=y note=any: thing ");
    hk_arena_fini(&arena);
}
END_TEST

/* Keys in another order and white space make no other Pod. */
START_TEST(test_order_does_not_matter)
{
    struct fc_pod_parts a, b;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(merge(&arena,
                           "{'metadata':{'labels':{'a':'1','b':'2'}},'spec':{'dnsPolicy':'x',"
                           "'containers':[{'name':'side','image':'s:1'}]}}",
                           &a),
                     0);
    ck_assert_int_eq(merge(&arena,
                           "{ 'spec':{'containers':[ {'image':'s:1','name':'side'}],'dnsPolicy':"
                           "'x'}, 'metadata':{'labels':{'b':'2','a':'1'}}}",
                           &b),
                     0);
    ck_assert(hk_str_eq(a.spec, b.spec));
    assert_pairs(&b.labels, "a=1 b=2 ");
    hk_arena_fini(&arena);
}
END_TEST

static int merge_and_free(void *template)
{
    struct fc_pod_parts parts;
    struct hk_arena arena;
    hk_arena_init(&arena);
    int rc = merge(&arena, template, &parts);
    hk_arena_fini(&arena);
    return rc;
}

START_TEST(test_allocations_fail)
{
    failalloc_loop(merge_and_free, (void *)(uintptr_t)merges[_i].template);
}
END_TEST

START_TEST(test_allocations_of_labels_fail)
{
    static char template[] = "{'metadata':{'labels':{'a':'b','c':'d'},'annotations':{'x':'y'}}}";
    failalloc_loop(merge_and_free, template);
}
END_TEST

int main(void)
{
    const int rows = sizeof merges / sizeof merges[0];
    Suite *suite = suite_create("fc_pod_template");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_merge, 0, rows);
    tcase_add_test(tcase, test_labels);
    tcase_add_test(tcase, test_order_does_not_matter);
    tcase_add_loop_test(tcase, test_allocations_fail, 0, rows);
    tcase_add_test(tcase, test_allocations_of_labels_fail);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
