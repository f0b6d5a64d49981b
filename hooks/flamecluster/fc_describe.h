/* fc_describe.h - how the parts of a cluster are, for people: what `flame-operator status` shows. Decides nothing. */
#ifndef FC_DESCRIBE_H
#define FC_DESCRIBE_H

#include "fc_answer.h"

/* fc_describe - append a description of the shape in cli/status.h. Pods of a StatefulSet may be among the children, unlike in a
 * request of Metacontroller. Returns 0, or -1: MEMORY. */
int fc_describe(struct fc_request *request, struct hk_buf *out, struct hk_err *err) HK_MUST_USE;

#endif
