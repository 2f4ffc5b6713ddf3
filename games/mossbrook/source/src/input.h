/* input.h: the buttons, read once a frame. */
#ifndef INPUT_H
#define INPUT_H

#include "state.h"

void input_read(void);
int key_pressed(u16 keys); /* went down in this frame */
int key_held(u16 keys);
void input_used(void); /* what went down in this frame was answered: nobody else shall see it */
u32 random_below(u32 limit); /* 0 .. limit-1, limit up to 65535 */

#endif
