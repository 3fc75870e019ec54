/* SPDX-License-Identifier: MIT */
/* door_conn.h - what the files of the door share: the door, its connections and their exchanges.
 * Included by door*.c and exchange.c only. Owner: the door. Thread: loop.
 *
 * How the files divide the work:
 * - door.c opens, accepts, limits, drains, closes; door_lws.c alone sees libwebsockets;
 * - door_request.c takes bytes in (a connection's states), door_answer.c gives bytes out, and
 *   door_close.c ends it;
 * - door_tls.c sits between those two and door_lws.c, when the door speaks TLS, and door_tunnel.c
 *   brings WebSocket through it;
 * - door_head.c, door_body.c, door_wheel.c are pure machines; exchange.c is what routes see.
 *
 * A connection is a raw socket of libwebsockets, not one of its HTTP ones. Its HTTP role cannot
 * keep the promises of exchange.h (see door_head.h), and every cure of its body framing, its header
 * pool, its time-outs and its endless POLLIN on a closed SSE client would hang on private states of
 * one version. The raw role has none of these faults and behaves the same in 4.1 and 4.3;
 * libwebsockets remains the reader, the writer, the event loop's other half and the speaker of
 * WebSocket. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "serve/door/door.h"
#include "serve/door/door_body.h"
#include "serve/door/door_head.h"
#include "serve/door/door_proxy.h"
#include "serve/door/door_wheel.h"

struct lws;
struct lws_protocols;
struct lws_context;
struct lws_vhost;

enum {
    DOOR_PAD = 16,            /* bytes libwebsockets may use in front of what it writes (LWS_PRE) */
    DOOR_IO_BYTES = 65536,    /* largest single read and write */
    DOOR_ADDRESS_BYTES = 46,  /* INET6_ADDRSTRLEN */
    DOOR_REQUEST_ID = 129,    /* 128 characters and a NUL */
    DOOR_BODY_MAX = 1 << 20,  /* until exchange_body_max says else */
    DOOR_OUT_MAX = 64 << 20,  /* answer or backlog of a stream in memory */
    DOOR_DRAIN_BYTES = 65536, /* a body refused is read up to this, for keep-alive's sake */
    DOOR_LINGER_BYTES = 32 << 20, /* read for nothing so that the client gets to see its answer */
    DOOR_LINGER_MS = 5000,
    DOOR_STALL_MS = 30000, /* an answer (not a stream) without progress */
    DOOR_POOL = 256,       /* exchanges kept for reuse */
    DOOR_DATE_BYTES = 40
};

enum conn_state {
    CONN_IDLE,   /* nothing of a request yet */
    CONN_HEAD,   /* part of a head */
    CONN_BODY,   /* head() has been called, the body is coming */
    CONN_WAIT,   /* the request is whole; answer being made or written */
    CONN_DRAIN,  /* answered before the body was in: the rest of it is dropped */
    CONN_SOCKET, /* WebSocket */
    CONN_PROXY,  /* the PROXY header is coming */
    CONN_HELLO,  /* the handshake of TLS is coming, or under way */
    CONN_LINGER, /* our side is shut: reading until the client has seen the answer and closes */
};

struct peer {
    size_t connections;
    size_t key_len;
    unsigned char key[8];
};

struct conn {
    struct list node; /* door.conns */
    struct wheel_node deadline;
    struct door *door;
    struct lws *link;      /* carries bytes from and to the client; NULL only while it dies */
    struct lws *speaker;   /* speaks WebSocket: the link itself, or the far end of the tunnel */
    struct tunnel *tunnel; /* of a WebSocket through TLS */
    struct tls *tls;       /* from the first byte of its handshake; NULL: plain */
    struct exchange *x;
    struct peer *peer;
    enum conn_state state;
    int depth;          /* > 0: within a callback of this connection; closing waits for its end */
    bool close;         /* after the answer */
    bool dying, broken; /* to be killed; writing failed */
    /* To WebSocket: this link ends and one that speaks it takes its place; with TLS a tunnel is
     * opened. */
    bool upgrade;
    bool leaving; /* the close handshake of a WebSocket is under way */
    /* More than a stray CRLF came behind the request: nothing is read until it is answered. */
    bool flooded;
    bool muted;         /* what libwebsockets was told last */
    bool speaker_muted; /* the same, of the speaker in a tunnel */
    bool half_closed;   /* the client has shut its side but waits for the answer */
    int stray;          /* how much of one CRLF came behind the request */
    uint64_t unread;    /* CONN_DRAIN: bytes of the body to drop */
    size_t dropped;     /* bytes read for nothing since the answer began */
    int64_t since_ms;   /* first byte of this request */
    struct proxy proxy;
    char address[DOOR_ADDRESS_BYTES];
};

