/* scenes.h: what is shown before and beside walking about. One *_update runs a frame. */
#ifndef SCENES_H
#define SCENES_H

void logo_start(void);
void logo_update(void);
void title_update(void);
void new_game_update(void);
void naming_update(void);
void intro_update(void);

void clock_open(void); /* the window in which the clock is set, over the room */
void clock_update(void);

#endif
