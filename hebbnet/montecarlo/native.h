/* What native.c, narrow.c and native.py have in common. */
#include <stdint.h>
#include <string.h>

#define LAYOUT 7   /* of `problem` and of the arguments: raised with every change, here and in native.py */

typedef struct {
    const uint64_t *bits;    /* (N, words): bit mu of row i is set where xi_mu,i = +1; native.c;
                                narrow.c: bit 8 j + b of a word is that of pattern 8 b + j */
    const int8_t *rows;      /* (N, stride): the rows themselves; narrow.c */
    int64_t N, S, words, stride;   /* words = ceil(S / 64); patterns from S on are all -1 */
    const int64_t *fields;   /* (N): D at c = -(N-1), -(N-3), ... */
    /* bytes; planes = 0: D is not odd, or too large */
    const uint8_t *tables;   /* (2, planes, 128), those of s = -1 first; entry u mod size: byte `plane` of D(2 u - N - s) - base for u = low ... high */
    const int64_t *missing;  /* (2, N + 1): D(2 u - N - s) less what the tables say */
    int64_t planes, base, low, high, size;
    int64_t a, b;            /* cubes */
    double denominator;      /* a decision compares h * denominator with its limit */
    /* kept: B = unit * value + offset */
    const uint8_t *lookup;   /* N < 256: (depth, 128), entry u mod length: a byte of the value for u = from ... to; narrow.c: (depth, 64), u - from */
    const int32_t *polynomial;   /* without lookup: (degree + 1), modulo 2^32; at u - from = 0 ... to - from it is 2^shift times the value */
    const int64_t *beyond;   /* (N + 1): the value less what the tables say */
    const int64_t *shares;   /* (N): offset times the number of xi_mu,i = +1; narrow.c: sum_mu xi_mu,i */
    int64_t depth, unit, offset, from, to, length;   /* depth: bytes of the value, 0: nothing is kept */
    int64_t degree, shift;
    double few;              /* flips in a sweep below which B is kept; infinite where there is no other way */
    int64_t rare;            /* flips in a sweep below which fields are remembered until the next flip */
    int64_t pairs;           /* flips in a sweep below which one reading of what was kept serves two attempts; native.c */
} problem;

typedef struct {
    uint8_t *bytes;      /* (words, depth, 64): of the kept values */
    int64_t *listed;     /* patterns outside the range of the way in use */
    int64_t count;
    int64_t sums[2];     /* sum_mu D(X + s) of s = -1, 1 */
    int keeping;         /* 1: values are kept, 0: not, -1: nothing is ready */
    int64_t changes;     /* as in `past` */
    int64_t all;         /* sum of the kept values; narrow.c */
} memory;

/* Fields outlive a call: a chain that comes back with the spins with which it left still has them. */
typedef struct {
    int64_t *fields;     /* (C, N): as they were when `known` many changes had been */
    int64_t *known;      /* (C, N) */
    int64_t *changes;    /* (C): flips so far, from 1 on */
    int8_t *spins;       /* (C, N): with which each chain left */
} past;

static inline int64_t begin(const past *of, int64_t c, const int8_t *spins, int64_t N)
{
    return of->changes[c] + (memcmp(of->spins + c * N, spins, N) != 0);
}

static inline void end(const past *of, int64_t c, const int8_t *spins, int64_t N, int64_t changes)
{
    of->changes[c] = changes;
    memcpy(of->spins + c * N, spins, N);
}

/* Where chains are put after each `every` sweeps, `times` times; done: sweeps that were made before a call */
typedef struct {
    int64_t every, times, done;
    int8_t *spins;      /* (C, times, N) */
    void *overlaps;     /* (C, times, 64 words) of the kernel's type */
} record;

/* Chain c after `sweep` sweeps of this call, if it is to be put there; size: of an overlap */
static inline void see(const record *to, const problem *p, int64_t c, int64_t sweep, const int8_t *s, const void *x, size_t size)
{
    const int64_t made = to->done + sweep, at = c * to->times + made / to->every - 1;
    if (made % to->every)
        return;
    memcpy(to->spins + at * p->N, s, p->N);
    memcpy((char *)to->overlaps + at * 64 * p->words * size, x, 64 * p->words * size);
}

/* The new value of a spin s: rule 0, heat-bath, s = +1 iff h > limit; rule 1, a flip iff s h <= limit. */
static inline int8_t decide(int rule, double h, int8_t s, double limit)
{
    if (rule == 0)
        return h > limit ? 1 : -1;
    return s * h <= limit ? (int8_t)-s : s;
}

