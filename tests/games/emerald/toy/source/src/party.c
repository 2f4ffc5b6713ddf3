/* party.c: a creature, kept as Emerald keeps its own: 48 bytes encrypted, in an order of chance. */
#include "toy.h"

enum { SPECIES = 283, TACKLE = 33, GROWL = 45, LEVEL = 5, HP = 20, PART_WORDS = 3 };

/* Where growth, attacks, effort and miscellany stand, for each personality modulo 24. */
static const u8 orders[24][4] = {
    {0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}, {0, 3, 1, 2}, {0, 2, 3, 1}, {0, 3, 2, 1},
    {1, 0, 2, 3}, {1, 0, 3, 2}, {2, 0, 1, 3}, {3, 0, 1, 2}, {2, 0, 3, 1}, {3, 0, 2, 1},
    {1, 2, 0, 3}, {1, 3, 0, 2}, {2, 1, 0, 3}, {3, 1, 0, 2}, {2, 3, 0, 1}, {3, 2, 0, 1},
    {1, 2, 3, 0}, {1, 3, 2, 0}, {2, 1, 3, 0}, {3, 1, 2, 0}, {2, 3, 1, 0}, {3, 2, 1, 0},
};

static u32 words[4 * PART_WORDS];

static void write_parts(u32 personality, u32 owner) {
    const u8 *order = orders[personality % 24];
    u32 sum = 0;
    words[order[0] * PART_WORDS] = SPECIES;
    words[order[1] * PART_WORDS] = TACKLE | GROWL << 16;
    words[order[1] * PART_WORDS + 2] = 35 | 40 << 8;
    for (int i = 0; i < 4 * PART_WORDS; i++) {
        sum += (words[i] & 0xFFFF) + (words[i] >> 16);
        AT(u32, PARTY + 0x20 + i * 4) = words[i] ^ personality ^ owner;
    }
    AT(u16, PARTY + 0x1C) = (u16)sum;
}

void give_starter(void) {
    u32 personality = (draw_random() & 0x7FFF) << 16 | draw_random(), owner = 0x0BADCAFE;
    AT(u32, PARTY) = personality;
    AT(u32, PARTY + 4) = owner;
    for (int i = 0; i < 10; i++) AT(u8, PARTY + 8 + i) = text_starter[i];
    write_parts(personality, owner);
    AT(u32, PARTY + 0x50) = 0;
    AT(u8, PARTY + 0x54) = LEVEL;
    AT(u16, PARTY + 0x56) = HP;
    AT(u16, PARTY + 0x58) = HP;
    PARTY_COUNT = 1;
}
