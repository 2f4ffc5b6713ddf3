/* text.h: the two-line text window at the bottom of the screen. */
#ifndef TEXT_H
#define TEXT_H

#include "state.h"
#include "texts.h"

#define TEXT_ROW 15 /* first of the window's five rows of tiles */
#define TEXT_ROWS 5

void text_show(u16 text_id);      /* opens the window on the first page of a text */
void text_begin(u16 text_id);     /* opens an empty page to be written by the functions below */
void text_append(const char *words);
void text_append_number(int value);
void text_new_line(void);
void text_finish(void);           /* shows what was appended */
void text_close(void);
void text_update(void);           /* A turns the page or closes the window */
void text_hold(int hold);         /* 1: the last page stays and has no arrow (a menu is beside it) */
int text_is_open(void);
int text_blocks(void);            /* open, and to be read before anything else happens */
int text_is_settled(void);        /* the page is fully shown */

#endif