enum { OVERLAPS, KEPT, BOTH };   /* the ways a kernel knows */

/* The attempts of a sweep, and the fields that are known */
typedef struct {
    const int64_t *site;       /* (N), or NULL for 0 ... N-1 */
    int64_t N;
    int pairs;                 /* whether the field of the next attempt may be found along */
    int64_t *fields, *known;   /* fields: NULL where each is found when it is needed */
} sequence;

static inline int64_t neuron(const sequence *of, int64_t a) { return of->site ? of->site[a] : a; }

/* Whether the field of neuron i is known; where fields are not remembered it is used once. */
static inline int is_known(const problem *p, const memory *now, const sequence *of, int64_t i)
{
    if (!of->fields || of->known[i] != now->changes)
        return 0;
    of->known[i] -= p->rare == 0;
    return 1;
}

static inline void learn(const memory *now, const sequence *of, int64_t i, int64_t h)
{
    of->fields[i] = h;
    of->known[i] = now->changes;
}

/* `sweeps` sweeps of every chain.  spins (C, N); overlaps (C, 64 words) of `type`; limits (C, sweeps, N); sites (C, sweeps, N), or NULL for the
   order 0 ... N-1; next (N) scratch for parallel dynamics, else NULL; flips (C) is added to; recent (C): flips of each chain's last sweep, which
   decide about its next way; found: fields from before; bytes (64 words depth) and listed (S): scratch; seen: where
   states on the way are put, or NULL. */
#define RUN(name, target, ways, type, field_of, turn, renew, share)                                                             \
    target void name(const problem *p, int64_t chains, int64_t sweeps, int8_t *spins, type *overlaps, const double *limits,     \
                     const int64_t *sites, int rule, int8_t *next, int64_t *flips, int64_t *recent, const past *found,          \
                     uint8_t *bytes, int64_t *listed, const record *seen)                                                       \
    {                                                                                                                           \
        const int64_t N = p->N;                                                                                                 \
        for (int64_t c = 0; c < chains; c++) {                                                                                  \
            int8_t *s = spins + c * N;                                                                                          \
            type *x = overlaps + c * 64 * p->words;                                                                             \
            memory now = {bytes, listed, 0, {0, 0}, -1, begin(found, c, s, N), 0};                                              \
            for (int64_t sweep = 0; sweep < sweeps; sweep++) {                                                                  \
                const double *limit = limits + (c * sweeps + sweep) * N;                                                        \
                const int64_t before = flips[c];                                                                                \
                const int few = ways == BOTH ? recent[c] < p->few : ways == KEPT;                                               \
                sequence of = {sites ? sites + (c * sweeps + sweep) * N : 0, N, recent[c] < p->pairs, 0, found->known + c * N}; \
                if (recent[c] < p->rare || (few && of.pairs))                                                                   \
                    of.fields = found->fields + c * N;                                                                          \
                if (next)                                                                                                       \
                    for (int64_t i = 0; i < N; i++)                                                                             \
                        next[i] = decide(rule, field_of(p, &now, x, s, i, few, &of) * p->denominator, s[i], limit[i]);          \
                for (int64_t a = 0; a < N; a++) {                                                                               \
                    const int64_t i = neuron(&of, a), h = next ? 0 : field_of(p, &now, x, s, a, few, &of);                      \
                    const int8_t to = next ? next[i] : decide(rule, h * p->denominator, s[i], limit[a]);                        \
                    if (to == s[i])                                                                                             \
                        continue;                                                                                               \
                    s[i] = to;                                                                                                  \
                    flips[c]++;                                                                                                 \
                    now.changes++;                                                                                              \
                    if (now.keeping == 1 && !next)                                                                              \
                        share(p, &now, x, i, to, h, renew(p, &now, x, i, to));                                                  \
                    else                                                                                                        \
                        turn(p, &now, x, i, to);                                                                                \
                }                                                                                                               \
                recent[c] = flips[c] - before;                                                                                  \
                if (next && recent[c] && now.keeping)   /* all spins changed at once */                                         \
                    now.keeping = -1;                                                                                           \
                if (seen)                                                                                                       \
                    see(seen, p, c, sweep + 1, s, x, sizeof *x);                                                                \
            }                                                                                                                   \
            end(found, c, s, N, now.changes);                                                                                   \
        }                                                                                                                       \
    }
