/* menu.h: lists with a cursor. One menu at a time; its state is in game.menu_*. */
#ifndef MENU_H
#define MENU_H

#include "state.h"

#define MENU_CANCELLED 255

void menu_open(u8 kind, u8 cursor); /* MENU_YES_NO, MENU_STARTER, MENU_BATTLE or MENU_MOVES */
void menu_update(void);  /* up and down move, A chooses, B leaves where that is allowed */
void menu_close(void);
int menu_is_open(void);
int menu_result(void);   /* the item chosen last, or MENU_CANCELLED */

#endif
