/* people.h: the people on the current map. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "state.h"

void people_load(void);              /* from the current map's list */
void people_load_pictures(void);
int people_walk(int may_start);      /* moves everybody on; did anybody change? New steps only
                                        if may_start */
void people_show(int camera_x, int camera_y);
int person_at(int x, int y);         /* index, or -1 */
void person_talk(int index);         /* turns to the player and speaks */

extern const s8 step_x[4], step_y[4]; /* by facing */

#endif
