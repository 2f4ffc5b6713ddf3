/* battle.h: fights of one creature against another, in turns. */
#ifndef BATTLE_H
#define BATTLE_H

#include "state.h"

void battle_begin(u8 kind); /* enum BattleKind; fades into the battle */
void battle_update(void);   /* once a frame while SCENE_BATTLE */

#endif
