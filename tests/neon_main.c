/* narrow.c as a program that an emulator runs: one call's arrays on standard input, those that it changes on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include "narrow.c"

static int64_t sizes[32];
static void *blocks[32];

static void *block(int n) { return sizes[n] ? blocks[n] : 0; }

int main(void)
{
    int count = 0;
    if (hebbnet_narrow_layout() != LAYOUT) {
        fputs("this processor has no dot products of bytes\n", stderr);
        return 2;
    }
    for (; fread(&sizes[count], 8, 1, stdin) == 1; count++) {
        blocks[count] = aligned_alloc(64, sizes[count] / 64 * 64 + 64);
        if (fread(blocks[count], 1, sizes[count], stdin) != (size_t)sizes[count])
            return 3;
    }
    const int64_t *n = block(0);
    const problem p = {.N = n[0], .S = n[1], .words = n[2], .stride = n[3], .depth = n[4], .unit = n[5], .offset = n[6], .from = n[7], .to = n[8],
                       .rare = n[9], .degree = n[10], .shift = n[11], .denominator = *(double *)block(1), .rows = block(2), .fields = block(3), 
                       .lookup = block(4), .polynomial = block(5), .beyond = block(6), .shares = block(7), .bits = block(8)};
    const past found = {block(16), block(17), block(18), block(19)};
    hebbnet_narrow(&p, n[12], n[13], block(12), block(13), block(9), block(10), (int)n[14], block(11), block(14), block(15), &found,
                   malloc(64 * p.words * p.depth), malloc(8 * p.S), NULL);
    for (int k = 12; k < count; k++)
        fwrite(blocks[k], 1, sizes[k], stdout);
    return 0;
}
