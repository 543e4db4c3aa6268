/* SPDX-License-Identifier: Apache-2.0 */
#include "model/tls.h"

#include "model/config.h"

struct tls_server *config_add_tls_server(struct config *c)
{
    struct tls_server *s = ARENA_NEW(c->arena, struct tls_server);
    s->index = c->tls_servers.count;
    *ARENA_PUSH(c->arena, &c->tls_servers) = s;
    return s;
}

struct tls_client *config_add_tls_client(struct config *c)
{
    struct tls_client *t = ARENA_NEW(c->arena, struct tls_client);
    t->index = c->tls_clients.count;
    *ARENA_PUSH(c->arena, &c->tls_clients) = t;
    return t;
}

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = { "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };
    return version >= 0x0301 && version <= 0x0304 ? names[version - 0x0301] : "default";
}

struct span tls_alpn_wire(struct arena *a, struct span list, char separator)
{
    char *wire = arena_alloc(a, list.len + 1); /* a length stands for each separator, and one more */
    size_t len = 0;
    do {
        struct span name = span_trim(span_cut(&list, separator));
        if (name.len == 0 || name.len > UINT8_MAX)
            return span_of(NULL, 0);
        wire[len++] = (char)name.len;
        memcpy(wire + len, name.ptr, name.len);
        len += name.len;
    } while (list.ptr);
    return span_of(wire, len);
}