struct joined { /* the lines of a repeated header as one text */
    struct joined *next;
    size_t len;
    char text[];
};

struct exchange {
    struct list node;  /* door.exchanges, or door.spare */
    struct list later; /* door.later: something to settle outside of the route's call */
    struct conn *conn; /* NULL: the client hung up */
    struct door *door;
    struct head head;
    struct body_framing framing;
    struct buf in, body;
    struct buf out;   /* starts with DOOR_PAD bytes */
    struct buf extra; /* header lines set by the route */
    size_t behind;    /* while head() runs: bytes read behind the head */
    size_t body_max;
    size_t sent;              /* of out */
    int64_t stalled_since_us; /* 0: nothing waits */
    int outq;                 /* unsent bytes in the kernel when last looked */
    int goodbye;              /* with which code a WebSocket is closed, once it has ended */
    struct joined *joined;
    bool has_body, whole, seen_route; /* whole: the body is in */
    bool socket;                      /* streaming is set too */
    bool decided;                     /* see exchange_decided */
    bool answered, streaming, ended, wants_ready, has_cache_control;
    void (*refuse)(struct exchange *x, int verdict, const char *detail);
    void (*ready)(struct exchange *x, void *data);
    void (*message)(struct exchange *x, void *data, struct text message);
    void (*gone)(struct exchange *x, void *data);
    void *data;
    char request_id[DOOR_REQUEST_ID];
    char peer[DOOR_ADDRESS_BYTES];
};

struct door {
    struct door_options o;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws_protocols *protocols;
    struct tls_shared *tls; /* NULL: this door speaks plain HTTP */
    struct conn *upgrading; /* while link_upgrade runs */
    uv_poll_t *listener;    /* NULL once closed */
    int fd, spare_fd; /* spare_fd is given up to accept and drop one when descriptors run out */
    int port;
    uv_timer_t tick;
    uv_idle_t idle; /* runs while `later` has members */
    uv_timer_t step;
    int steps;
    struct wheel wheel;
    struct list conns, later, exchanges, spare;
    size_t count, spares;
    struct map peers;
    bool draining, closing;
    int64_t date_s, warned_ms;
    char date[DOOR_DATE_BYTES];
    void (*closed)(void *arg);
    void *closed_arg;
};

/* door_lws.c */
bool link_open(struct door *d, struct error *err) MUST_CHECK;
void link_shut(struct door *d); /* one stage; call again some turns of the loop later */
bool link_adopt(struct conn *c, int fd) MUST_CHECK; /* takes fd, also on failure */
/* The DOOR_PAD bytes in front of data are written over; link_put passes TLS by. */
bool link_write(struct conn *c, char *data, size_t len) MUST_CHECK;
bool link_put(struct conn *c, char *data, size_t len) MUST_CHECK;
bool link_behind(const struct conn *c); /* the last write, or message, waits for the socket */
bool link_behind_client(const struct conn *c); /* the same, of the client's own socket only */
void link_want_write(struct conn *c);
/* Stops and resumes reading from the client, and in a tunnel by the speaker: a full tunnel stops
 * only the former, or it would never be emptied. */
void link_mute(struct conn *c, bool mute, bool speaker);
int link_fd(const struct conn *c);
/* Takes fd, whose client waits for 101, and has libwebsockets upgrade it: c->speaker. */
bool link_upgrade(struct conn *c, int fd, struct text key) MUST_CHECK;
void link_drop_socket(struct conn *c); /* the speaker ends, and knows c no more */
/* Sends one text message; data as for link_write. */
bool link_send(struct conn *c, char *data, size_t len) MUST_CHECK;
void link_bye(struct conn *c, int code); /* the close frame that goes when this link is closed */
void link_kill(struct conn *c);          /* at once; conn_closed is called within */

