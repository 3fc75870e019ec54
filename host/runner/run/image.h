/* SPDX-License-Identifier: MIT */
/* image.h - copies of vms that have just loaded a program, so that its next run in the same slot
 * starts by one copy instead of loading. A vm is full of pointers into itself, so an image fits
 * only the slot it was taken in. A run from an image sends the same frames as one that was loaded
 * anew, since nothing of one run is in a vm when its image is taken.
 *
 * Owner: the loop. Thread: one. Limits: the lowest IMAGE_SLOTS slots, IMAGE_BYTES each,
 * IMAGE_BUDGET all together (the least recently used go first). */
#pragma once
#include "base/list.h"
#include <stdbool.h>
#include <stddef.h>

struct image;
struct program;
struct vm;

enum { IMAGE_SLOTS = 16, IMAGE_BYTES = 1 << 20, IMAGE_BUDGET = 16 << 20, IMAGE_KEPT = 2 };

struct images {
    struct list used; /* the least recently used first */
    size_t bytes;
    bool off; /* for tests and measurements */
};

void images_init(struct images *s);
/* Keeps an image of vm, which loaded the program in this slot and is at rest. */
void image_save(struct images *s, struct program *p, int slot, const struct vm *vm);
/* Copies the image back to the range it was taken from; false: there is none. */
bool image_load(struct images *s, struct program *p, int slot, void *range);
/* Keeps only those of the lowest IMAGE_KEPT slots, which serve all runs that do not overlap. */
void images_trim(struct images *s);
/* Drops all images of a program. */
void images_forget(struct images *s, struct program *p);
