/* scripts.h: what happens when the player talks to somebody or looks at something. */
#ifndef SCRIPTS_H
#define SCRIPTS_H

#include "state.h"

enum ScriptId {
    SCRIPT_NONE,
    /* people: the names that the map files use */
    SCRIPT_MOM,
    SCRIPT_RIVAL,
    SCRIPT_RIVAL_MOM,
    SCRIPT_VILLAGER,
    SCRIPT_PROFESSOR_ROUTE, /* beside the bag; gone once the first battle is won */
    SCRIPT_PROFESSOR,       /* in the laboratory */
    SCRIPT_AIDE,
    SCRIPT_KEEPER,          /* of the care house */
    SCRIPT_TOWN2_VILLAGER,
    SCRIPT_WALKER,
    SCRIPT_TRAINER,
    SCRIPT_LEADER,
    /* things looked at, and what the story starts by itself */
    SCRIPT_CLOCK,
    SCRIPT_BAG,
    SCRIPT_MOM_GREETS,
    SCRIPT_MOM_STOPS,
    SCRIPT_LAB_WELCOME,
    SCRIPT_AFTER_BATTLE,
    SCRIPT_LOST,
    SCRIPT_COUNT
};

void script_start(u8 script);
void script_update(void);            /* once a frame while nothing else is going on */
void script_on_arrival(void);        /* a map was entered: does the story go on by itself? */
void script_examine(u8 behaviour);   /* A was pressed in front of a tile to examine */
u16 script_gate(u8 from, u8 to);     /* text that keeps the player from leaving, 0 when free */
void script_place_npc(u8 script, NpcState *npc); /* who has moved at this point of the story */
int script_npc_present(u8 script);   /* is this person on the map at this point of the story? */

#endif
