/* SPDX-License-Identifier: Apache-2.0 */
/* Channels are shared: the virtual routers of one interface and family have one. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "vrrp/internal.h"

static bool watch(struct vrrp *v, int fd)
{
    struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
    return fd < 0 || epoll_ctl(v->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool make_room(struct vrrp *v)
{
    if (v->channel_count < v->channel_room)
        return true;
    uint32_t room = v->channel_room ? v->channel_room * 2 : 8;
    struct advert_channel **grown = reallocarray(v->channels, room, sizeof(*grown));
    if (grown == NULL)
        return false;
    v->channels = grown;
    v->channel_room = room;
    return true;
}

struct advert_channel *channel_get(struct vrrp *v, int family, unsigned index, struct advert_failure *why)
{
    for (uint32_t i = 0; i < v->channel_count; i++) {
        struct advert_channel *c = v->channels[i];
        if (c->family == family && c->index == index) {
            c->users++;
            return c;
        }
    }
    struct advert_channel *c = calloc(1, sizeof(*c));
    if (c == NULL || !make_room(v)) {
        free(c);
        *why = (struct advert_failure){ "memory for a socket", ENOMEM };
        return NULL;
    }
    if (!advert_open(c, family, index, why)) {
        free(c);
        return NULL;
    }
    if (!watch(v, c->fd) || !watch(v, c->ah_fd)) {
        *why = (struct advert_failure){ "watching a socket", errno };
        advert_close(c);
        free(c);
        return NULL;
    }
    c->users = 1;
    v->channels[v->channel_count++] = c;
    return c;
}

void channel_put(struct vrrp *v, struct advert_channel **c)
{
    struct advert_channel *old = *c;
    *c = NULL;
    if (old == NULL || --old->users > 0)
        return;
    for (uint32_t i = 0; i < v->channel_count; i++)
        if (v->channels[i] == old)
            v->channels[i] = v->channels[--v->channel_count];
    advert_close(old); /* closing takes them out of epoll: nobody else has a copy */
    free(old);
}
