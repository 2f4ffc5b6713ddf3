/* scripts.h: what happens when the player talks to somebody or looks at something. */
#ifndef SCRIPTS_H
#define SCRIPTS_H

#include "state.h"

enum ScriptId {
    SCRIPT_NONE,
    SCRIPT_MOM,
    SCRIPT_RIVAL,
    SCRIPT_RIVAL_PARENT,
    SCRIPT_VILLAGER,
    SCRIPT_PROFESSOR,   /* beside the bag, on the route */
    SCRIPT_LAB_PROFESSOR,
    SCRIPT_ASSISTANT,   /* in the laboratory */
    SCRIPT_KEEPER,      /* of the care house */
    SCRIPT_GUEST,       /* in the care house */
    SCRIPT_TOWNSMAN,    /* in the second town */
    SCRIPT_WALKER,      /* on the narrow path */
    SCRIPT_GYM_TRAINER,
    SCRIPT_GYM_LEADER,
    /* from here on not people: looked at, or started by the story */
    SCRIPT_CLOCK,
    SCRIPT_BAG,
    SCRIPT_FIRST_BATTLE,
    SCRIPT_MOM_STOPS,   /* mom speaks by herself when the clock is set */
    SCRIPT_LAB_WELCOME,
    SCRIPT_LOST,        /* waking in bed after a lost battle */
    SCRIPT_TEXT,        /* show one text and nothing more */
    SCRIPT_COUNT
};

/* Behaviours of the tiles that can be examined (see map.h for those below 6). */
enum Examine {
    EXAMINE_CLOCK = 6,
    EXAMINE_BAG,
    EXAMINE_SIGN,
    EXAMINE_TV,
    EXAMINE_BED,
    EXAMINE_SHELF,
    EXAMINE_MACHINE,
    EXAMINE_STATUE,
    EXAMINE_END,
};

void script_start(u8 script);
void script_update(void); /* once a frame while game.script is not SCRIPT_NONE */

#endif