/* door_tls.c */
struct tls_shared *tls_open(void);
void tls_close(struct tls_shared *s); /* once no connection is left */
bool tls_start(struct conn *c) MUST_CHECK;
void tls_end(struct conn *c);
bool tls_ready(const struct conn *c); /* the handshake is over */
enum tls_state {
    TLS_DATA, /* *piece is what was in a record, until the next call for any connection */
    TLS_MORE, /* *in is used up */
    TLS_BYE,  /* the client says that it will send no more */
    TLS_BAD   /* an alert has been sent: the connection is over */
};
/* Takes records from the front of *in, and answers those that are about the handshake. */
enum tls_state tls_next(struct conn *c, struct text *in, struct text *piece) MUST_CHECK;
bool tls_write(struct conn *c, const char *data, size_t len) MUST_CHECK;
void tls_bye(struct conn *c); /* close_notify, once; harmless without TLS */

/* door_tunnel.c */
/* Has the client's request for WebSocket granted. Not within a callback of libwebsockets. */
bool tunnel_open(struct conn *c) MUST_CHECK;
void tunnel_close(struct conn *c);
void tunnel_push(struct conn *c, struct text *in); /* all of it, from the client */
bool tunnel_takes(const struct conn *c); /* more may be pushed; not once the client is done */
void tunnel_client_done(struct conn *c); /* the client will send no more */
void tunnel_resume(struct conn *c);      /* the client takes more: seals what has waited for that */
bool tunnel_over(const struct conn *c);  /* the WebSocket is closed, and all of it sealed */

/* door_request.c; what door_lws.c calls. False: the connection must be closed (or killed) by the
 * caller, as its very next act. */
bool conn_receive(struct conn *c, const char *data, size_t len) MUST_CHECK;
bool conn_writable(struct conn *c) MUST_CHECK;
/* Ends what has ended and kills what must die; c may be freed. Not within a callback of c. */
void conn_settle(struct conn *c);
void conn_deadline(struct conn *c);
void conn_listen(struct conn *c); /* reads, or stops reading, as its state wants */

/* door_close.c */
void conn_shut(struct conn *c); /* no more answers: lingers until the client closes */
/* Ends TLS, if it is spoken. False: that waits for the socket, which will be writable. */
bool conn_said_bye(struct conn *c) MUST_CHECK;
/* The client ends TLS: what it asked for is answered, what it began to ask for is not. */
void conn_bye(struct conn *c);
void conn_bad_record(struct conn *c);
/* The link is gone. Returns a duplicate of fd when the client only shut its side and an answer is
 * due: the connection lives on with it; -1 otherwise: c is freed. */
int conn_closed(struct conn *c, int fd);

/* door_answer.c */
void answer_refuse(struct exchange *x, int verdict, const char *detail);
void answer_pump(struct conn *c); /* writes what the socket takes */
bool answer_pending(const struct exchange *x);
bool answer_over(const struct exchange *x); /* all of it has been written */
void answer_compact(struct exchange *x);    /* forgets what has been written */
/* Settles soon, unless a callback of the connection is running and will do so. */
void answer_late(struct exchange *x);
void answer_waits(struct conn *c, size_t sent_before); /* keeps account of a pump that ended */
void answer_waits_anew(struct conn *c); /* some of it went, and the rest began to wait just now */
void answer_busy(struct conn *c);       /* 503 for a connection too many */
void answer_plain(struct conn *c);      /* 400 for HTTP where TLS is spoken */

/* door_socket.c */
bool socket_receive(struct conn *c, struct text piece, bool last, bool binary) MUST_CHECK;
bool socket_leave(struct conn *c, int code); /* starts the close handshake; always false */
void socket_go_away(struct conn *c);         /* the door drains: 1001, once all is written */
void socket_pump(struct conn *c);
struct text socket_key(const struct exchange *x); /* absent: not an upgrade that can be granted */

/* exchange.c */
struct exchange *exchange_take(struct conn *c);
void exchange_release(struct exchange *x); /* gone() if it has not been called, then the pool */
void exchange_hung_up(struct exchange *x);
/* Settles it and its connection on the next turn of the loop. */
void exchange_later(struct exchange *x);
void exchange_free_spare(struct door *d);
void exchange_identify(struct exchange *x); /* the request id, once the head is there */

/* door.c */
int64_t door_now_ms(const struct door *d);
void door_arm(struct conn *c, int64_t due_ms);
/* Replaces the peer's address by the one that the PROXY header names. */
void door_introduce(struct conn *c, const struct cidr_address *source);
void door_forget(struct conn *c); /* counts it off and frees it */
void door_tend(struct door *d);   /* `later` got a member */
