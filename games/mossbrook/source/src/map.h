/* map.h: the map, the player's steps and the people walking about. */
#ifndef MAP_H
#define MAP_H

#include "assets.h"
#include "state.h"

#define FRAMES_A_STEP 8 /* 16 pixels at 2 pixels a frame */

void map_enter(u8 map_id, int x, int y, int facing); /* while the screen is black */
void map_enter_at_bed(u8 map_id);
void map_enter_at_centre(u8 map_id);
void map_redraw(void);        /* brings map and people back after a battle */
void overworld_update(void);  /* once a frame while SCENE_OVERWORLD */
void map_refresh_tiles(void); /* shows what the story changed: clock, bag, switches, doors */
int map_behaviour(int x, int y); /* BEHAVIOUR_SOLID outside the map */

#endif
