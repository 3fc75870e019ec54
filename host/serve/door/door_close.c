/* SPDX-License-Identifier: MIT */
/* How a connection ends: by us, in TLS first; by the client; by what it sends. */
#include "serve/door/door_conn.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void conn_shut(struct conn *c)
{
    tls_bye(c);
    if (c->half_closed || shutdown(link_fd(c), SHUT_WR) < 0)
        c->dying = true;
    c->state = CONN_LINGER;
    c->dropped = 0;
    door_arm(c, door_now_ms(c->door) + DOOR_LINGER_MS);
}

bool conn_said_bye(struct conn *c)
{
    tls_bye(c);
    if (c->broken || !link_behind(c))
        return true;
    link_want_write(c);
    return false;
}

void conn_bye(struct conn *c)
{
    if (!c->x)
        conn_shut(c);
    else if (c->tunnel)
        tunnel_client_done(c);
    else if (c->state == CONN_WAIT && !c->x->streaming)
        c->close = true;
    else
        c->dying = true;
}

void conn_bad_record(struct conn *c)
{
    if (c->x)
        c->dying = true;
    else
        conn_shut(c); /* so that the alert arrives */
}

/* A client may shut its side once the request is out and still read the answer (printf … | nc).
 * libwebsockets closes on that; a duplicate of the socket keeps it. */
static bool awaits_answer(const struct conn *c, int fd)
{
    char byte;
    int problem = 0;
    socklen_t len = sizeof problem;
    return fd >= 0 && c->x && c->state == CONN_WAIT && !c->x->answered && !c->dying && !c->broken &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) == 0 && problem == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int conn_closed(struct conn *c, int fd)
{
    bool upgrade = c->upgrade && !c->tls && c->state != CONN_SOCKET && !c->broken && fd >= 0 &&
                   !c->x->ended && !c->door->closing;
    c->link = NULL;
    if (upgrade || awaits_answer(c, fd)) {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (copy >= 0) {
            c->half_closed = !upgrade;
            c->close = true;
            c->muted = c->speaker_muted = c->dying = false;
            return copy;
        }
    }
    if (c->x) {
        struct exchange *x = c->x;
        c->x = NULL;
        exchange_hung_up(x);
    }
    door_forget(c);
    return -1;
}
