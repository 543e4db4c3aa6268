/* SPDX-License-Identifier: Apache-2.0 */
/* `show ssl cert`: the certificates of the files, as the files had them. */
#include "admin/command_internal.h"
#include "model/config.h"
#include "model/tls.h"
#include "state/snapshot.h"

/* The <i>-th certificate that the files name, with clients' behind listeners'; NULL: there are no more. */
static const struct tls_file *certificate_at(const struct config *c, uint32_t i)
{
    for (uint32_t k = 0; k < c->tls_servers.count; k++) {
        const struct tls_server *s = c->tls_servers.items[k];
        if (i < s->identities.count)
            return &s->identities.items[i].certificate;
        i -= s->identities.count;
    }
    return i < c->tls_clients.count ? &c->tls_clients.items[i]->identity.certificate : NULL;
}

static bool was_before(const struct config *c, uint32_t i, struct span path)
{
    for (uint32_t k = 0; k < i; k++)
        if (span_eq(certificate_at(c, k)->path, path))
            return true;
    return false;
}

enum command_result show_ssl_cert(struct call *c)
{
    const struct config *config = c->now->snapshot->config;
    const struct admin_process *p = c->now->process;
    struct span wanted = call_arg(c, 0);

    if (wanted.len == 0)
        buf_put(c->out, SPAN("# filename\n"));
    for (uint32_t i = 0;; i++) {
        const struct tls_file *f = certificate_at(config, i);
        if (f == NULL)
            break;
        if (f->path.len == 0 || was_before(config, i, f->path))
            continue;
        if (wanted.len == 0) {
            buf_printf(c->out, "%.*s\n", SPAN_ARGS(f->path));
        } else if (span_eq(f->path, wanted)) {
            buf_printf(c->out, "Filename: %.*s\nStatus: Used\n", SPAN_ARGS(f->path));
            return p->describe != NULL && p->describe(f->bytes, c->out)
                       ? COMMAND_DONE
                       : call_fail(c, "Can't display the certificate: there is none in the file.");
        }
    }
    return wanted.len == 0 ? COMMAND_DONE : call_fail(c, "Can't display the certificate: Not found.");
}
