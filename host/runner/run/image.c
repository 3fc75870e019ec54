/* SPDX-License-Identifier: MIT */
#include "runner/run/image.h"

#include "base/mem.h"
#include "runner/run/program.h"
#include "runner/vm/vm_state.h"

#include <stdlib.h>
#include <string.h>

struct image {
    struct list link; /* of images.used */
    struct program *program;
    int slot;
    size_t bytes;
    char data[];
};

void images_init(struct images *s)
{
    *s = (struct images){0};
    list_init(&s->used);
}

static void drop_image(struct images *s, struct image *image)
{
    image->program->images[image->slot] = NULL;
    s->bytes -= image->bytes;
    list_del(&image->link);
    free(image);
}

void image_save(struct images *s, struct program *p, int slot, const struct vm *vm)
{
    size_t bytes = (size_t)(vm->arena.top - (const char *)vm);
    if (s->off || p->unloaded || slot >= IMAGE_SLOTS || bytes > IMAGE_BYTES || p->images[slot])
        return;
    while (s->bytes + bytes > IMAGE_BUDGET)
        drop_image(s, LIST_ENTRY(s->used.next, struct image, link));
    struct image *image = mem_alloc(sizeof *image + bytes);
    *image = (struct image){.program = p, .slot = slot, .bytes = bytes};
    memcpy(image->data, vm, bytes);
    list_add(&s->used, &image->link);
    s->bytes += bytes;
    p->images[slot] = image;
}

bool image_load(struct images *s, struct program *p, int slot, void *range)
{
    if (slot >= IMAGE_SLOTS || !p->images[slot])
        return false;
    struct image *image = p->images[slot];
    list_del(&image->link);
    list_add(&s->used, &image->link);
    memcpy(range, image->data, image->bytes);
    return true;
}

void images_trim(struct images *s)
{
    for (struct list *node = s->used.next, *after; node != &s->used; node = after) {
        struct image *image = LIST_ENTRY(node, struct image, link);
        after = node->next;
        if (image->slot >= IMAGE_KEPT)
            drop_image(s, image);
    }
}

void images_forget(struct images *s, struct program *p)
{
    for (int slot = 0; slot < IMAGE_SLOTS; slot++) {
        if (p->images[slot])
            drop_image(s, p->images[slot]);
    }
}
