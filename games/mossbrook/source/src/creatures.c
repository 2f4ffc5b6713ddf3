/* creatures.c: tables of creatures and moves, in numbers a person can change. */
#include "creatures.h"
#include "assets.h"

const char *const kind_names[] = {"PLAIN", "MOSS", "GLOW", "BROOK"};

const Move moves[MOVE_COUNT] = {
    [MOVE_BUMP] = {"BUMP", KIND_PLAIN, 5, 100},
    [MOVE_MOSS_SLAP] = {"MOSS SLAP", KIND_MOSS, 8, 85},
    [MOVE_LAMP_BITE] = {"LAMP BITE", KIND_GLOW, 8, 85},
    [MOVE_COLD_SPRAY] = {"COLD SPRAY", KIND_BROOK, 8, 85},
    [MOVE_ROLL_OVER] = {"ROLL OVER", KIND_PLAIN, 12, 60},
    [MOVE_MEND] = {"MEND", KIND_PLAIN, 9, 100},
    [MOVE_TICKLE] = {"TICKLE", KIND_PLAIN, 2, 95},
    [MOVE_SNEEZE] = {"SNEEZE", KIND_PLAIN, 4, 75},
    [MOVE_NIBBLE] = {"NIBBLE", KIND_PLAIN, 3, 95},
    [MOVE_DIG_UP] = {"DIG UP", KIND_PLAIN, 5, 70},
    [MOVE_PEBBLES] = {"PEBBLES", KIND_PLAIN, 4, 95},
    [MOVE_ROCKFALL] = {"ROCKFALL", KIND_PLAIN, 7, 70},
    [MOVE_TUSK] = {"TUSK", KIND_PLAIN, 4, 95},
    [MOVE_CHARGE] = {"CHARGE", KIND_PLAIN, 8, 75},
    [MOVE_STAMPEDE] = {"STAMPEDE", KIND_PLAIN, 11, 55},
};

/* In the order of enum CreaturePicture of the assets. */
const Species species[CRE_COUNT] = {
    [CRE_MOSSNAIL] = {"MOSSNAIL", KIND_MOSS, 25, 5,
                      {MOVE_BUMP, MOVE_MOSS_SLAP, MOVE_ROLL_OVER, MOVE_MEND}},
    [CRE_LANTICK] = {"LANTICK", KIND_GLOW, 24, 5,
                     {MOVE_BUMP, MOVE_LAMP_BITE, MOVE_ROLL_OVER, MOVE_MEND}},
    [CRE_RILLET] = {"RILLET", KIND_BROOK, 24, 5,
                    {MOVE_BUMP, MOVE_COLD_SPRAY, MOVE_ROLL_OVER, MOVE_MEND}},
    [CRE_BURROLE] = {"BURROLE", KIND_PLAIN, 18, 4,
                     {MOVE_NIBBLE, MOVE_NIBBLE, MOVE_DIG_UP, MOVE_DIG_UP}},
    [CRE_PUFFSEED] = {"PUFFSEED", KIND_MOSS, 16, 3,
                      {MOVE_TICKLE, MOVE_TICKLE, MOVE_SNEEZE, MOVE_SNEEZE}},
    [CRE_CAIRNLING] = {"CAIRNLING", KIND_GLOW, 26, 6,
                       {MOVE_PEBBLES, MOVE_PEBBLES, MOVE_ROCKFALL, MOVE_ROCKFALL}},
    [CRE_BRAMBOAR] = {"BRAMBOAR", KIND_PLAIN, 40, 7,
                      {MOVE_TUSK, MOVE_TUSK, MOVE_CHARGE, MOVE_STAMPEDE}},
};

Creature creature_make(u8 id) {
    const Species *kind = &species[id < CRE_COUNT ? id : 0];
    Creature creature = {.species = id, .level = kind->level, .hp = kind->max_hp,
                         .max_hp = kind->max_hp};
    for (int i = 0; i < 4; i++) creature.moves[i] = kind->moves[i];
    return creature;
}
