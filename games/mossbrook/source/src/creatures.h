/* creatures.h: the creatures and their moves. */
#ifndef CREATURES_H
#define CREATURES_H

#include "state.h"

/* MOSS covers GLOW, GLOW dazzles BROOK, BROOK washes MOSS away. */
enum Kind { KIND_PLAIN, KIND_MOSS, KIND_GLOW, KIND_BROOK };

enum MoveId {
    MOVE_BUMP,
    MOVE_MOSS_SLAP,
    MOVE_LAMP_BITE,
    MOVE_COLD_SPRAY,
    MOVE_ROLL_OVER,
    MOVE_MEND,
    MOVE_TICKLE,
    MOVE_SNEEZE,
    MOVE_NIBBLE,
    MOVE_DIG_UP,
    MOVE_PEBBLES,
    MOVE_ROCKFALL,
    MOVE_TUSK,
    MOVE_CHARGE,
    MOVE_STAMPEDE,
    MOVE_COUNT
};

typedef struct {
    const char *name; /* up to 11 letters */
    u8 kind;
    u8 power;    /* damage before chance; for MEND, points healed */
    u8 accuracy; /* per cent */
} Move;

typedef struct {
    const char *name; /* up to 9 letters */
    u8 kind;
    u8 max_hp; /* at its first level */
    u8 level;
    u8 moves[4];
} Species;

extern const Move moves[MOVE_COUNT];
extern const Species species[];
extern const char *const kind_names[];

Creature creature_make(u8 species_id);

#endif
