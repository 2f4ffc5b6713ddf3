/* naming.h: the letter grid in which the player signs the book. */
#ifndef NAMING_H
#define NAMING_H

void naming_start(void);
int naming_ended(void); /* once a frame; true when END was chosen and there is a name */

#endif
