/* SPDX-License-Identifier: MIT */
/* The frame codec: any bytes as a stream of frames. What is read must lie inside the input, must be
 * read alike however the stream is cut, and must give the same bytes when it is written again. */
#include "fuzz.h"

#include "wire/frame.h"

/* The fields of each frame, as frame.h lists them: 8 u64, 4 u32, 1 u8, b bytes. LOAD repeats its
 * pair, START has its own functions. */
static const char *const fields[256] = {
    [FRAME_UNLOAD] = "",    [FRAME_ANSWER] = "841b", [FRAME_DROP] = "",
    [FRAME_READY] = "",     [FRAME_LOADED] = "b",    [FRAME_REFUSED] = "b",
    [FRAME_ADMITTED] = "b", [FRAME_DROPPED] = "b",   [FRAME_RECORD] = "144bb",
    [FRAME_OP] = "4bbb",    [FRAME_OP_CANCEL] = "4", [FRAME_FINISHED] = "b",
    [FRAME_FAILED] = "bbb", [FRAME_IDLE] = "4b",
};

static void copy_field(char kind, struct frame_reader *r, struct buf *out)
{
    switch (kind) {
    case '8':
        frame_put_u64(out, frame_get_u64(r));
        return;
    case '4':
        frame_put_u32(out, frame_get_u32(r));
        return;
    case '1':
        frame_put_u8(out, frame_get_u8(r));
        return;
    default:
        frame_put_bytes(out, frame_get_bytes(r));
    }
}

static void copy_load(struct frame_reader *r, struct buf *out)
{
    uint32_t count = frame_get_u32(r);
    frame_put_u32(out, count);
    for (uint32_t i = 0; i < count && !r->broken; i++) {
        copy_field('b', r, out);
        copy_field('b', r, out);
    }
}

/* Reads all fields; gives the frame written anew. */
static bool copy_frame(const struct frame *f, struct buf *out)
{
    struct frame_reader r;
    frame_read(&r, f);
    if (f->type == FRAME_START) {
        struct frame_start s;
        frame_get_start(&r, &s);
        frame_put_start(out, f->tag, &s);
        return frame_read_ok(&r);
    }
    size_t mark = frame_begin(out, f->type, f->tag);
    if (f->type == FRAME_LOAD)
        copy_load(&r, out);
    else
        for (const char *kind = fields[f->type]; *kind; kind++)
            copy_field(*kind, &r, out);
    frame_end(out, mark);
    return frame_read_ok(&r);
}

static void check_frame(const struct frame *f, struct text whole)
{
    struct buf out;
    buf_init(&out, FRAME_MAX + FRAME_HEADER);
    if (copy_frame(f, &out))
        fuzz_same(buf_view(&out), whole, "a frame written again");
    buf_done(&out);
}

/* Whoever has fewer bytes of a frame must ask for more, or find it broken already. */
static void check_cuts(struct text in, size_t used)
{
    struct frame f;
    size_t other = 0;
    for (size_t cut = 0; cut < used && cut < 64; cut++)
        FUZZ_CHECK(frame_next(in.data, cut, &f, &other) == 0, "%zu of %zu bytes", cut, used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    struct frame f;
    size_t used = 0;
    while (frame_next(in.data, in.len, &f, &used) == 1) {
        FUZZ_CHECK(used >= FRAME_HEADER && used <= in.len, "%zu of %zu", used, in.len);
        FUZZ_CHECK(f.payload.len == used - FRAME_HEADER, "payload");
        check_cuts(in, used);
        check_frame(&f, (struct text){in.data, used});
        in.data += used;
        in.len -= used;
    }
    return 0;
}
